import { RemoteError } from "../../git/wire/remote-failure.ts";
import type { ForgeAnswer, PullRequest } from "../../stacks/pull-request.ts";
import type { ForgeNews } from "../../store/forge-facts.ts";
import type { AwaitedChanges } from "./awaited-changes.ts";
import type { ForgeMemory } from "./forge-memory.ts";
import { isSweepDue } from "./forge-pace.ts";
import type { ForgeSource, RepositoryName } from "./forge-source.ts";

/** Questions about branches in one look; what is left waits for the next. */
const BRANCH_QUESTIONS = 4;

export interface ForgeQuestion {
  readonly repository: RepositoryName;
  /** The forge's number for it, where that is known. */
  readonly forgeRepoId?: number | undefined;
  /** Pull requests that something was heard of. */
  readonly numbers: readonly number[];
  /** Whether to look for what nothing was heard of, too. */
  readonly poll: boolean;
  /** The branches of the repository, with their tips. */
  readonly tips: ReadonlyMap<string, string>;
}

const ANOTHERS =
  "Another repository has the name of this one now. Check its URL; nothing of that one is shown.";
const NOT_WHOLE = "The forge did not give all that it was asked for; what it gave is shown.";

/**
 * Asks a forge what is new, with as few questions as that takes. What was learned until a question failed is in `findings`: each
 * pull request is true by itself. That nothing else is new is only known when it did not throw.
 */
export async function lookAtForge(
  findings: Findings,
  question: ForgeQuestion,
  {
    source,
    memory,
    awaited,
    nowMs,
  }: { source: ForgeSource; memory: ForgeMemory; awaited: AwaitedChanges; nowMs: number },
  signal: AbortSignal,
): Promise<void> {
  const { repository, tips } = question;
  const wanted = new Set(question.numbers);
  let etag = memory.look?.etag;
  let isSwept = false;
  if (question.poll) {
    const isDue = isSweepDue(memory.look, nowMs);
    const recent = await source.recent(repository, etag, signal);
    etag = recent ? recent.etag : etag;
    const touched = (recent?.touched ?? []).filter(
      ({ number, updatedAtMs }) =>
        updatedAtMs > (memory.get(number)?.updatedAtMs ?? Number.NEGATIVE_INFINITY),
    );
    for (const { number, updatedAtMs } of touched) awaited.announce(number, updatedAtMs);
    isSwept = isDue || (recent?.isCut === true && touched.length === recent.touched.length);
    if (isSwept) await sweep();
    for (const { number } of touched) wanted.add(number);
    // What is open no more is not in a list of what is.
    const others = isSwept ? memory.open.map(({ number }) => number) : memory.settledBy(nowMs, tips);
    for (const number of others) wanted.add(number);
  }
  for (const number of awaited.numbers) wanted.add(number);
  const left = [...wanted].filter((number) => !findings.has(number));
  for (const chunk of chunks(left, source.atOnce)) {
    findings.take(await source.byNumber(repository, chunk, signal), question.forgeRepoId);
  }
  awaited.asked((number) => findings.get(number)?.updatedAtMs ?? memory.get(number)?.updatedAtMs);
  if (question.poll) await askForBranches();
  if (!findings.isWhole) throw new RemoteError("error", NOT_WHOLE);
  findings.finish({ etag, isSwept, isAwaiting: awaited.numbers.length > 0 });

  async function sweep(): Promise<void> {
    let after: string | undefined;
    do {
      const page: ForgeAnswer = await source.openPage(repository, after, signal);
      findings.take(page, question.forgeRepoId);
      after = page.next;
    } while (after !== undefined);
  }

  /** What ended long ago is not among what was touched. */
  async function askForBranches(): Promise<void> {
    const { picked, askedBranches } = memory;
    const notAsked = [...tips.keys()].filter((branch) => !askedBranches.has(branch));
    const unknown = notAsked.filter((branch) => !picked.has(branch));
    // Behind one that is open there may be an older one that was merged.
    unknown.push(...notAsked.filter((branch) => picked.get(branch)?.state === "open"));
    const some = unknown.slice(0, BRANCH_QUESTIONS * source.atOnce);
    for (const chunk of chunks(some, source.atOnce)) {
      const answer = await source.ofBranches(repository, chunk, signal);
      findings.take(answer, question.forgeRepoId);
      if (answer.isWhole) findings.askedBranches.push(...chunk);
    }
  }
}

