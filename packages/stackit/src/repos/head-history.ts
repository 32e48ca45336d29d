import type { ListedDelta } from "../git/for-each-ref.ts";
import { formerTips, type HeadMove } from "../stacks/head-move.ts";
import { HEADS } from "../stacks/ref-reading.ts";

/** A branch that is about to leave a commit. Where to is only known afterwards. */
export type Leaving = Pick<HeadMove, "ref" | "old" | "seenAtMs">;

/** Keeps the moves of one mirror's branches across restarts. */
export interface HeadMoveStore {
  /** `moves`: newest first. `leaving`: what was announced and never settled, oldest first. */
  recall(): Promise<{ moves: readonly HeadMove[]; leaving: readonly Leaving[] }>;
  /** By the branch's full name; newest first. */
  ofBranch(ref: string): Promise<readonly HeadMove[]>;
  /** Once this has settled, it survives the death of the process. */
  announce(leaving: readonly Leaving[]): Promise<void>;
  /** What became of everything that was announced: what is not among the moves did not happen. */
  settle(moves: readonly HeadMove[]): Promise<void>;
  /** Forgets that branches have left these commits without leading to them any more. */
  drop(oids: readonly string[]): Promise<void>;
  /** Removes what is old or too many. Returns the commits that those which are left must hold by themselves. */
  forget(): Promise<ReadonlySet<string>>;
}

/** Of one branch; the store's own limit comes later. */
const MAX_TIPS = 100;

/**
 * Where a mirror's branches have been. What is about to be left is written down before git moves it, and its kind after the new
 * commits were read, so that a process that dies in between leaves a note of every commit that nothing else may hold.
 * - `announce` before refs move, `look` when they were read anew, `settle` before what follows is published.
 * - Nothing is written, and nobody is asked, while no branch moves.
 */
