import { Problem } from "../contract/problem-error.ts";
import type { ComparedCommit, Push, PushComparison } from "../contract/pushes.ts";
import type { CommitHeader } from "../git/commit-object.ts";
import type { CommitPair } from "../git/diff-tree.ts";
import { GitError } from "../git/git-error.ts";
import { type RangePair, rangeDiff } from "../git/range-diff.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import { listCommitIds, listCommits } from "../git/rev-list.ts";
import { HEADS } from "../stacks/ref-reading.ts";
import type { HeadHistory } from "./head-history.ts";
import { readKept } from "./mirror-files.ts";

/** Comparing takes as long as the product of both. */
const MAX_COMMITS = 200;
const MAX_LISTED_BYTES = 256 * 1024;
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_REBASED_OVER = 1000;
const TIMEOUT_MS = 20_000;

/** Commits, and what is not the branch's own. Equal ones have equal answers. */
export interface ComparedPushes {
  readonly from: string;
  readonly to: string;
  readonly notOwn: readonly string[];
}

interface OwnCommits {
  readonly base: string;
  readonly commits: readonly CommitHeader[];
}

/** The pushes of a mirror's branches, as far as it remembers them. Reads only. */
export class PushHistory {
  readonly #git: ReadOnlyGit;
  readonly #heads: HeadHistory;
  readonly #refs: () => ReadonlyMap<string, string>;

  constructor(git: ReadOnlyGit, heads: HeadHistory, refs: () => ReadonlyMap<string, string>) {
    this.#git = git;
    this.#heads = heads;
    this.#refs = refs;
  }

