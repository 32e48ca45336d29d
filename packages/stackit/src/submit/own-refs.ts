import { Problem } from "../contract/problem-error.ts";
import type { PlannedBranch } from "../contract/submit.ts";
import type { ForgePullRequest } from "../forge/pull-requests-of-heads.ts";
import { GitError } from "../git/git-error.ts";
import { PersonsRefs, type RefEdit } from "../git/persons-refs.ts";
import type { RefPush } from "../git/push.ts";
import type { Spawner } from "../git/spawner.ts";
import { HEADS, REMOTES } from "../stacks/ref-reading.ts";
import type { StackReading } from "./read-stack.ts";
import type { SubmitSource } from "./submit-source.ts";
import { metadataPushes } from "./submitted-metadata.ts";

/**
 * The refs of a clone that somebody works in. A submit that a person asks for is the one thing that writes there: restacked branches and what is
 * noted of them, by compare-and-swap, never one that is checked out; no HEAD, no index, no file.
 */
export class OwnRefs {
  readonly #spawner: Spawner;
  readonly #refs: PersonsRefs;
  readonly #source: SubmitSource;

  constructor(spawner: Spawner, gitDir: string, source: SubmitSource) {
    this.#spawner = spawner;
    this.#refs = new PersonsRefs(spawner, gitDir);
    this.#source = source;
  }

  /**
   * Moves the branches that were restacked, all or none. Resolves to the way back, which takes none that was moved since.
   * @throws {Problem} `submit/plan-changed` when one of them was moved, or checked out, meanwhile
   */
  async move(
    { states, newObjects, identity }: StackReading,
    branches: readonly PlannedBranch[],
    signal: AbortSignal,
  ): Promise<{ takeBack(): Promise<void> } | undefined> {
    const submitted = new Set(branches.map(({ name }) => name));
    const edits = states
      .filter(({ name, tip, becomes }) => submitted.has(name) && tip !== becomes)
      .map(({ name, tip, becomes }): RefEdit => ({ ref: HEADS + name, old: tip, new: becomes }));
    if (edits.length === 0) return undefined;
    const held = await this.#source.held();
    const taken = edits.find(({ ref }) => held.has(ref));
    if (taken) throw changed(`${taken.ref.slice(HEADS.length)} was checked out meanwhile.`);
    await newObjects.bringInto(this.#spawner, this.#refs.gitDir, { signal });
    await this.#edit(edits, { identity, signal });
    const back = edits.map(({ ref, old, new: now }): RefEdit => ({ ref, old: now, new: old ?? now }));
    return {
      takeBack: async () => {
        await this.#refs.edit(back, { identity, signal: AbortSignal.timeout(10_000) }).catch(() => {});
      },
    };
  }

  /** As `git push` itself would: what the remote is known to have. Somebody who fetches meanwhile knows better. */
  async notePushed(
    { snapshot, identity, remoteRefs }: StackReading,
    pushed: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    const remote = snapshot.parts.settings.remote;
    if (remote === undefined || !(await this.#source.tracks?.(remote, signal))) return;
    for (const [ref, now] of pushed) {
      if (!ref.startsWith(HEADS)) continue;
      const own = `${REMOTES}${remote}/${ref.slice(HEADS.length)}`;
      const old = snapshot.parts.reading.refs.get(own);
      // What the remote had was not known here: a fetch tells more than this could.
      if (old !== remoteRefs.get(ref)) continue;
      const edit = { ref: own, new: now, ...(old !== undefined && { old }) };
      await this.#refs.edit([edit], { identity, signal }).catch(ignoreMoved);
    }
  }

  /** Beside what was pushed of it, for the tools of this clone. */
  async noteMetadata(
    reading: StackReading,
    branches: readonly PlannedBranch[],
    pullRequests: ReadonlyMap<string, ForgePullRequest>,
    signal: AbortSignal,
  ): Promise<void> {
    const { snapshot, workshop, identity } = reading;
    const notes = await metadataPushes(reading, snapshot.parts.reading.refs, branches, pullRequests, signal);
    if (notes.length === 0) return;
    await workshop.bring(
      this.#refs.gitDir,
      notes.map(({ new: now }) => now),
      signal,
    );
    const edits = notes.map(({ ref, old, new: now }: RefPush) => ({
      ref,
      new: now,
      ...(old !== undefined && { old }),
    }));
    await this.#refs.edit(edits, { identity, signal }).catch(ignoreMoved);
  }

  async #edit(
    edits: readonly RefEdit[],
    options: { identity: StackReading["identity"]; signal: AbortSignal },
  ): Promise<void> {
    try {
      await this.#refs.edit(edits, options);
    } catch (error) {
      if (isMoved(error)) throw changed("A branch of the clone was moved meanwhile.");
      throw error;
    }
  }
}

const MOVED = /cannot lock ref|but expected|reference already exists|unable to resolve reference/;

function isMoved(error: unknown): boolean {
  return error instanceof GitError && MOVED.test(error.stderr);
}

function ignoreMoved(error: unknown): void {
  if (!isMoved(error)) throw error;
}

function changed(detail: string): Problem {
  return new Problem("submit/plan-changed", `${detail} Nothing was changed.`);
}
