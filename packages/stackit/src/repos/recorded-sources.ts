import type { ObjectPool } from "../git/object-pool.ts";
import type { History } from "../stacks/history.ts";
import { isOfPullRequests, type RecordedEdges, strongestFirst } from "../stacks/recorded-edges.ts";
import { type RefReading, SPICE_DATA } from "../stacks/ref-reading.ts";
import { CommitTrailersMemo } from "./commit-trailers-memo.ts";
import type { PullRequestSources } from "./pull-request-sources.ts";
import type { RepoSettings } from "./repo-settings.ts";
import { SpiceRecords } from "./spice-records.ts";

/** What tools keep beside a ref for each branch, from files, objects and commits. */
export class RecordedSources {
  readonly #spice: SpiceRecords;
  readonly #trailers: CommitTrailersMemo;
  readonly #pulls: PullRequestSources | undefined;
  readonly #kept = new JoinedEdges();
  readonly #committed = new JoinedEdges();
  readonly #all = new JoinedEdges();

  constructor(objects: ObjectPool, pulls: PullRequestSources | undefined) {
    this.#pulls = pulls;
    this.#spice = new SpiceRecords(objects);
    this.#trailers = new CommitTrailersMemo(objects);
  }

  /** What can be told before any commit is known, strongest first; the same list as before when it says the same. @throws {GitError} */
  async gather(
    reading: RefReading,
    { recorded: files }: RepoSettings,
    signal: AbortSignal,
  ): Promise<readonly RecordedEdges[]> {
    const spice = await this.#spice.read(reading.refs.get(SPICE_DATA), signal);
    return this.#kept.join(files, spice ? [spice] : NOTHING);
  }

  /**
   * The same, and what the commits tell of which `history` knows the ways. `changedRefs`: of the reading before; undefined when all may be
   * different. @throws {GitError}
   */
  async withCommits(
    kept: readonly RecordedEdges[],
    reading: RefReading,
    history: History,
    changedRefs: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<readonly RecordedEdges[]> {
    return this.#committed.join(kept, await this.#trailers.gather(reading, history, changedRefs, signal));
  }

  /** The same, with what pull requests tell by now in the place of what they told before. */
  withPullRequests(
    recorded: readonly RecordedEdges[],
    reading: RefReading,
    trunk: string | undefined,
  ): readonly RecordedEdges[] {
    if (!this.#pulls) return recorded;
    const others = recorded.filter((one) => !isOfPullRequests(one));
    return this.#all.join(others, this.#pulls.gather(reading, trunk));
  }
}

const NOTHING: readonly RecordedEdges[] = [];

/** Two lists as one, strongest first. The same list for the same members. */
class JoinedEdges {
  #last: { readonly parts: readonly RecordedEdges[]; readonly all: readonly RecordedEdges[] } = {
    parts: NOTHING,
    all: NOTHING,
  };

  join(some: readonly RecordedEdges[], others: readonly RecordedEdges[]): readonly RecordedEdges[] {
    const parts = [...some, ...others];
    const before = this.#last.parts;
    const isSame = parts.length === before.length && parts.every((part, index) => part === before[index]);
    if (!isSame) this.#last = { parts, all: strongestFirst(parts) };
    return this.#last.all;
  }
}
