import { isDeepStrictEqual } from "node:util";
import { parseCommit } from "../git/commit-object.ts";
import type { ObjectPool } from "../git/object-pool.ts";
import { firstParents, type History } from "../stacks/history.ts";
import type { RecordedEdges } from "../stacks/recorded-edges.ts";
import { HEADS, type RefReading } from "../stacks/ref-reading.ts";
import {
  type CommitTrailers,
  edgesOfCommits,
  isOfCommits,
  readTrailers,
} from "../stacks/tools/commit-trailers.ts";

/** Commits of one branch that are looked at. */
const MAX_COMMITS = 200;

/**
 * What tools that make a branch of each commit wrote into these commits. Read of their branches alone, once for each commit, so
 * it costs nothing where nobody uses such a tool.
 */
export class CommitTrailersMemo {
  readonly #objects: ObjectPool;
  #trailers = new Map<string, CommitTrailers>();
  #history: History | undefined;
  #last: readonly RecordedEdges[] = [];

  constructor(objects: ObjectPool) {
    this.#objects = objects;
  }

  /**
   * The same list as before when it says the same. `history` knows the ways of all branches. `changedRefs`: of the reading before;
   * undefined when all may be different. @throws {GitError}
   */
  async gather(
    reading: RefReading,
    history: History,
    changedRefs: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<readonly RecordedEdges[]> {
    const isSame = this.#history === history && changedRefs?.every((ref) => !isOfCommits(ref));
    if (isSame) return this.#last;
    const tips = new Map<string, string>();
    for (const [ref, tip] of reading.refs) {
      const name = ref.startsWith(HEADS) ? ref.slice(HEADS.length) : undefined;
      if (name !== undefined && isOfCommits(name)) tips.set(name, tip);
    }
    await this.#learn(tips.values(), history, signal);
    this.#history = history;
    const edges = edgesOfCommits(tips, history, (oid) => this.#trailers.get(oid));
    if (!isDeepStrictEqual(edges, this.#last)) this.#last = edges;
    return this.#last;
  }

  async #learn(tips: Iterable<string>, history: History, signal: AbortSignal): Promise<void> {
    const known = new Map<string, CommitTrailers>();
    const unknown = new Set<string>();
    for (const tip of tips) {
      for (const { oid } of firstParents(history, tip).take(MAX_COMMITS)) {
        const trailers = this.#trailers.get(oid);
        if (trailers) known.set(oid, trailers);
        else unknown.add(oid);
      }
    }
    const objects = await this.#objects.read([...unknown], { signal });
    for (const oid of unknown) {
      const content = objects.get(oid)?.content;
      if (content) known.set(oid, readTrailers(parseCommit(oid, content).message));
    }
    this.#trailers = known;
  }
}
