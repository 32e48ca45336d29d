import { type Departed, departures } from "../stacks/departed.ts";
import type { RepoModel } from "./repo-model.ts";

/** Keeps across restarts which branches left, for some time and not without bound. By name: a later one replaces an earlier one. */
export interface DepartedStore {
  recall(): Promise<Departed[]>;
  remember(departed: readonly Departed[]): Promise<void>;
  forget(names: readonly string[]): Promise<void>;
}

const KEPT_MS = 90 * 24 * 60 * 60 * 1000;
/** The newest are kept. */
const MAX_KEPT = 1_000;

/** The branches of one repository that others stood on when they left, as they do after they landed. */
export class Departures {
  readonly #store: DepartedStore | undefined;
  #all: readonly Departed[] = [];
  #isLoaded = false;

  constructor(store: DepartedStore | undefined) {
    this.#store = store;
  }

  /** Another list when it has changed. */
  get all(): readonly Departed[] {
    return this.#all;
  }

  /** Takes over what an earlier process saw. */
  async load(): Promise<void> {
    if (this.#isLoaded) return;
    this.#all = (await this.#store?.recall()) ?? [];
    this.#isLoaded = true;
  }

  /** Writes down who left between two models, and forgets who is back, before that is shown. */
  async follow(before: RepoModel, { graph }: RepoModel): Promise<void> {
    const nowMs = Date.now();
    const left = departures(before, graph, nowMs);
    const back = this.#all.filter(({ name }) => graph.nodes.has(name)).map(({ name }) => name);
    if (left.length === 0 && back.length === 0) return;
    await this.#store?.forget(back);
    await this.#store?.remember(left);
    const replaced = new Set([...back, ...left.map(({ name }) => name)]);
    const kept = this.#all.filter(({ name, leftAtMs }) => {
      return !replaced.has(name) && nowMs - leftAtMs < KEPT_MS;
    });
    this.#all = [...kept, ...left].slice(-MAX_KEPT);
  }
}
