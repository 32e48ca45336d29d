import { pickPullRequests } from "../../stacks/pick-pull-request.ts";
import type { HeardOf, PullRequest } from "../../stacks/pull-request.ts";
import type { ForgeLook, ForgeNews, KnownForgeFacts } from "../../store/forge-facts.ts";

import { settlesAtMs } from "./forge-pace.ts";

const YOUNG_MS = 600_000;
/** Of one repository, beside those that something depends on. */
const MAX_ENDED = 500;

/** What is known of a repository's pull requests. */
export class ForgeMemory {
  #look: ForgeLook | undefined;
  readonly #pullRequests: Map<number, PullRequest>;
  readonly #askedBranches: Set<string>;
  /** By branch. */
  #picked: ReadonlyMap<string, PullRequest> = new Map();
  #merged: readonly PullRequest[] = [];

  constructor(known?: KnownForgeFacts) {
    this.#look = known?.look;
    this.#pullRequests = new Map(known?.pullRequests.map((each) => [each.number, each]));
    this.#askedBranches = new Set(known?.askedBranches);
    this.#pick();
  }

  /** Undefined before the forge was asked. */
  get look(): ForgeLook | undefined {
    return this.#look;
  }

  /** When the forge last said that nothing else is new. */
  get checkedAtMs(): number | undefined {
    return this.#look?.checkedAtMs || undefined;
  }

  /** When something of an open pull request settles that touches nothing; infinite when nothing does. */
  settlesAtMs(tips: ReadonlyMap<string, string>): number {
    return Math.min(...this.#settling(tips).map(({ atMs }) => atMs));
  }

  /** The numbers of those of which something may have settled by then. */
  settledBy(nowMs: number, tips: ReadonlyMap<string, string>): number[] {
    return this.#settling(tips).flatMap(({ number, atMs }) => (atMs <= nowMs ? [number] : []));
  }

  #settling(tips: ReadonlyMap<string, string>): { number: number; atMs: number }[] {
    return this.open.flatMap((each) => {
      const isOurs = each.headRepositoryId === this.#look?.forgeRepoId;
      const atMs = settlesAtMs(each, isOurs ? tips.get(each.head) : undefined);
      return atMs === undefined ? [] : [{ number: each.number, atMs }];
    });
  }

  /** The one that counts for each branch of the repository itself. */
  get picked(): ReadonlyMap<string, PullRequest> {
    return this.#picked;
  }

  /** All of the repository's own branches that were merged. */
  get merged(): readonly PullRequest[] {
    return this.#merged;
  }

  get open(): PullRequest[] {
    return [...this.#pullRequests.values()].filter(({ state }) => state === "open");
  }

  get askedBranches(): ReadonlySet<string> {
    return this.#askedBranches;
  }

  get(number: number): PullRequest | undefined {
    return this.#pullRequests.get(number);
  }

  /** Of what was heard, the pull requests that are named or known. */
  numbersOf({ numbers, branches, oids }: HeardOf): number[] {
    const known = this.open.filter(
      ({ head, headOid, headRepositoryId }) =>
        oids.includes(headOid) || (branches.includes(head) && headRepositoryId === this.#look?.forgeRepoId),
    );
    return [...numbers, ...known.map(({ number }) => number)];
  }

  /** Whether there is no such pull request: one that is young may only not have come to all copies that a forge answers from. */
  isAbsent(number: number, nowMs: number): boolean {
    const known = this.#pullRequests.get(number);
    return known === undefined || nowMs - known.createdAtMs >= YOUNG_MS;
  }

  /** What is to be known of a pull request once the forge has told this of it. */
  after(told: PullRequest): PullRequest {
    const known = this.#pullRequests.get(told.number);
    // A forge answers from copies of itself, and one may be behind.
    if (known && told.updatedAtMs < known.updatedAtMs) return known;
    const { checks, ...rest } = told;
    if (told.state !== "open") return rest;
    if (!known) return told;
    return {
      ...told,
      ...(told.stack === undefined &&
        known.stack !== undefined && {
          stack: known.stack,
          stackObservedAtMs: known.stackObservedAtMs ?? known.observedAtMs,
        }),
      ...(checks === undefined && known.checks && { checks: known.checks }),
    };
  }

  /** Those that are not worth remembering: they ended, nothing that is there is of them or on them, and many ended later. */
  surplus(tips: ReadonlyMap<string, string>): number[] {
    const bases = new Set(this.open.map(({ base }) => base));
    const ended = [...this.#pullRequests.values()].filter(({ state, head, headRepositoryId }) => {
      const isOurs = headRepositoryId === this.#look?.forgeRepoId;
      return state !== "open" && !(isOurs && (tips.has(head) || bases.has(head)));
    });
    return ended
      .sort((one, other) => other.updatedAtMs - one.updatedAtMs)
      .slice(MAX_ENDED)
      .map(({ number }) => number);
  }

  /** To be called when it is stored. */
  learn({ look, pullRequests = [], forgotten = [], askedBranches = [], goneBranches = [] }: ForgeNews): void {
    this.#look = look;
    for (const each of pullRequests) this.#pullRequests.set(each.number, each);
    for (const number of forgotten) this.#pullRequests.delete(number);
    for (const branch of askedBranches) this.#askedBranches.add(branch);
    for (const branch of goneBranches) this.#askedBranches.delete(branch);
    if (pullRequests.length + forgotten.length > 0) this.#pick();
  }

  #pick(): void {
    const forgeRepoId = this.#look?.forgeRepoId;
    if (forgeRepoId === undefined) return;
    this.#picked = pickPullRequests(this.#pullRequests.values(), forgeRepoId);
    this.#merged = [...this.#pullRequests.values()].filter(
      ({ state, headRepositoryId }) => state === "merged" && headRepositoryId === forgeRepoId,
    );
  }
}
