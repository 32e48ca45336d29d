import type { Freshness, RepoKind } from "../contract/repo.ts";
import type { ExpectedRef, Trigger } from "../contract/sync-run.ts";
import type { TraceOrigin } from "../lib/tracing.ts";
import type { Mend } from "../repos/mirror-options.ts";
import { NO_HISTORY, type RunHistory } from "../store/run-history.ts";
import { type LaneState, URGENCY } from "./pick-next.ts";
import { Reservations } from "./reservations.ts";
import { type AskedBy, joinedRun, type RunRecord } from "./run-record.ts";
import type { SyncTarget } from "./sync-target.ts";

/** One request as a lane takes it: those from outside and the queue's own alike. */
export interface LaneRequest extends AskedBy {
  readonly triggers: readonly Trigger[];
  /** Hold ids. */
  readonly confirmed: Iterable<string>;
  readonly expected: Iterable<ExpectedRef>;
  readonly mend?: Mend | undefined;
  readonly urgency: number;
  /** Not before this time, or when the burst that the request belongs to has settled. */
  readonly due: number | Settling;
}

/** The attempt after a failure, or the second look at a held run. */
export interface Intention {
  readonly atMs: number;
  readonly triggers: readonly Trigger[];
  /** Those whose deliveries it owes an answer. */
  readonly pushedBy: readonly string[];
  readonly confirmed: Iterable<string>;
  readonly expected: readonly ExpectedRef[];
}

/** How often a repository is asked without anybody asking. Only for telling people: triggers ask by themselves. */
export interface Cadence {
  /** A mirror whose last success is older is late. */
  readonly expectedMaxAgeSec: number;
  readonly interval?: Freshness["interval"];
  /** When the next asking is due, if the lane is idle until then; monotonic. */
  readonly askedAtMs?: number;
}

export interface RepoInQueue {
  readonly kind: RepoKind;
  /** After the runs so far, the last of which ended at `restingSinceMs`, monotonic. */
  readonly cadence: (history: RunHistory, restingSinceMs: number) => Cadence;
  /** From before the start. */
  readonly history?: RunHistory;
}

/** A burst settles `settleMs` after its last request, at most `settleCapMs` after its first. */
export interface Settling {
  readonly settleMs: number;
  readonly settleCapMs: number;
}

/** More that asked for the same run are not told. */
const MAX_ORIGINS = 32;

/** A run from its first request on. `record` is replaced at each change. */
export class LaneRun {
  record: RunRecord;
  readonly requestedAtMs: number;
  readonly finished = Promise.withResolvers<RunRecord>();
  /** Aborted with the `RunFailure` that the run will then report. */
  readonly aborter = new AbortController();
  readonly confirmed = new Set<string>();
  /** What is wanted most of those who asked for it. The attempt after it does no such thing. */
  mend: Mend | undefined;
  urgency: number = URGENCY.interval;
  startedAtMs = 0;
  /** Traced requests from outside, the first of them first. */
  readonly #origins: TraceOrigin[] = [];

  /** By ref. */
  readonly #expected = new Map<string, ExpectedRef>();
  #wantedAtMs = Number.POSITIVE_INFINITY;
  #burstBeganAtMs: number | undefined;
  #burstSettlesAtMs = Number.POSITIVE_INFINITY;

  constructor(record: RunRecord, now: number) {
    this.record = record;
    this.requestedAtMs = now;
  }