/** What is remembered is of a repository that is not there any more. */
export class AnotherRepositoryError extends Error {}

interface Finished {
  /** Of the list of what was touched. */
  readonly etag: string | undefined;
  readonly isSwept: boolean;
  /** Whether the list tells of a change that is not seen yet: then it is as good as not read. */
  readonly isAwaiting: boolean;
}

/** What one look has brought. */
export class Findings {
  readonly askedBranches: string[] = [];
  readonly #memory: ForgeMemory;
  readonly #nowMs: number;
  readonly #told = new Map<number, PullRequest>();
  readonly #absent: number[] = [];
  #forgeRepoId: number | undefined;
  #isWhole = true;
  #finished: Finished | undefined;

  constructor(memory: ForgeMemory, nowMs: number) {
    this.#memory = memory;
    this.#nowMs = nowMs;
  }

  /** Whether every answer was. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  has(number: number): boolean {
    return this.#told.has(number);
  }

  /** @throws {RemoteError} when it is not of the repository that it should be of, {AnotherRepositoryError} */
  take({ repositoryId, pullRequests, absent, isWhole }: ForgeAnswer, expectedId: number | undefined): void {
    if (expectedId !== undefined && expectedId !== repositoryId) throw new RemoteError("not-found", ANOTHERS);
    if (repositoryId !== (this.#memory.look?.forgeRepoId ?? repositoryId)) throw new AnotherRepositoryError();
    this.#forgeRepoId = repositoryId;
    this.#isWhole &&= isWhole;
    for (const told of pullRequests) this.#told.set(told.number, this.#memory.after(told));
    this.#absent.push(...absent.filter((number) => this.#memory.isAbsent(number, this.#nowMs)));
  }

  get(number: number): PullRequest | undefined {
    return this.#told.get(number);
  }

  /** Nothing else is new, but for what is awaited. */
  finish(finished: Finished): void {
    this.#finished = finished;
  }

  /** Whether there is nothing in it but that nothing is new. */
  isQuiet({
    look,
    pullRequests = [],
    forgotten = [],
    askedBranches = [],
    goneBranches = [],
  }: ForgeNews): boolean {
    const before = this.#memory.look;
    const found = [pullRequests, forgotten, askedBranches, goneBranches].some(({ length }) => length > 0);
    return !found && look.etag === before?.etag && look.sweptAtMs === before?.sweptAtMs;
  }

  /** Undefined when nothing was learned. `isPoll`: whether it was looked for what nothing was heard of. */
  news({
    isPoll,
    goneBranches,
    surplus,
  }: {
    isPoll: boolean;
    goneBranches: readonly string[];
    surplus: readonly number[];
  }): ForgeNews | undefined {
    const before = this.#memory.look;
    const forgeRepoId = this.#forgeRepoId ?? before?.forgeRepoId;
    if (forgeRepoId === undefined) return undefined;
    const isChanged = this.#told
      .values()
      .some(({ number, updatedAtMs }) => this.#memory.get(number)?.updatedAtMs !== updatedAtMs);
    const done = isPoll ? this.#finished : undefined;
    const confirmed = done?.isAwaiting ? undefined : done;
    return {
      look: {
        forgeRepoId,
        etag: confirmed ? confirmed.etag : before?.etag,
        checkedAtMs: confirmed ? this.#nowMs : (before?.checkedAtMs ?? 0),
        changedAtMs: isChanged ? this.#nowMs : (before?.changedAtMs ?? this.#nowMs),
        sweptAtMs: done?.isSwept ? this.#nowMs : before?.sweptAtMs,
      },
      pullRequests: [...this.#told.values()],
      forgotten: [...this.#absent, ...surplus.filter((number) => !this.has(number))],
      askedBranches: this.askedBranches,
      goneBranches,
    };
  }
}

function* chunks<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
