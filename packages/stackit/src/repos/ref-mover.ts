import type { RefMove } from "../git/listing-after.ts";
import type { FetchOptions, MirrorGit } from "../git/mirror-git.ts";
import type { RunOptions } from "../git/run-git.ts";
import { HEADS } from "../stacks/ref-reading.ts";
import type { FetchPlan } from "./advertised-refs.ts";
import { bringRefs, bringsAll } from "./bring-refs.ts";
import type { HeadHistory } from "./head-history.ts";
import type { MirrorRemote } from "./mirror-remote.ts";
import { RefJournal } from "./ref-journal.ts";

type Refs = ReadonlyMap<string, string>;

/** Where a mirror's refs and its HEAD are to go, from where they are. */
export interface RefChange {
  readonly plan: FetchPlan;
  readonly refs: Refs;
  /** The ref that HEAD names; absent when that cannot be told. */
  readonly head: string | undefined;
  /** The ref that it is to name; absent when that is the same. */
  readonly nextHead: string | undefined;
  /** Where the trunk is, as far as that is known. */
  readonly trunk: readonly string[];
}

/**
 * Moves a mirror's refs, objects first, so that a process which dies on the way leaves enough to go back: which commits branches are
 * about to leave is announced, and what the refs were is noted, before the first one moves.
 * - `settle` after a `move`, when what came may be shown: until then the next process goes back.
 * - `undo` before the first `move` of a process. One call at a time, and only while no other git of ours works there.
 * - After a `move` that threw, refs may be where they were, where they were to go, or some here and some there. The next one goes on.
 */
export class RefMover {
  readonly #git: MirrorGit;
  readonly #remote: MirrorRemote;
  readonly #heads: HeadHistory;
  readonly #journal: RefJournal;

  constructor(git: MirrorGit, remote: MirrorRemote, heads: HeadHistory) {
    this.#git = git;
    this.#remote = remote;
    this.#heads = heads;
    this.#journal = new RefJournal(git.gitDir);
  }

  /**
   * Returns all that has moved; undefined where that must be read.
   * @throws {RemoteError} {GitError} {DamagedMirrorError} or the system's error
   */
  async move(change: RefChange, options: FetchOptions): Promise<readonly RefMove[] | undefined> {
    const { plan, refs, head } = change;
    await this.#heads.announce(plan.leaving);
    const moving = [...plan.wanted, ...plan.gone].map(({ ref }) => ref);
    await this.#journal.begin(refs, moving, { head, isWhole: bringsAll(plan, refs) });
    return bringChange(this.#git, this.#remote, change, options);
  }

  /** Where refs are now, they stay: from now on nothing goes back. */
  async settle(): Promise<void> {
    await this.#journal.end();
  }

  /** As `RefJournal.undo`, of what an earlier process did not finish. */
  undo(now: Refs, options: RunOptions): ReturnType<RefJournal["undo"]> {
    return this.#journal.undo(this.#git, now, options);
  }
}

/** Makes refs and HEAD what they are to be. Nothing of it is noted. @throws {RemoteError} {GitError} */
export async function bringChange(
  git: MirrorGit,
  remote: MirrorRemote,
  { plan, refs, nextHead, trunk }: Omit<RefChange, "head">,
  options: FetchOptions,
): Promise<readonly RefMove[] | undefined> {
  const { signal } = options;
  const moves = await bringRefs(git, remote, plan, { refs, trunk }, options);
  if (nextHead?.startsWith(HEADS)) await git.setHead(nextHead, { signal });
  if (refs.size === 0) await git.packRefs({ signal });
  return moves;
}
