import type { PendingRun } from "../contract/ops.ts";
import { Problem } from "../contract/problem-error.ts";
import type { Freshness } from "../contract/repo.ts";
import type { ExpectedRef, SyncRun, Trigger } from "../contract/sync-run.ts";
import { backoffMs } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { type OpenSpan, openSpan, traceOrigin } from "../lib/tracing.ts";
import type { Quiet } from "../lib/turns.ts";
import type { Mend } from "../repos/mirror-options.ts";
import { endedRun, historyAfter, NO_HISTORY, type RunHistory } from "../store/run-history.ts";
import { freshnessOf } from "./freshness.ts";
import { HostCircuits } from "./host-circuits.ts";
import { Lane, type LaneRequest, type LaneRun, type RepoInQueue } from "./lane.ts";
import { pendingRuns } from "./pending-runs.ts";
import { pickNext, URGENCY } from "./pick-next.ts";
import { progressReports } from "./progress-reports.ts";
import {
  CANCELLED,
  hostIsLeftAlone,
  NO_LONGER_SERVED,
  SHUTTING_DOWN,
  STILL_HANGING,
} from "./queue-failures.ts";
import { type SyncQueueOptions, withDefaults } from "./queue-options.ts";
import { type RunChange, type RunObserver, RunObservers } from "./run-observers.ts";
import {
  failedRun,
  queuedRun,
  type RunFailure,
  type RunRecord,
  startedRun,
  succeededRun,
} from "./run-record.ts";
import { type Outcome, supervise } from "./supervise.ts";
import type { SyncTarget } from "./sync-target.ts";

export interface SyncAsk {
  trigger: Trigger;
  /** A person's name, for the record. */
  requestedBy?: string;
  /** Logins of those whose push asks, for the record. */
  pushedBy?: readonly string[];
  /** The id of a hold that a person confirms. */
  confirm?: string;
  /** What the run must find, as far as its target can wait for it. Of two for one ref, the later request's counts. */
  expect?: readonly ExpectedRef[];
  /** A run that does so already, or more, answers, so that nothing is cloned twice; none is tried again for it. */
  mend?: Mend;
  /** Not at once and not as part of a burst: this much later. */
  runAfterMs?: number;
}

export interface SyncTicket {
  /** The run that will answer the request. */
  readonly runId: string;
  /** That run as it stands now. */
  run(): SyncRun;
  /** Resolves with the finished run, whatever its outcome. Never rejects. */
  readonly finished: Promise<SyncRun>;
}

/** Requests of these come in bursts and nobody waits for them. */
const BURSTS: ReadonlySet<Trigger> = new Set(["webhook", "watcher", "interval"]);
/** Behind these is a person, who may know that the cause of the failures is mended. */
const PEOPLE: ReadonlySet<Trigger> = new Set(["manual", "submit", "onboard", "replay"]);

/**
 * Decides when which repository is synced; targets do it. One lane per repository: one run at work, at most one waits.
 * A request joins the run that waits, never the one at work, so it is answered by a run that began after it, and any
 * number of requests share that run.
 * - Run: queued → running → finished. Each of these is told once to every observer, in order; how far a running one
 *   is, at most every 500 ms.
 * - A run belongs to the queue: who asked may go away. It ends at its deadline. If its target does not even end then,
 *   waiters are answered, the slot is given to others, and the lane stays occupied until it does.
 * - After a retryable failure the queue asks again by itself, later each time; after a hold it looks again when due.
 * - Disposal takes no more requests, answers all waiters with `sync/shutting-down`, and waits until nothing is at work.
 */
export class SyncQueue implements AsyncDisposable, Quiet {
  readonly #options: SyncQueueOptions;
  readonly #clock: Clock;
  readonly #lanes = new Map<string, Lane>();
  readonly #circuits: HostCircuits;
  readonly #observers: RunObservers;
  readonly #quietListeners = new Set<() => void>();
  #cancelWake: () => void = () => {};
  /** When the one timer is set for. */
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(options: Partial<SyncQueueOptions> = {}) {
    this.#options = withDefaults(options);
    const { clock, random, hostCircuits } = this.#options;
    this.#clock = clock;
    this.#circuits = new HostCircuits(clock, random, hostCircuits);
    this.#observers = new RunObservers((error, { run }) => this.#report(error, run.repoId, run.id));
  }