  get dueAtMs(): number {
    return Math.min(this.#wantedAtMs, this.#burstSettlesAtMs);
  }

  /** Somebody waits for it who may know that the cause of failures is mended. */
  get isForPerson(): boolean {
    return this.urgency >= URGENCY.manual;
  }

  get origins(): readonly TraceOrigin[] {
    return this.#origins;
  }

  askedBy(origin: TraceOrigin | undefined): void {
    if (origin && this.#origins.length < MAX_ORIGINS) this.#origins.push(origin);
  }

  get expected(): readonly ExpectedRef[] {
    return [...this.#expected.values()];
  }

  /** What was expected before: a request of this run that names the same ref knows better. */
  expectToo(earlier: Iterable<ExpectedRef>): void {
    for (const each of earlier) if (!this.#expected.has(each.ref)) this.#expected.set(each.ref, each);
  }

  join(request: LaneRequest, now: number): void {
    this.record = joinedRun(this.record, request.triggers, request);
    this.urgency = Math.max(this.urgency, request.urgency);
    if (this.mend !== "reclone") this.mend = request.mend ?? this.mend;
    for (const id of request.confirmed) this.confirmed.add(id);
    for (const each of request.expected) this.#expected.set(each.ref, each);
    if (typeof request.due === "number") {
      this.#wantedAtMs = Math.min(this.#wantedAtMs, request.due);
    } else {
      this.#burstBeganAtMs ??= now;
      const { settleMs, settleCapMs } = request.due;
      this.#burstSettlesAtMs = Math.min(now + settleMs, this.#burstBeganAtMs + settleCapMs);
    }
  }
}

/**
 * One repository in the queue. Three numbers decide what may happen:
 * - `requested` counts the requests;
 * - `covered` is what `requested` was when the last run began: that run answers every request up to it;
 * - `done` is what `covered` was when the last run ended.
 * `requested > covered`: a run waits, and every further request joins it. `covered > done`: the lane is occupied.
 */
export class Lane implements LaneState {
  readonly target: SyncTarget;
  readonly about: RepoInQueue;
  /** The run at work. Undefined though the lane is occupied: the run was answered at its deadline, and hangs. */
  current: LaneRun | undefined;
  /** The last finished run. */
  last: RunRecord | undefined;
  /** Settles when the run that occupies the lane has ended. */
  work: Promise<void> = Promise.resolve();
  /** What the queue will ask by itself, unless a run begins before. */
  intention: Intention | undefined;
  history: RunHistory;
  /** What the next back-off counts from: a person's request forgives the failures before it. */
  failuresInARow = 0;
  /** When the last run was answered; before the first one, when the lane was opened. */
  restingSinceMs: number;
  /** No longer served: takes no requests, and goes when it is free. */
  leaving = false;
  /** No run begins while it is taken or wanted. */
  readonly reservations = new Reservations();

  #waiting: LaneRun | undefined;
  #requested = 0;
  #covered = 0;
  #done = 0;

  constructor(target: SyncTarget, about: RepoInQueue, now: number) {
    this.target = target;
    this.about = about;
    this.restingSinceMs = now;
    this.history = about.history ?? NO_HISTORY;
  }

  get host(): string | undefined {
    return this.target.host;
  }

  get running(): boolean {
    return this.current !== undefined;
  }

  get occupied(): boolean {
    return this.#covered > this.#done;
  }

  get hanging(): boolean {
    return this.occupied && !this.running;
  }

  get reserved(): boolean {
    return this.reservations.isWanted;
  }

  /** Nothing is at work, waits, or will be tried again without a further request. A second look at a hold is no retry. */
  get idle(): boolean {
    const willRetry = this.intention !== undefined && this.history.consecutiveFailures > 0;
    return !this.occupied && !this.reserved && !this.waiting && !willRetry;
  }

  get waiting(): LaneRun | undefined {
    return this.#requested > this.#covered ? this.#waiting : undefined;
  }

  /** When something falls due here without a further request from outside. */
  get dueTimesMs(): number[] {
    return [this.waiting?.dueAtMs, this.intention?.atMs].filter((at) => at !== undefined);
  }

  /** Gives the run that will answer the request; `newRecord` describes it when none waits yet. */
  ask(request: LaneRequest, now: number, newRecord: () => RunRecord): { run: LaneRun; isNew: boolean } {
    const joined = this.waiting;
    const run = joined ?? new LaneRun(newRecord(), now);
    run.join(request, now);
    this.#waiting = run;
    this.#requested++;
    return { run, isNew: joined === undefined };
  }

  /**
   * The waiting run begins: it answers what was requested so far, and nothing that comes later. It makes the intended
   * one needless, so it takes over what that would have looked for, and what was confirmed for it.
   */
  begin(): LaneRun | undefined {
    this.current = this.waiting;
    this.#covered = this.#requested;
    this.current?.expectToo(this.intention?.expected ?? []);
    for (const id of this.intention?.confirmed ?? []) this.current?.confirmed.add(id);
    this.intention = undefined;
    return this.current;
  }

  /**
   * The run that follows carries the confirmations and expectations of the same requests, and those of a run that was to follow already.
   * Nobody asks for it but time: it is an `interval` one, unless it still owes an answer to a delivery.
   */
  intend({ record, confirmed, expected }: LaneRun, atMs: number): void {
    const earlier = this.intention;
    const owesDelivery = [...record.triggers, ...(earlier?.triggers ?? [])].includes("webhook");
    this.intention = {
      atMs,
      triggers: [owesDelivery ? "webhook" : "interval"],
      pushedBy: [...(earlier?.pushedBy ?? []), ...(record.pushedBy ?? [])],
      confirmed: [...(earlier?.confirmed ?? []), ...confirmed],
      expected: [...expected, ...(earlier?.expected ?? [])],
    };
  }

  /** The waiting run will not begin: the caller answers for it. */
  drop(): LaneRun | undefined {
    const dropped = this.waiting;
    const wasFree = !this.occupied;
    this.#covered = this.#requested;
    if (wasFree) this.free();
    return dropped;
  }

  /** What occupied the lane has ended. */
  free(): void {
    this.#done = this.#covered;
  }
}
