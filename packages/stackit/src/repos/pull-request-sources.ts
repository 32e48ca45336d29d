import type { PullRequest } from "../stacks/pull-request.ts";
import {
  pullRequestEdges,
  readStackWords,
  type StackWords,
} from "../stacks/pull-requests/pull-request-edges.ts";
import type { RecordedEdges } from "../stacks/recorded-edges.ts";
import { HEADS, type RefReading } from "../stacks/ref-reading.ts";

const NOTHING: readonly RecordedEdges[] = [];

/** What the pull requests of one repository tell about parents. Costs nothing while neither they nor their branches change. */
export class PullRequestSources {
  readonly #words = new WeakMap<object, StackWords>();
  #heard: ReadonlyMap<string, PullRequest> | undefined;
  #pulls: readonly PullRequest[] = [];
  /** Whose branches may have gone on without them. */
  #ended: readonly PullRequest[] = [];
  #last: { readonly of: string; readonly edges: readonly RecordedEdges[] } | undefined;

  /** By branch, the one that counts. */
  hear(pullRequests: ReadonlyMap<string, PullRequest>): void {
    if (pullRequests === this.#heard) return;
    this.#heard = pullRequests;
    this.#pulls = [...pullRequests.values()];
    this.#ended = this.#pulls.filter(({ state }) => state !== "open");
    this.#last = undefined;
  }

  /** The same list as before when it says the same. */
  gather({ refs }: RefReading, trunk: string | undefined): readonly RecordedEdges[] {
    if (trunk === undefined || this.#pulls.length === 0) return NOTHING;
    // A branch that was taken up again after its pull request had ended is another matter.
    const past = new Set(
      this.#ended.filter(({ head, headOid }) => (refs.get(HEADS + head) ?? headOid) !== headOid),
    );
    const of = JSON.stringify([trunk, ...[...past].map(({ number }) => number)]);
    if (this.#last?.of !== of) {
      const pulls = past.size === 0 ? this.#pulls : this.#pulls.filter((pull) => !past.has(pull));
      this.#last = { of, edges: pullRequestEdges(pulls, trunk, (pull) => this.#wordsOf(pull)) };
    }
    return this.#last.edges;
  }

  #wordsOf(pull: Parameters<typeof readStackWords>[0]): StackWords {
    let words = this.#words.get(pull);
    if (!words) {
      words = readStackWords(pull);
      this.#words.set(pull, words);
    }
    return words;
  }
}