  /**
   * Takes the repository in; nothing runs until somebody asks. Disposing what is returned takes it out again: waiters
   * are answered, the run at work is aborted, and the promise settles when it has ended and observers are done with it.
   * @throws {Error} when the id is taken, also by one that is still leaving.
   */
  register(target: SyncTarget, about: RepoInQueue): AsyncDisposable {
    if (this.#lanes.has(target.repoId)) throw new Error(`${target.repoId} is already in the queue`);
    const lane = new Lane(target, about, this.#clock.now());
    this.#lanes.set(target.repoId, lane);
    return { [Symbol.asyncDispose]: () => this.#remove(lane) };
  }

  /**
   * Never waits. The run may have started by the time this returns.
   * @throws {Problem} `repo/not-found` for a repository that is not registered.
   */
  request(repoId: string, ask: SyncAsk): SyncTicket {
    const lane = this.#lane(repoId);
    if (this.#closed) return this.#refuse(repoId, ask);
    const { current } = lane;
    if (ask.mend && current && doesSo(current, ask.mend)) return ticket(current);
    const now = this.#clock.now();
    const isByPerson = PEOPLE.has(ask.trigger);
    if (isByPerson) lane.failuresInARow = 0;
    const wasDue = lane.waiting !== undefined && lane.waiting.dueAtMs <= now;
    const request = {
      triggers: [ask.trigger],
      requestedBy: ask.requestedBy,
      pushedBy: ask.pushedBy,
      confirmed: ask.confirm === undefined ? [] : [ask.confirm],
      expected: ask.expect ?? [],
      mend: ask.mend,
      urgency: URGENCY[ask.trigger],
      due: this.#due(ask, now),
    };
    const run = this.#ask(lane, request, now);
    run.askedBy(traceOrigin());
    if (run.dueAtMs > now) this.#wakeBy(run.dueAtMs, now);
    // What was due before waits for something that this request does not bring, unless it is a person's: no walk through all lanes.
    else if (!wasDue || isByPerson) this.#advance();
    return ticket(run);
  }

  /**
   * Keeps the repository for work that is no run, such as a submit: resolves when no run of it is at work, ahead of those that wait, and
   * none begins until what it gives is disposed. Work must end it soon after its own deadline: the queue knows none for it, and the signal
   * ends the waiting alone.
   * @throws {Problem} `repo/not-found`, `sync/shutting-down`; the signal's reason when it aborts before
   */
  async reserve(repoId: string, signal: AbortSignal): Promise<Disposable> {
    const lane = this.#lane(repoId);
    if (this.#closed) throw new Problem("sync/shutting-down", SHUTTING_DOWN.message);
    const asked = lane.reservations.ask(signal);
    this.#advance();
    try {
      return await asked;
    } catch (error) {
      // It may have been all that kept the queue from being quiet.
      this.#advance();
      throw error;
    }
  }

  /** @throws {Problem} `repo/not-found` */
  freshness(repoId: string): Freshness {
    return this.#freshness(this.#lane(repoId));
  }

  /**
   * Since when the repository has had no run, and has none before it by itself, on the queue's monotonic clock. Undefined
   * while that is not so, and for a repository that is not registered.
   */
  idleSinceMs(repoId: string): number | undefined {
    const lane = this.#lanes.get(repoId);
    return lane?.idle && !lane.leaving ? lane.restingSinceMs : undefined;
  }

  /** What the finished runs of the repository left behind; nothing for one that is not registered. */
  historyOf(repoId: string): RunHistory {
    return this.#lanes.get(repoId)?.history ?? NO_HISTORY;
  }

  /** A run that waits, is at work, or was the last to finish. Older ones are in the store alone. */
  findRun(repoId: string, runId: string): SyncRun | undefined {
    const lane = this.#lanes.get(repoId);
    return [lane?.waiting?.record, lane?.current?.record, lane?.last].find((run) => run?.id === runId);
  }

  /** Those at work, then those that wait. */
  pending(): readonly PendingRun[] {
    return pendingRuns(this.#lanes.values(), this.#options, this.#admitted, this.#clock);
  }

  /** One that waits ends at once; one at work as soon as its target has cleaned up. Returns whether there was such a run that was not ending. */
  cancel(repoId: string, runId: string): boolean {
    const lane = this.#lanes.get(repoId);
    if (lane?.waiting?.record.id === runId) {
      const run = lane.drop();
      if (run) this.#conclude(lane, run, failedRun(run.record, CANCELLED, this.#clock.wallNow()));
      this.#advance();
      return true;
    }
    if (lane?.current?.record.id !== runId || lane.current.aborter.signal.aborted) return false;
    lane.current.aborter.abort(CANCELLED);
    return true;
  }

  /** Runs at work; those that could be, if it were their turn; and since when the first of these could. */
  backlog(): { running: number; waiting: number; oldestMs: number } {
    const now = this.#clock.now();
    const lanes = [...this.#lanes.values()];
    const lateMs = lanes.flatMap(({ waiting }) =>
      waiting && waiting.dueAtMs <= now ? now - waiting.dueAtMs : [],
    );
    const running = lanes.filter((lane) => lane.running).length;
    return { running, waiting: lateMs.length, oldestMs: Math.max(0, ...lateMs) };
  }

  /**
   * No run is at work, no repository is reserved, and no burst is being collected. So none is due either, but for those that are not let begin yet, as while their
   * host is left alone.
   */
  get isQuiet(): boolean {
    const now = this.#clock.now();
    const { settleMs } = this.#options;
    return !this.#lanes.values().some(({ running, reserved, waiting }) => {
      return running || reserved || (waiting && waiting.dueAtMs > now && waiting.dueAtMs <= now + settleMs);
    });
  }

  /** The listener must not throw. */
  onQuiet(listener: () => void): () => void {
    this.#quietListeners.add(listener);
    return () => this.#quietListeners.delete(listener);
  }

  /**
   * Returns what ends it. An observer that throws or rejects is reported and hears on. Disposal waits for promises that
   * observers returned.
   */
  observe(observer: RunObserver): () => void {
    return this.#observers.add(observer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#cancelWake();
    const lanes = [...this.#lanes.values()];
    for (const lane of lanes) this.#clear(lane, SHUTTING_DOWN);
    await Promise.all(lanes.flatMap((lane) => [lane.work, lane.reservations.released()]));
    await this.#observers.settled();
  }

  async #remove(lane: Lane): Promise<void> {
    lane.leaving = true;
    this.#clear(lane, NO_LONGER_SERVED);
    await Promise.all([lane.work, lane.reservations.released()]);
    await this.#observers.settled();
    if (this.#lanes.get(lane.target.repoId) === lane) this.#lanes.delete(lane.target.repoId);
  }

  #clear(lane: Lane, failure: RunFailure): void {
    lane.intention = undefined;
    const run = lane.drop();
    if (run) this.#conclude(lane, run, failedRun(run.record, failure, this.#clock.wallNow()));
    lane.current?.aborter.abort(failure);
    lane.reservations.refuse(new Problem(failure.code, failure.message));
  }

  #lane(repoId: string): Lane {
    const lane = this.#lanes.get(repoId);
    if (!lane || lane.leaving) throw new Problem("repo/not-found", "No repository has this id.");
    return lane;
  }

  #due({ trigger, runAfterMs }: SyncAsk, now: number): LaneRequest["due"] {
    if (runAfterMs !== undefined) return now + runAfterMs;
    return BURSTS.has(trigger) ? this.#options : now;
  }

  #ask(lane: Lane, request: LaneRequest, now: number): LaneRun {
    const { repoId } = lane.target;
    const { run, isNew } = lane.ask(request, now, () =>
      queuedRun({ id: this.#options.nextRunId(), repoId, ...request }, this.#clock.wallNow()),
    );
    if (isNew) this.#tell(lane, run.record);
    return run;
  }

  readonly #admitted = (lane: Lane): boolean =>
    this.#circuits.admits(lane.host, lane.waiting?.isForPerson === true);

  /** Starts whatever may start now, and sets the one timer for what may start later. */
  #advance(): void {
    if (this.#closed) return;
    const now = this.#clock.now();
    for (const lane of this.#lanes.values()) {
      if (lane.hanging) this.#answerForHanging(lane, now);
      else this.#actOnIntention(lane, now);
      this.#answerForLeftAlone(lane, now);
      if (!lane.occupied && !lane.reservations.isTaken) lane.reservations.grant(() => this.#advance());
    }
    for (;;) {
      const lane = pickNext(this.#lanes.values(), this.#options, now, this.#admitted);
      const run = lane?.begin();
      if (!lane || !run) break;
      const span = spanOf(run);
      lane.work = span.within(() => this.#work(lane, run, span));
    }
    if (this.isQuiet) for (const listener of this.#quietListeners) listener();
    this.#armWake(now);
  }

  #actOnIntention(lane: Lane, now: number): void {
    const { intention } = lane;
    if (!intention || intention.atMs > now) return;
    lane.intention = undefined;
    const { triggers, pushedBy, confirmed, expected, atMs } = intention;
    const request = { triggers, pushedBy, confirmed, expected: [], urgency: URGENCY.interval, due: atMs };
    const run = this.#ask(lane, request, now);
    run.expectToo(expected);
  }

  /** Nobody waits for a run that may never end. The attempt after it stays intended, and is made once it has ended. */
  #answerForHanging(lane: Lane, now: number): void {
    if (!lane.waiting || lane.waiting.dueAtMs > now) return;
    const run = lane.drop();
    if (run) this.#conclude(lane, run, failedRun(run.record, STILL_HANGING, this.#clock.wallNow()));
  }

  /** Nobody waits for a host that may not be asked. The attempt is made once it may be. */
  #answerForLeftAlone(lane: Lane, now: number): void {
    const forMs = this.#circuits.leftAloneForMs(lane.host);
    if (forMs === 0 || !lane.waiting?.isForPerson || lane.waiting.dueAtMs > now) return;
    const run = lane.drop();
    if (run) this.#fail(lane, run, hostIsLeftAlone(forMs));
  }

  #armWake(now: number): void {
    const dueTimesMs = [...this.#lanes.values(), this.#circuits].flatMap((part) => part.dueTimesMs);
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
    this.#cancelWake();
    this.#wakeBy(Math.min(...dueTimesMs.filter((atMs) => atMs > now)), now);
  }

  /** Waking too early does no harm. So what a burst puts off, request by request, costs neither a timer each nor a walk. */
  #wakeBy(atMs: number, now: number): void {
    if (atMs >= this.#wakeAtMs) return;
    this.#cancelWake();
    this.#wakeAtMs = atMs;
    this.#cancelWake = this.#clock.after(atMs - now, () => this.#advance());
  }

  /** Settles when the lane is free again. Never rejects. */
  async #work(lane: Lane, run: LaneRun, span: OpenSpan): Promise<void> {
    const { target } = lane;
    run.startedAtMs = this.#clock.now();
    this.#circuits.begin(lane.host, run.record.id, run.isForPerson);
    run.record = startedRun(run.record, this.#clock.wallNow(), run.startedAtMs - run.requestedAtMs);
    this.#tell(lane, run.record);

    const { id: runId, triggers } = run.record;
    const { confirmed, expected, mend } = run;
    const progress = progressReports(run, this.#clock, () => this.#tell(lane, run.record, "progress"));
    const { outcome, hanging } = await supervise(
      target,
      { runId, triggers, confirmed, expected, mend, onProgress: progress.report },
      run.aborter,
      { ...this.#options, onError: (error) => this.#report(error, target.repoId, runId) },
    );
    progress.stop();
    if (!hanging) lane.free();
    this.#finish(lane, run, outcome);
    endSpan(span, run.record);
    this.#advance();
    if (!hanging) return;

    await hanging;
    lane.free();
    this.#advance();
  }

  #finish(lane: Lane, run: LaneRun, outcome: Outcome): void {
    lane.current = undefined;
    this.#circuits.end(lane.host, run.record, outcome);
    const durationMs = this.#clock.now() - run.startedAtMs;
    if ("failure" in outcome) {
      this.#fail(lane, run, outcome.failure, durationMs);
      return;
    }
    lane.failuresInARow = 0;
    const { result } = outcome;
    if (result.hold) {
      const untilDueMs = Date.parse(result.hold.confirmsAt) - this.#clock.wallNow();
      this.#intend(lane, run, Math.max(untilDueMs || 0, this.#options.retry.baseMs));
    }
    this.#conclude(lane, run, succeededRun(run.record, result, this.#clock.wallNow(), durationMs));
  }

  #fail(lane: Lane, run: LaneRun, failure: RunFailure, durationMs?: number): void {
    const wallMs = this.#clock.wallNow();
    if (failure !== CANCELLED) lane.failuresInARow++;
    let nextAttemptAtMs: number | undefined;
    if (failure.retryable) {
      const backoff = backoffMs(lane.failuresInARow, this.#options.retry, this.#options.random);
      const hostWaitMs = (this.#circuits.waitOf(lane.host)?.untilMs ?? 0) - this.#clock.now();
      const delayMs = Math.max(backoff, failure.retryAfterMs ?? 0, hostWaitMs);
      if (this.#intend(lane, run, delayMs)) nextAttemptAtMs = wallMs + delayMs;
    }
    this.#conclude(lane, run, failedRun(run.record, failure, wallMs, { durationMs, nextAttemptAtMs }));
  }

  #intend(lane: Lane, run: LaneRun, delayMs: number): boolean {
    if (this.#closed || lane.leaving) return false;
    lane.intend(run, this.#clock.now() + delayMs);
    return true;
  }

  #conclude(lane: Lane, run: LaneRun, record: RunRecord): void {
    run.record = record;
    lane.last = record;
    lane.restingSinceMs = this.#clock.now();
    lane.history = historyAfter(lane.history, endedRun(record));
    this.#tell(lane, record);
    run.finished.resolve(record);
  }

  #refuse(repoId: string, { trigger, requestedBy, pushedBy }: SyncAsk): SyncTicket {
    const wallMs = this.#clock.wallNow();
    const id = this.#options.nextRunId();
    const asked = queuedRun({ id, repoId, triggers: [trigger], requestedBy, pushedBy }, wallMs);
    const run = failedRun(asked, SHUTTING_DOWN, wallMs);
    return { runId: id, run: () => run, finished: Promise.resolve(run) };
  }

  #freshness(lane: Lane): Freshness {
    return freshnessOf(lane, this.#circuits.waitOf(lane.host), this.#clock);
  }

  #tell(lane: Lane, run: RunRecord, what: RunChange["what"] = "state"): void {
    this.#observers.tell({ what, storeKey: lane.target.storeKey, run, freshness: this.#freshness(lane) });
  }

  #report(error: unknown, repoId: string, runId: string): void {
    try {
      this.#options.onError(error, { repoId, runId });
    } catch {
      // There is nobody left to tell, and the queue must go on.
    }
  }
}

function doesSo({ mend, aborter }: LaneRun, wanted: Mend): boolean {
  return !aborter.signal.aborted && (mend === wanted || mend === "reclone");
}

/** Below the first that asked; what nobody asked for has no other above it. */
function spanOf({ record, origins }: LaneRun): OpenSpan {
  const [parent = null, ...links] = origins;
  const { id, repoId, triggers } = record;
  const attributes = {
    "stackit.run.id": id,
    "stackit.repo.id": repoId,
    "stackit.run.triggers": [...triggers],
  };
  return openSpan("sync run", { parent, links, attributes });
}

function endSpan(span: OpenSpan, { outcome, error }: RunRecord): void {
  if (outcome) span.set({ "stackit.run.outcome": outcome });
  if (error) span.fail(error.code);
  span.end();
}

function ticket(run: LaneRun): SyncTicket {
  return { runId: run.record.id, run: () => run.record, finished: run.finished.promise };
}
