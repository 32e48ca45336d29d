import { isDeepStrictEqual } from "node:util";
import type { PlacedStack } from "../stacks/order-stacks.ts";
import { identifyStacks, type KnownStack } from "../stacks/stack-identity.ts";

/** Keeps across restarts which stacks there are and were, by id. */
export interface StackStore {
  recall(): Promise<KnownStack[]>;
  keep(stacks: readonly KnownStack[], forgotten: readonly string[]): Promise<void>;
}

const KEPT_MS = 90 * 24 * 60 * 60 * 1000;
/** Of those that are gone the latest are kept. */
const MAX_GONE = 1_000;

/** Which stack of one repository is which, as its branches come, go and move. */
export class StackIdentities {
  readonly #store: StackStore | undefined;
  #isLoaded = false;
  #known: readonly KnownStack[] = [];
  /** What the store has of them. */
  #stored = new Map<string, KnownStack>();
  #seen: readonly PlacedStack[] = [];

  constructor(store: StackStore | undefined) {
    this.#store = store;
  }

  /** Takes over what an earlier process knew. */
  async load(): Promise<void> {
    if (this.#isLoaded) return;
    this.#known = (await this.#store?.recall()) ?? [];
    this.#stored = new Map(this.#known.map((stack) => [stack.id, stack]));
    this.#isLoaded = true;
  }

  /** Those that are there and those that are gone. The same list as long as no branch comes, goes or changes its stack. */
  identify(stacks: readonly PlacedStack[]): readonly KnownStack[] {
    const before = this.#seen;
    this.#seen = stacks;
    if (sameShape(before, stacks)) return this.#known;
    const nowMs = Date.now();
    const tips = new Map(before.map((stack) => [stack.root, membersOf(stack)]));
    const known = this.#known.map((stack) => {
      const members = stack.goneAtMs === undefined ? tips.get(stack.roots[0] ?? "") : undefined;
      return members ? { ...stack, members } : stack;
    });
    const seen = stacks.map((stack) => ({ root: stack.root, members: membersOf(stack) }));
    const all = identifyStacks(known, seen, nowMs);
    const gone = all.filter(({ goneAtMs }) => goneAtMs !== undefined);
    const kept = new Set(
      gone
        .filter(({ goneAtMs = 0 }) => nowMs - goneAtMs < KEPT_MS)
        .sort((a, b) => (b.goneAtMs ?? 0) - (a.goneAtMs ?? 0))
        .slice(0, MAX_GONE),
    );
    this.#known = all.filter((stack) => stack.goneAtMs === undefined || kept.has(stack));
    return this.#known;
  }

  /** Writes down what has changed since the last time. Not for two calls at once. */
  async keep(): Promise<void> {
    const known = this.#known;
    const changed = known.filter((stack) => !isDeepStrictEqual(this.#stored.get(stack.id), stack));
    const ids = new Set(known.map(({ id }) => id));
    const forgotten = [...this.#stored.keys()].filter((id) => !ids.has(id));
    if (changed.length > 0 || forgotten.length > 0) await this.#store?.keep(changed, forgotten);
    this.#stored = new Map(known.map((stack) => [stack.id, stack]));
  }
}

function membersOf({ members }: PlacedStack): Map<string, string> {
  return new Map(members.map(({ node }) => [node.name, node.tip]));
}

function sameShape(before: readonly PlacedStack[], after: readonly PlacedStack[]): boolean {
  return (
    before.length === after.length &&
    after.every(({ members }, index) => {
      const old = before[index]?.members;
      return (
        old === members ||
        (old?.length === members.length && members.every(({ node }, at) => old[at]?.node.name === node.name))
      );
    })
  );
}
