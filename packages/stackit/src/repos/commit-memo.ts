import { type ParsedCommit, parseCommit } from "../git/commit-object.ts";
import { GitError } from "../git/git-error.ts";
import type { ObjectPool } from "../git/object-pool.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import { listCommitIds, listCommits } from "../git/rev-list.ts";
import { type CommitFacts, type History, reachable } from "../stacks/history.ts";

/** A walk by objects that grows past this is left to git. */
const WALK_LIMIT = 64;
/** A trunk that moved by more than this is read anew. */
const GAIN_LIMIT = 50_000;
/** Before this many commits, forgetting is not worth the work. */
const SWEEP_AT = 20_000;

/**
 * Which commits are off the trunk, and what their headers say. Headers never change, so an update costs the commits that are
 * new: a few object reads when a branch grew, one process when it was rebased, everything only when the trunk was rewritten.
 */
export class CommitMemo {
  readonly #git: ReadOnlyGit;
  readonly #objects: ObjectPool;
  #outside = new Map<string, CommitFacts>();
  #history = historyOf(this.#outside);
  /** Commits that are known to be on the trunk, or beyond the edge of this clone. Not all of them. */
  #inside = new Set<string>();
  /** Tips that this clone does not hold. They may still come. */
  #absent: ReadonlySet<string> = new Set();
  #trunkTips: readonly string[] | undefined;
  #epoch = {};
  #sweepAt = SWEEP_AT;
  /** Headers of commits on the trunk that somebody asked for. */
  #headers = new Map<string, ParsedCommit>();

  constructor(git: ReadOnlyGit, objects: ObjectPool) {
    this.#git = git;
    this.#objects = objects;
  }

  /** What it says of a commit never changes, whatever is learnt later. The same object until the trunk moves. */
  get history(): History {
    return this.#history;
  }

  /** Another object when all was read anew: what was on the trunk before may be lost. */
  get epoch(): object {
    return this.#epoch;
  }

  /** Those of the tips that were asked for whose commits are not here. Another object when there are others. */
  get absent(): ReadonlySet<string> {
    return this.#absent;
  }

  /** A header that has been loaded, wherever the commit lies. */
  header(oid: string): CommitFacts | undefined {
    return this.#outside.get(oid) ?? this.#headers.get(oid);
  }