  /** Newest first; empty when the branch is not there. One that went and was made again is another one. */
  async of(branch: string): Promise<Push[]> {
    const tip = this.#refs().get(HEADS + branch);
    if (tip === undefined) return [];
    const [all, kept] = await Promise.all([this.#heads.movesOf(branch), readKept(this.#git.gitDir)]);
    // What was settled a moment ago may not be shown yet.
    const shown = all.findIndex((move) => move.new === tip);
    const moves = shown < 0 ? [] : all.slice(shown);
    const gone = moves.findIndex(({ kind }) => kind === "deleted");
    const known = gone < 0 ? moves : moves.slice(0, gone);
    const pushes: Push[] = [];
    let stored = true;
    for (const [index, sha] of [tip, ...known.map(({ old }) => old)].entries()) {
      const [after, move] = [known[index - 1], known[index]];
      if (after) stored = (after.kind === "forward" && stored) || kept.has(sha);
      pushes.push({
        number: known.length + 1 - index,
        sha,
        ...(move && { at: new Date(move.seenAtMs).toISOString() }),
        kind: move?.kind === "forward" || move?.kind === "rewritten" ? move.kind : "first",
        stored,
      });
    }
    return pushes;
  }

  /** `parent` and `trunk` by their names; whatever they have or had is not the branch's own. */
  async question({
    from,
    to,
    branch,
    parent,
    trunk,
  }: {
    from: string;
    to: string;
    branch: string;
    parent: string | null | undefined;
    trunk: string;
  }): Promise<ComparedPushes> {
    if (branch === trunk) return { from, to, notOwn: [] };
    const refs = this.#refs();
    const below = [...new Set([trunk, parent ?? trunk])];
    const tips = below.flatMap((name) => refs.get(HEADS + name) ?? []);
    const moves = (await Promise.all(below.map((name) => this.#heads.movesOf(name)))).flat();
    const former = moves.flatMap(({ kind, old }) => (kind === "forward" ? [] : [old]));
    return { from, to, notOwn: [...new Set([...tips, ...former])] };
  }

  /** @throws {Problem} `push/not-found`, `compare/too-large` {GitError} */
  async compare(
    branch: string,
    { from, to, notOwn }: ComparedPushes,
    signal: AbortSignal,
  ): Promise<PushComparison> {
    const options = { signal, timeoutMs: TIMEOUT_MS };
    try {
      const [old, now] = await this.#both({ from, to, notOwn }, options);
      const over =
        old.base === now.base
          ? []
          : await listCommitIds(this.#git, [now.base], [old.base], {
              ...options,
              maxCount: MAX_REBASED_OVER,
            });
      const { pairs, truncated } = await rangeDiff(
        this.#git,
        { base: old.base, head: from },
        { base: now.base, head: to },
        { ...options, maxOutputBytes: MAX_BYTES, onTooMuch: "cut" },
      );
      const counts = { same: 0, changed: 0, new: 0, dropped: 0 };
      for (const { state } of pairs) counts[state]++;
      const commits = pairs.map((pair) => named(pair, old.commits, now.commits));
      return {
        branch,
        fromRevision: from,
        toRevision: to,
        rebasedOver: over.length,
        counts,
        commits,
        truncated,
      };
    } catch (error) {
      throw inWords(error);
    }
  }

  /**
   * What shows the change of one commit of these pushes: it, and its first parent.
   * @throws {Problem} `push/not-found` for every other commit, `diff/unavailable` for one without a parent, `compare/too-large` {GitError}
   */
  async changeOf(compared: ComparedPushes, oid: string, signal: AbortSignal): Promise<CommitPair> {
    try {
      const both = await this.#both(compared, { signal, timeoutMs: TIMEOUT_MS });
      const commit = both.flatMap(({ commits }) => commits).find((one) => one.oid === oid);
      if (!commit) throw new Problem("push/not-found", "Neither of these pushes has this commit.");
      const [base] = commit.parents;
      if (base === undefined) throw new Problem("diff/unavailable", "This commit has no parent.");
      return { base, head: oid };
    } catch (error) {
      throw inWords(error);
    }
  }

  async #both(
    { from, to, notOwn }: ComparedPushes,
    options: { signal: AbortSignal; timeoutMs: number },
  ): Promise<[old: OwnCommits, now: OwnCommits]> {
    const isTrunk = notOwn.length === 0;
    const old = await this.#own(from, isTrunk ? [to] : notOwn, options);
    return [old, await this.#own(to, isTrunk ? [from] : notOwn, options)];
  }

  /** The commits of a push, and what they stand on. */
  async #own(
    head: string,
    notOwn: readonly string[],
    options: { signal: AbortSignal; timeoutMs: number },
  ): Promise<OwnCommits> {
    await listCommitIds(this.#git, [head], [], { ...options, maxCount: 1 });
    const commits = await listCommits(this.#git, [head], notOwn, {
      ...options,
      maxOutputBytes: MAX_LISTED_BYTES,
    });
    if (commits.length > MAX_COMMITS) throw tooLarge();
    const own = new Set(commits.map(({ oid }) => oid));
    const below = commits.flatMap(({ parents }) => parents.filter((parent) => !own.has(parent)));
    const isLine = below.length === 1 && commits.every(({ parents }) => parents.length === 1);
    // What has merges stands on more than one commit: then its own are those that the others do not have.
    return { commits, base: commits.length === 0 ? head : ((isLine ? below : notOwn)[0] ?? head) };
  }
}

function named(
  { state, moved, old, new: now, title, messageDiff, patchDiff }: RangePair,
  before: readonly CommitHeader[],
  after: readonly CommitHeader[],
): ComparedCommit {
  return {
    state,
    moved,
    ...(old !== undefined && { fromSha: whole(old, before) }),
    ...(now !== undefined && { toSha: whole(now, after) }),
    title,
    messageDiff,
    patchDiff,
  };
}

const whole = (abbreviated: string, commits: readonly CommitHeader[]): string =>
  commits.find(({ oid }) => oid.startsWith(abbreviated))?.oid ?? abbreviated;

function tooLarge(cause?: GitError): Problem {
  const detail = `At most ${MAX_COMMITS} commits of each push are compared, and for ${TIMEOUT_MS / 1000} seconds.`;
  return new Problem("compare/too-large", detail, { cause });
}

function inWords(error: unknown): unknown {
  if (!(error instanceof GitError)) return error;
  if (error.failure === "missing-object") {
    return new Problem("push/not-found", "A commit of these pushes is no longer stored.", { cause: error });
  }
  return error.failure === "timeout" || error.failure === "too-much-output" ? tooLarge(error) : error;
}
