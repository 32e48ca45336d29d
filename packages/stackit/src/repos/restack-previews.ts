import { createHash } from "node:crypto";
import { objectFormatOf } from "../git/bare-folder.ts";
import type { ObjectPool } from "../git/object-pool.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import type { Spawner } from "../git/spawner.ts";
import { TrialMerges } from "../git/trial-merges.ts";
import type { Restackable, RestackLayer } from "../stacks/restack-layers.ts";
import {
  RestackTrial,
  RestackTrials,
  type RestackTrialsByName,
  type RestackTrialsOptions,
  reasonIn,
  standsOnUnknown,
  type TrialOutcome,
  unknown,
} from "./restack-trials.ts";

export type RestackPreview = TrialOutcome;

/** Layers that are tried at once; the others have their turn after them. */
const MAX_AT_ONCE = 50;
/** Beyond this many, what is of no use now is forgotten. */
const MAX_KNOWN = 20_000;

export interface RestackPreviewsOptions extends RestackTrialsOptions {
  /** Without it nothing is tried. */
  readonly trialsDir?: string | undefined;
  readonly maxKnown?: number;
}

/**
 * Whether restacks would go through, tried commit by commit as a restack would do it, and remembered by object ids: what is known of
 * a layer holds as long as its commits and what it is put on are the same.
 */
export class RestackPreviews {
  readonly #spawner: Spawner;
  readonly #trials: RestackTrials;
  readonly #trialsDir: string | undefined;
  readonly #maxKnown: number;
  #known = new Map<string, RestackPreview>();

  /** `git` and `objects` read the same repository. */
  constructor(
    spawner: Spawner,
    git: ReadOnlyGit,
    objects: ObjectPool,
    { trialsDir, maxKnown, ...options }: RestackPreviewsOptions,
  ) {
    this.#trialsDir = trialsDir;
    this.#maxKnown = maxKnown ?? MAX_KNOWN;
    this.#spawner = spawner;
    this.#trials = new RestackTrials(git, objects, options);
  }

  /** The files were exchanged for others: what was missing may be there. */
  forget(): void {
    this.#known.clear();
  }

  /** By branch, as far as that is known by now. */
  known(layers: readonly Restackable[]): ReadonlyMap<string, RestackPreview> {
    const keys = keysOf(layers);
    const previews = new Map<string, RestackPreview>();
    for (const layer of layers) {
      const preview = "reason" in layer ? unknown(layer.reason) : this.#known.get(keys.get(layer.name) ?? "");
      if (preview) previews.set(layer.name, preview);
    }
    return previews;
  }

  /**
   * Tries some of those that are not known yet, with what they stand on. Resolves to whether all are known then. What could not be
   * tried is unknown. @throws {GitError} when the signal aborts, or the system's error
   */
  async learn(layers: readonly Restackable[], signal: AbortSignal): Promise<boolean> {
    const trialsDir = this.#trialsDir;
    if (trialsDir === undefined) return true;
    const keys = keysOf(layers);
    const byName = new Map(layers.map((layer) => [layer.name, layer]));
    const trials = new Map<string, RestackTrial>();
    let left = 0;
    for (const layer of layers) {
      if (!this.#isOpen(layer, keys)) continue;
      if (trials.size >= MAX_AT_ONCE) left++;
      else include(layer, byName, trials);
    }
    try {
      await this.#try(trials, keys, trialsDir, signal);
    } catch (error) {
      if (reasonIn(error) === undefined) throw error;
      for (const { layer } of trials.values()) {
        if (!this.#isOpen(layer, keys)) continue;
        const alone = new Map<string, RestackTrial>();
        include(layer, byName, alone);
        await this.#try(alone, keys, trialsDir, signal).catch((own: unknown) => {
          const reason = reasonIn(own);
          if (reason === undefined) throw own;
          this.#known.set(keys.get(layer.name) ?? "", unknown(reason));
        });
      }
    }
    if (this.#known.size > this.#maxKnown) {
      const used = new Set(keys.values());
      this.#known = new Map([...this.#known].filter(([key]) => used.has(key)));
    }
    return left === 0;
  }

  /** Whether it is left to try: of what stands on something unknown nothing can be said either. */
  #isOpen(layer: Restackable, keys: ReadonlyMap<string, string>): layer is RestackLayer {
    const key = keys.get(layer.name);
    if ("reason" in layer || key === undefined || this.#known.has(key)) return false;
    const below = "layer" in layer.onto ? layer.onto.layer : "";
    const { state } = this.#known.get(keys.get(below) ?? "") ?? {};
    if (state === undefined || state === "clean") return true;
    this.#known.set(key, standsOnUnknown(below));
    return false;
  }

  /** What is known when it fails is remembered too. @throws {GitError} or the system's error */
  async #try(
    trials: RestackTrialsByName,
    keys: ReadonlyMap<string, string>,
    trialsDir: string,
    signal: AbortSignal,
  ): Promise<void> {
    const [some] = trials.values();
    if (!some) return;
    await using merges = await TrialMerges.open(this.#spawner, trialsDir, objectFormatOf(some.layer.tip));
    try {
      await this.#trials.run(merges, trials, signal);
    } finally {
      for (const [name, { outcome }] of trials) {
        const key = keys.get(name);
        if (outcome && key !== undefined) this.#known.set(key, outcome);
      }
    }
  }
}

/** With all that it stands on, the lowest first: what these have become is needed, and is kept nowhere. */
function include(
  layer: RestackLayer,
  byName: ReadonlyMap<string, Restackable>,
  trials: Map<string, RestackTrial>,
): void {
  const way: RestackLayer[] = [];
  for (let at: Restackable | undefined = layer; at && !("reason" in at) && !trials.has(at.name); ) {
    way.push(at);
    at = "layer" in at.onto ? byName.get(at.onto.layer) : undefined;
  }
  for (const one of way.toReversed()) trials.set(one.name, new RestackTrial(one));
}

/** By branch: what its preview follows from, as one id. Parents come before their children. */
function keysOf(layers: readonly Restackable[]): Map<string, string> {
  const keys = new Map<string, string>();
  for (const layer of layers) {
    if ("reason" in layer) continue;
    const { tip, base, commits, onto } = layer;
    const ground = "commit" in onto ? onto.commit : keys.get(onto.layer);
    if (ground === undefined) continue;
    // A merge is of one commit where a restack of the same may be of several.
    const of = `${tip} ${base} ${ground} ${commits.length}`;
    keys.set(layer.name, createHash("sha1").update(of).digest("base64"));
  }
  return keys;
}