export class HeadHistory {
  readonly #store: HeadMoveStore | undefined;
  readonly #wallNow: () => number;
  #isLoaded = false;
  #lastSeenAtMs = 0;
  /** By full name, newest first. */
  #tips = new Map<string, string[]>();
  /** Oldest first. */
  #leaving: Leaving[] = [];
  /** What became of it, newest first, as far as the last look saw. */
  #moved: readonly Omit<HeadMove, "kind">[] = [];
  /** The tips among it, as in `#tips`. */
  #justLeft: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(store: HeadMoveStore | undefined, wallNow: () => number = Date.now) {
    this.#store = store;
    this.#wallNow = wallNow;
  }

  /** Takes over what an earlier process wrote down; once is enough. */
  async load(): Promise<void> {
    if (this.#isLoaded) return;
    const { moves, leaving } = (await this.#store?.recall()) ?? { moves: [], leaving: [] };
    this.#tips = formerTips(moves);
    this.#leaving = [...leaving];
    for (const { seenAtMs } of [...leaving, ...moves.slice(0, 1)]) {
      this.#lastSeenAtMs = Math.max(this.#lastSeenAtMs, seenAtMs);
    }
    this.#isLoaded = true;
  }

  /** What a run before this one has announced, and could not do, is not written down again. */
  async announce(leaving: readonly Omit<Leaving, "seenAtMs">[]): Promise<void> {
    const latest = new Map(this.#leaving.map(({ ref, old }) => [ref, old]));
    const announced = this.#dated(leaving.filter(({ ref, old }) => latest.get(ref) !== old));
    if (announced.length === 0) return;
    await this.#store?.announce(announced);
    this.#leaving.push(...announced);
  }

  /** `refs`: all that there are now. `deltas`: how they differ from those of the model that is shown. */
  look(refs: ReadonlyMap<string, string>, deltas: readonly ListedDelta[]): void {
    const known = new Set(this.#leaving.map(({ ref }) => ref));
    const unannounced = deltas.flatMap(({ ref, old }) =>
      old !== undefined && ref.startsWith(HEADS) && !known.has(ref) ? [{ ref, old }] : [],
    );
    this.#leaving.push(...this.#dated(unannounced));
    if (this.#leaving.length === 0) return;
    const left = new Set(this.#leaving.map(({ old }) => old));
    const held = new Set(
      refs.entries().flatMap(([ref, oid]) => (left.has(oid) && ref.startsWith(HEADS) ? [oid] : [])),
    );
    const next = new Map(refs);
    const moved: Omit<HeadMove, "kind">[] = [];
    for (const leaving of this.#leaving.toReversed()) {
      const now = next.get(leaving.ref);
      next.set(leaving.ref, leaving.old);
      if (now === leaving.old) continue;
      moved.push({ ...leaving, ...(now !== undefined && { new: now }), wasLast: !held.has(leaving.old) });
    }
    this.#moved = moved;
    this.#justLeft = formerTips(moved);
  }

  wasAt(ref: string, oid: string): boolean {
    return this.#tips.get(ref)?.includes(oid) ?? false;
  }

  /** Of a branch by its short name, newest first: also what was left just now. */
  formerTips(branch: string): string[] {
    const ref = HEADS + branch;
    return [...(this.#justLeft.get(ref) ?? []), ...(this.#tips.get(ref) ?? [])];
  }

  /** Of a branch by its short name, newest first, as far as they are settled. */
  async movesOf(branch: string): Promise<readonly HeadMove[]> {
    return (await this.#store?.ofBranch(HEADS + branch)) ?? [];
  }

  /**
   * `kindOf`: of a difference to the model that is shown. `keep`: commits that their branch no longer holds; what was deleted is
   * kept already.
   */
  async settle(
    deltas: readonly ListedDelta[],
    kindOf: (delta: ListedDelta) => string,
    keep: (oids: readonly string[]) => Promise<void>,
  ): Promise<void> {
    if (this.#leaving.length === 0) return;
    const byRef = new Map(deltas.map((delta) => [delta.ref, delta]));
    const moves = this.#moved.map((move): HeadMove => {
      if (move.new === undefined) return { ...move, kind: "deleted" };
      const delta = byRef.get(move.ref);
      const isShown = delta !== undefined && delta.old === move.old && delta.new === move.new;
      return { ...move, kind: isShown && kindOf(delta) === "forward" ? "forward" : "rewritten" };
    });
    const lost = moves.flatMap(({ kind, old }) => (kind === "rewritten" ? [old] : []));
    if (lost.length > 0) await keep(lost);
    await this.#store?.settle(moves);
    this.#remember(moves);
  }

  #remember(newestFirst: readonly HeadMove[]): void {
    for (const { ref, kind } of newestFirst) if (kind === "deleted") this.#tips.delete(ref);
    for (const [ref, tips] of this.#justLeft) {
      this.#tips.set(ref, [...tips, ...(this.#tips.get(ref) ?? [])].slice(0, MAX_TIPS));
    }
    this.#leaving = [];
    this.#moved = [];
    this.#justLeft = new Map();
  }

  /** The commits that no branch may lead to any more. */
  async held(): Promise<ReadonlySet<string>> {
    const { moves, leaving } = (await this.#store?.recall()) ?? { moves: [], leaving: [] };
    return new Set([...moves.filter(({ kind }) => kind !== "forward"), ...leaving].map(({ old }) => old));
  }

  /** They are lost. */
  async drop(oids: ReadonlySet<string>): Promise<void> {
    if (oids.size === 0) return;
    await this.#store?.drop([...oids]);
    for (const [ref, tips] of this.#tips) {
      if (tips.some((oid) => oids.has(oid)))
        this.#tips.set(
          ref,
          tips.filter((oid) => !oids.has(oid)),
        );
    }
  }

  /** As the store's, and what is remembered here is what it remembers. Not between `announce` and `settle`. */
  async forget(): Promise<ReadonlySet<string>> {
    if (!this.#store) return new Set();
    const held = await this.#store.forget();
    this.#isLoaded = false;
    await this.load();
    return held;
  }

  /** No two at one time, also when the clock is set back. */
  #dated(leaving: readonly Omit<Leaving, "seenAtMs">[]): Leaving[] {
    if (leaving.length === 0) return [];
    this.#lastSeenAtMs = Math.max(this.#wallNow(), this.#lastSeenAtMs + 1);
    const seenAtMs = this.#lastSeenAtMs;
    return leaving.map(({ ref, old }) => ({ ref, old, seenAtMs }));
  }
}