  /**
   * Learns all commits between the branches and the trunk. `tips` are those that may be new; all of them are asked for only
   * when everything has to be read. Afterwards `history` is right for everything reachable from any of them.
   * @throws {GitError} and is as it was before.
   */
  async update(
    trunkTips: readonly string[],
    tips: readonly string[],
    allTips: () => readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    if (!(await this.#followTrunk(trunkTips, signal))) {
      await this.#readAll(trunkTips, allTips(), signal);
      return;
    }
    const unknown = [...new Set([...tips, ...(await this.#arrived(signal))])].filter(
      (oid) => !this.#outside.has(oid) && !this.#inside.has(oid) && !this.#absent.has(oid),
    );
    if (unknown.length === 0) return;
    const walked = unknown.length <= WALK_LIMIT ? await this.#walk(unknown, signal) : undefined;
    await this.#add(walked ?? (await this.#list(unknown, trunkTips, signal)), unknown, signal);
    if (this.#outside.size > this.#sweepAt) this.#sweep(allTips());
  }

  /** Headers of commits that may lie on the trunk; those this clone does not hold are absent from `header`. */
  async loadHeaders(oids: readonly string[], signal: AbortSignal): Promise<void> {
    if (this.#headers.size > SWEEP_AT) this.#headers.clear();
    const unknown = [...new Set(oids)].filter((oid) => this.header(oid) === undefined);
    if (unknown.length === 0) return;
    for (const commit of await this.#parse(unknown, signal)) this.#headers.set(commit.oid, commit);
  }

  /** First parents from `tip` with their messages, newest first, at most `limit`. */
  async readFirstParents(tip: string, limit: number, signal: AbortSignal): Promise<ParsedCommit[]> {
    const commits: ParsedCommit[] = [];
    for (let oid: string | undefined = tip; oid !== undefined && commits.length < limit; ) {
      const commit: ParsedCommit | undefined =
        this.#headers.get(oid) ?? (await this.#parse([oid], signal))[0];
      if (!commit) break;
      this.#headers.set(commit.oid, commit);
      commits.push(commit);
      oid = commit.parents[0];
    }
    return commits;
  }

  /** False when everything must be read: nothing was yet, or the trunk lost commits. */
  async #followTrunk(trunkTips: readonly string[], signal: AbortSignal): Promise<boolean> {
    const before = this.#trunkTips;
    if (!before) return false;
    if (before.length === trunkTips.length && before.every((tip) => trunkTips.includes(tip))) return true;
    try {
      const [lost, gained] = await Promise.all([
        listCommitIds(this.#git, before, trunkTips, { signal, maxCount: 1 }),
        listCommitIds(this.#git, trunkTips, before, { signal, maxCount: GAIN_LIMIT }),
      ]);
      if (lost.length > 0 || gained.length === GAIN_LIMIT) return false;
      if (gained.length > 0) {
        // A copy: snapshots that were handed out keep what they were made from.
        this.#replace(new Map(this.#outside));
        for (const oid of gained) {
          this.#outside.delete(oid);
          this.#inside.add(oid);
        }
      }
    } catch (error) {
      // The old tips may have been collected meanwhile.
      if (error instanceof GitError && error.failure === "missing-object") return false;
      throw error;
    }
    this.#trunkTips = trunkTips;
    return true;
  }

  async #readAll(trunkTips: readonly string[], tips: readonly string[], signal: AbortSignal): Promise<void> {
    const commits = await this.#list(tips, trunkTips, signal);
    this.#replace(new Map());
    this.#epoch = {};
    this.#inside = new Set(trunkTips);
    this.#absent = new Set();
    this.#trunkTips = trunkTips;
    await this.#add(commits, tips, signal);
    this.#sweepAt = Math.max(SWEEP_AT, this.#outside.size * 2);
  }

  async #list(
    tips: readonly string[],
    trunkTips: readonly string[],
    signal: AbortSignal,
  ): Promise<CommitFacts[]> {
    // Without a trunk nothing bounds the walk, and nothing can be said about what a branch adds: the tips have to do.
    if (trunkTips.length === 0) return this.#parse(tips, signal);
    return listCommits(this.#git, tips, trunkTips, { signal });
  }

  /**
   * Reads objects downwards from `tips`. The answer is exact when every path ends in a commit off the trunk or in a trunk
   * tip, since nothing above those can be on the trunk. Undefined when a path ends elsewhere or is too long.
   */
  async #walk(tips: readonly string[], signal: AbortSignal): Promise<CommitFacts[] | undefined> {
    const commits = new Map<string, CommitFacts>();
    const trunkTips = new Set(this.#trunkTips);
    for (let open = [...tips]; open.length > 0; ) {
      const read = await this.#parse(open, signal);
      if (read.length < open.length) return undefined;
      const next = new Set<string>();
      for (const commit of read) {
        commits.set(commit.oid, commit);
        if (commit.parents.length === 0) return undefined;
        for (const parent of commit.parents) {
          if (this.#outside.has(parent) || trunkTips.has(parent) || commits.has(parent)) continue;
          if (this.#inside.has(parent)) return undefined;
          next.add(parent);
        }
      }
      if (commits.size + next.size > WALK_LIMIT) return undefined;
      open = [...next];
    }
    return [...commits.values()];
  }

  async #add(commits: readonly CommitFacts[], tips: readonly string[], signal: AbortSignal): Promise<void> {
    for (const commit of commits) this.#outside.set(commit.oid, commit);
    for (const { parents } of commits) {
      for (const oid of parents) if (!this.#outside.has(oid)) this.#inside.add(oid);
    }
    // A tip off nobody's way is on the trunk, or nowhere.
    const others = tips.filter((oid) => !this.#outside.has(oid));
    await this.loadHeaders(others, signal);
    const nowhere = others.filter((oid) => this.header(oid) === undefined);
    for (const oid of others) this.#inside.add(oid);
    for (const oid of nowhere) this.#inside.delete(oid);
    if (nowhere.length > 0) this.#absent = new Set([...this.#absent, ...nowhere]);
  }

  /** Tips that were absent and have come without their ref's moving. What was said of them no longer holds. */
  async #arrived(signal: AbortSignal): Promise<string[]> {
    if (this.#absent.size === 0) return [];
    const arrived = (await this.#parse([...this.#absent], signal)).map(({ oid }) => oid);
    if (arrived.length > 0) {
      this.#absent = new Set([...this.#absent].filter((oid) => !arrived.includes(oid)));
      this.#replace(new Map(this.#outside));
    }
    return arrived;
  }

  #replace(outside: Map<string, CommitFacts>): void {
    this.#outside = outside;
    this.#history = historyOf(outside);
  }

  /** Forgets commits that no branch reaches any more. */
  #sweep(tips: readonly string[]): void {
    const reached = new Set<string>();
    for (const tip of tips) for (const oid of reachable(this.#history, tip, reached)) reached.add(oid);
    const kept = new Map([...this.#outside].filter(([oid]) => reached.has(oid)));
    this.#replace(kept);
    this.#sweepAt = Math.max(SWEEP_AT, kept.size * 2);
  }

  async #parse(oids: readonly string[], signal: AbortSignal): Promise<ParsedCommit[]> {
    const objects = await this.#objects.read(oids, { signal });
    return oids.flatMap((oid) => {
      const object = objects.get(oid);
      return object?.type === "commit" && object.content ? [parseCommit(oid, object.content)] : [];
    });
  }
}

function historyOf(outside: ReadonlyMap<string, CommitFacts>): History {
  return { commit: (oid) => outside.get(oid) };
}
