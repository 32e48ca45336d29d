import { expect } from "vitest";
import type { SyncRun, Trigger } from "../../src/contract/sync-run.ts";
import type { RunChange } from "../../src/sync/run-observers.ts";
import { SyncQueue, type SyncTicket } from "../../src/sync/sync-queue.ts";
import { SyncFailure, type SyncResult, type SyncTarget, type SyncWork } from "../../src/sync/sync-target.ts";
import { ManualClock, settlePromises } from "./manual-clock.ts";

export const LIMITS = {
  maxRunning: 3,
  maxRunningPerHost: 2,
  timeoutMs: 1_000,
  graceMs: 100,
  settleMs: 50,
  settleCapMs: 200,
  ageStepMs: 500,
  retry: { baseMs: 40, capMs: 400 },
  hostCircuits: { failuresToOpen: 3, coolDown: { baseMs: 100, capMs: 800 } },
};
/** What the far host asks for when it asks to be left alone. */
const LEAVE_ALONE_MS = 700;
export const REPOS = ["far-1", "far-2", "far-3", "near-1", "near-2"];
const BURSTS: ReadonlySet<Trigger> = new Set(["webhook", "watcher", "interval"]);
const URGENCY: Record<Trigger, number> = {
  manual: 3,
  submit: 3,
  onboard: 3,
  replay: 3,
  webhook: 2,
  watcher: 1,
  startup: 1,
  interval: 0,
};

/** How a target takes an abort: at once, after a while but within the grace, or not at all. */
export type Manners = "prompt" | "slow" | "deaf";
export type End = "updated" | "unchanged" | "held" | "retryable" | "final" | "unforeseen" | "rate-limited";
export type Step =
  | { do: "request"; repoId: string; trigger: Trigger }
  | { do: "end"; repoId: string; how: End }
  | { do: "wait"; ms: number }
  | { do: "manners"; repoId: string; manners: Manners }
  | { do: "remove" | "return"; repoId: string }
  | { do: "reserve" | "give up" | "release"; repoId: string }
  | { do: "set the clock back" };

interface Call {
  readonly runId: string;
  readonly startedAtMs: number;
  readonly startedSeq: number;
  readonly signal: AbortSignal;
  end(how: End): void;
}

interface Waiting {
  runId: string | undefined;
  urgency: number;
  wantedAtMs: number;
  burstBeganAtMs: number | undefined;
  burstSettlesAtMs: number;
}

/** Work that wants a repository for itself. */
interface Reservation {
  /** Undefined while it waits. */
  granted: Disposable | undefined;
  state: "waiting" | "given up" | "held" | "released" | "refused";
  giveUp(): void;
}

interface Asked {
  readonly repoId: string;
  readonly seq: number;
  readonly ticket: SyncTicket;
  answer: SyncRun | undefined;
}

/**
 * A queue on a clock moved by hand, with repositories whose runs end as the test says, and a model of what the queue
 * promises. Every promise is checked when it could first be broken: at a request, at a start, after each step.
 */
export class QueueWorld {
  readonly clock = new ManualClock();
  readonly queue: SyncQueue;
  readonly asked: Asked[] = [];
  readonly #errors: unknown[] = [];
  readonly #manners = new Map<string, Manners>();
  readonly #calls = new Map<string, Call>();
  readonly #registered = new Map<string, AsyncDisposable>();
  /** In the order in which they were asked for, those that are over as well. */
  readonly #reservations = new Map<string, Reservation[]>(REPOS.map((repoId) => [repoId, []]));
  readonly #leaving = new Map<string, { done: boolean }>();
  readonly #waiting = new Map<string, Waiting>();
  /** When the queue said it would ask by itself; `forRefused`: for a request that came after the run at work had begun. */
  readonly #announced = new Map<string, { atMs: number; forRefused: boolean }>();
  /** By run id, what was told of it. */
  readonly #told = new Map<string, { repoId: string; states: string[] }>();
  readonly #startedSeq = new Map<string, number>();
  /** Of the far host: what failed since it last answered, whether it told us to wait, and until when it does. */
  readonly #far = { failures: 0, failedRepos: new Set<string>(), toldUs: false, leftAloneUntilMs: 0 };
  #seq = 0;
  #closing = false;

  constructor(random: () => number) {
    this.queue = new SyncQueue({
      ...LIMITS,
      clock: this.clock,
      random,
      onError: (error) => this.#errors.push(error),
    });
    this.queue.observe((change) => this.#hear(change));
    for (const repoId of REPOS) this.#register(repoId);
  }

  async take(step: Step): Promise<void> {
    if (step.do === "request") this.#request(step.repoId, step.trigger);
    else if (step.do === "end") this.#calls.get(step.repoId)?.end(step.how);
    else if (step.do === "wait") await this.clock.advance(step.ms);
    else if (step.do === "manners") this.#manners.set(step.repoId, step.manners);
    else if (step.do === "remove") this.#remove(step.repoId);
    else if (step.do === "return") this.#return(step.repoId);
    else if (step.do === "reserve") this.#reserve(step.repoId);
    else if (step.do === "give up") this.#giveUp(step.repoId);
    else if (step.do === "release") this.#release(step.repoId);
    else this.clock.setWallBack(3_600_000);
    await settlePromises();
    this.#checkErrors();
    this.#checkDeadlines();
    this.#checkNothingIsLeftLying();
    this.#checkReservationsAreGranted();
  }

  /** From here on every run ends well. Nobody who asked may be left waiting. */
  async endWell(): Promise<void> {
    const { timeoutMs, graceMs, settleCapMs, hostCircuits } = LIMITS;
    const longestMs =
      REPOS.length * (timeoutMs + graceMs + settleCapMs) + hostCircuits.coolDown.capMs + LEAVE_ALONE_MS;
    for (let waitedMs = 0; waitedMs < longestMs && this.#someoneWaits(); waitedMs += LIMITS.settleMs) {
      for (const repoId of REPOS) {
        await this.take({ do: "end", repoId, how: "unchanged" });
        await this.take({ do: "release", repoId });
      }
      await this.take({ do: "wait", ms: LIMITS.settleMs });
    }
    expect(this.#someoneWaits(), "somebody starves").toBe(false);
  }

  async dispose(): Promise<void> {
    this.#closing = true;
    let disposed = false;
    const disposal = this.queue[Symbol.asyncDispose]().then(() => {
      disposed = true;
    });
    for (const repoId of this.#registered.keys()) {
      const ticket = this.queue.request(repoId, { trigger: "manual" });
      expect(await ticket.finished).toMatchObject({
        id: ticket.runId,
        outcome: "failed",
        error: { code: "sync/shutting-down" },
      });
    }
    await this.clock.advance(LIMITS.graceMs);
    expect(this.#someoneWaits(), "somebody was forgotten at shutdown").toBe(false);
    for (const repoId of REPOS) expect(this.#those(repoId, "waiting"), "a submit was forgotten").toEqual([]);
    const isHeld = REPOS.some((repoId) => this.#those(repoId, "held").length > 0);
    expect(disposed).toBe(this.#calls.size === 0 && !isHeld);
    for (const repoId of REPOS) this.#release(repoId);
    for (const call of [...this.#calls.values()]) call.end("unforeseen");
    await disposal;
    await settlePromises();
    expect(this.#calls.size).toBe(0);
    expect(this.clock.pendingTimers).toBe(0);
    this.#checkErrors();
    for (const { states } of this.#told.values()) expect(states.at(-1)).toBe("finished");
  }

  #register(repoId: string): void {
    const host = repoId.startsWith("far") ? { host: "git.example.com" } : {};
    const sync = (work: SyncWork) => this.#sync(repoId, work);
    const target: SyncTarget = { repoId, storeKey: repoId, ...host, sync };
    this.#registered.set(
      repoId,
      this.queue.register(target, { kind: "mirror", cadence: () => ({ expectedMaxAgeSec: 60 }) }),
    );
  }

  #remove(repoId: string): void {
    const registration = this.#registered.get(repoId);
    if (!registration) return;
    this.#registered.delete(repoId);
    this.#announced.delete(repoId);
    const leaving = { done: false };
    this.#leaving.set(repoId, leaving);
    void registration[Symbol.asyncDispose]().then(() => {
      leaving.done = true;
      expect(this.#calls.has(repoId), "it left while its run was at work").toBe(false);
      expect(this.#those(repoId, "held"), "it left while somebody had it").toEqual([]);
    });
  }

  #reserve(repoId: string): void {
    const wanted = new AbortController();
    const giveUp = () => wanted.abort(new NotWanted());
    const reservation: Reservation = { granted: undefined, state: "waiting", giveUp };
    const isServed = this.#registered.has(repoId);
    if (isServed) this.#reservations.get(repoId)?.push(reservation);
    void this.queue.reserve(repoId, wanted.signal).then(
      (granted) => {
        expect(isServed, "what is not served was reserved").toBe(true);
        expect(this.#those(repoId, "waiting")[0], "reservations are granted in order").toBe(reservation);
        expect(this.#those(repoId, "held"), "two have one repository").toEqual([]);
        expect(this.#calls.has(repoId), "a repository is reserved while its run is at work").toBe(false);
        Object.assign(reservation, { granted, state: "held" });
      },
      (error) => {
        expect(error instanceof NotWanted, "refused for what it is refused for").toBe(wanted.signal.aborted);
        if (wanted.signal.aborted) return;
        expect(isServed && !this.#closing && this.#registered.has(repoId), "refused for nothing").toBe(false);
        reservation.state = "refused";
      },
    );
  }

  /** The first that waits does so no longer. What is held stays so. */
  #giveUp(repoId: string): void {
    for (const held of this.#those(repoId, "held")) held.giveUp();
    const [waiting] = this.#those(repoId, "waiting");
    if (!waiting) return;
    waiting.state = "given up";
    waiting.giveUp();
  }

  #release(repoId: string): void {
    for (const held of this.#those(repoId, "held")) {
      held.state = "released";
      held.granted?.[Symbol.dispose]();
      held.granted?.[Symbol.dispose]();
    }
  }

  #those(repoId: string, state: Reservation["state"]): Reservation[] {
    return this.#reservations.get(repoId)?.filter((one) => one.state === state) ?? [];
  }

  #isReserved(repoId: string): boolean {
    return this.#those(repoId, "held").length + this.#those(repoId, "waiting").length > 0;
  }

  #return(repoId: string): void {
    if (!this.#leaving.get(repoId)?.done || this.#registered.has(repoId)) return;
    this.#leaving.delete(repoId);
    this.#register(repoId);
  }

  #request(repoId: string, trigger: Trigger): void {
    if (!this.#registered.has(repoId)) {
      expect(() => this.queue.request(repoId, { trigger })).toThrow("No repository");
      return;
    }
    const now = this.clock.now();
    const joined = this.#waiting.get(repoId);
    const waiting = joined ?? notAsked();
    waiting.urgency = Math.max(waiting.urgency, URGENCY[trigger]);
    if (BURSTS.has(trigger)) {
      waiting.burstBeganAtMs ??= now;
      waiting.burstSettlesAtMs = Math.min(now + LIMITS.settleMs, waiting.burstBeganAtMs + LIMITS.settleCapMs);
    } else {
      waiting.wantedAtMs = Math.min(waiting.wantedAtMs, now);
    }
    this.#waiting.set(repoId, waiting);

    const seq = ++this.#seq;
    const expectedId = joined?.runId;
    const ticket = this.queue.request(repoId, { trigger });
    if (expectedId) expect(ticket.runId, "F3: requests that wait share a run").toBe(expectedId);
    expect(ticket.run()).toMatchObject({ id: ticket.runId, repoId });
    const asked: Asked = { repoId, seq, ticket, answer: undefined };
    this.asked.push(asked);
    void ticket.finished.then((run) => {
      asked.answer = run;
      expect(run.id).toBe(ticket.runId);
      expect(run).toMatchObject({ state: "finished", triggers: expect.arrayContaining([trigger]) });
      expect(ticket.run()).toBe(run);
      const startedSeq = this.#startedSeq.get(run.id);
      if (startedSeq === undefined) expect(run.error, "F1: answered without a run").toBeDefined();
      else expect(startedSeq, "F1: answered by a run that began before the request").toBeGreaterThan(seq);
    });
  }

  #hear({ run, storeKey: repoId }: RunChange): void {
    const told = this.#told.get(run.id) ?? { repoId, states: [] };
    this.#told.set(run.id, told);
    told.states.push(run.state);
    const order = ["queued", "queued,running", "queued,running,finished", "queued,finished"];
    expect(order, "each change is told once and in order").toContain(told.states.join());

    const waiting = this.#waiting.get(repoId);
    if (run.state === "finished") this.#noteFarHost(repoId, run);
    if (run.state === "finished" && (run.startedAt !== undefined || run.error?.nextAttemptAt !== undefined)) {
      this.#noteAnnouncement(repoId, run);
    }
    if (run.state === "queued") {
      if (waiting && waiting.runId === undefined) waiting.runId = run.id;
      else {
        expect(waiting, "F3: at most one run waits").toBeUndefined();
        this.#waiting.set(repoId, { ...notAsked(), runId: run.id, wantedAtMs: this.clock.now() });
      }
    } else if (waiting?.runId === run.id) {
      if (run.state === "running") this.#checkStart(repoId, waiting);
      if (run.state === "running") this.#announced.delete(repoId);
      this.#waiting.delete(repoId);
    }
  }

  #noteAnnouncement(repoId: string, { error, hold, startedAt }: SyncRun): void {
    const announced = error?.nextAttemptAt ?? hold?.confirmsAt;
    if (announced === undefined) {
      if (!this.#announced.get(repoId)?.forRefused) this.#announced.delete(repoId);
      return;
    }
    const atMs = this.clock.now() + Date.parse(announced) - this.clock.wallNow();
    this.#announced.set(repoId, { atMs, forRefused: startedAt === undefined });
  }

  #noteFarHost(repoId: string, { outcome, error, startedAt }: SyncRun): void {
    if (!isFar(repoId) || startedAt === undefined) return;
    if (outcome !== "failed" || error?.code === "sync/auth-failed") {
      this.#far.failures = 0;
      if (this.#far.leftAloneUntilMs <= this.clock.now()) this.#far.toldUs = false;
      this.#far.failedRepos.clear();
    } else if (/unreachable|rate-limited|timeout/.test(error?.code ?? "")) {
      this.#far.failures++;
      this.#far.failedRepos.add(repoId);
      if (error?.code === "sync/rate-limited") {
        this.#far.toldUs = true;
        this.#far.leftAloneUntilMs = this.clock.now() + LEAVE_ALONE_MS;
      }
    }
  }

  /** Whether the queue may let it wait because of its host, which is what it must tell as the reason. */
  #waitsForHost(repoId: string, { urgency }: Waiting): boolean {
    if (!isFar(repoId) || !this.#registered.has(repoId)) return false;
    const { waitingFor } = this.queue.freshness(repoId);
    if (!waitingFor || urgency === URGENCY.manual) return false;
    const { failures, failedRepos, toldUs, leftAloneUntilMs } = this.#far;
    const now = this.clock.now();
    if (waitingFor.reason === "failing" && !toldUs) {
      expect(failures, "a circuit opened early").toBeGreaterThanOrEqual(LIMITS.hostCircuits.failuresToOpen);
      expect(failedRepos.size, "a circuit opened for one repository").toBeGreaterThan(1);
    }
    if (waitingFor.until === undefined) return this.#runningFar() > 0;
    const forMs = Date.parse(waitingFor.until) - this.clock.wallNow();
    const longestMs = Math.max(LIMITS.hostCircuits.coolDown.capMs, leftAloneUntilMs - now);
    expect(forMs, "a host is left alone for too long").toBeLessThanOrEqual(Math.ceil(longestMs));
    return forMs > 0;
  }

  /** When a request wants it, or the queue by itself, which waits while a run hangs. */
  #dueAtMs(repoId: string, { wantedAtMs, burstSettlesAtMs }: Waiting): number {
    const announcedAtMs = this.#hangs(repoId) ? undefined : this.#announced.get(repoId)?.atMs;
    return Math.min(wantedAtMs, burstSettlesAtMs, announcedAtMs ?? Number.POSITIVE_INFINITY);
  }

  /** Whether a run was answered though its target is still at work. */
  #hangs(repoId: string): boolean {
    const call = this.#calls.get(repoId);
    return call !== undefined && this.#told.get(call.runId)?.states.at(-1) === "finished";
  }

  #checkStart(repoId: string, begun: Waiting): void {
    const now = this.clock.now();
    expect(now, "F7: begins before its burst has settled").toBeGreaterThanOrEqual(
      this.#dueAtMs(repoId, begun),
    );
    expect(this.#running().length, "F4: too many at once").toBeLessThanOrEqual(LIMITS.maxRunning);
    expect(this.#runningFar(), "F4: too many on one host").toBeLessThanOrEqual(LIMITS.maxRunningPerHost);
    if (isFar(repoId)) {
      expect(now, "it was asked though it wants to be left alone").toBeGreaterThanOrEqual(
        this.#far.leftAloneUntilMs,
      );
    }
    for (const [otherId, other] of this.#waiting) {
      if (otherId === repoId) continue;
      if (this.#dueAtMs(otherId, other) > now || this.#calls.has(otherId) || !this.#registered.has(otherId))
        continue;
      if (this.#isReserved(otherId)) continue;
      const hostWasFull =
        isFar(otherId) && this.#runningFar() - (isFar(repoId) ? 1 : 0) >= LIMITS.maxRunningPerHost;
      if (hostWasFull || this.#waitsForHost(otherId, other)) continue;
      const headStartMs = (other.urgency - begun.urgency) * LIMITS.ageStepMs;
      expect(this.#dueAtMs(repoId, begun), `F4: ${repoId} overtakes ${otherId}`).toBeLessThanOrEqual(
        this.#dueAtMs(otherId, other) - headStartMs,
      );
    }
  }

  #sync(repoId: string, work: SyncWork): Promise<SyncResult> {
    expect(this.#calls.has(repoId), "F2: two runs at once").toBe(false);
    expect(this.#isReserved(repoId), "a run beside a submit, or ahead of one that waits").toBe(false);
    expect(this.#registered.has(repoId) && !this.#closing, "a run after its repository left").toBe(true);
    const { promise, resolve, reject } = Promise.withResolvers<SyncResult>();
    const end = (settle: () => void) => {
      if (this.#calls.get(repoId)?.runId === work.runId) this.#calls.delete(repoId);
      settle();
    };
    const startedSeq = ++this.#seq;
    this.#startedSeq.set(work.runId, startedSeq);
    this.#calls.set(repoId, {
      runId: work.runId,
      startedAtMs: this.clock.now(),
      startedSeq,
      signal: work.signal,
      end: (how) =>
        end(() => (isFailure(how) ? reject(failure(how, isFar(repoId))) : resolve(this.#result(how)))),
    });
    const manners = this.#manners.get(repoId) ?? "prompt";
    work.signal.addEventListener("abort", () => {
      const giveUp = () => end(() => reject(work.signal.reason));
      if (manners === "prompt") giveUp();
      if (manners === "slow") this.clock.after(LIMITS.graceMs / 2, giveUp);
    });
    return promise;
  }

  #result(outcome: "updated" | "unchanged" | "held"): SyncResult {
    const confirmsAt = new Date(this.clock.wallNow() + 300).toISOString();
    return {
      outcome,
      generation: 1,
      refs: { created: 0, updated: 0, deleted: 0, changes: [], truncated: false },
      stacks: { created: [], changed: [], removed: [] },
      phases: { fetchMs: 0, readMs: 0, deriveMs: 0 },
      ...(outcome === "held"
        ? { hold: { id: "hold", wouldRemove: [], branchesBefore: 20, branchesAfter: 1, confirmsAt } }
        : {}),
    };
  }

  /** The queue reports what an observer threw, so this is where a broken promise of `#hear` comes out. */
  #checkErrors(): void {
    for (const error of this.#errors.splice(0)) if (!(error instanceof Unforeseen)) throw error;
  }

  #checkDeadlines(): void {
    const now = this.clock.now();
    for (const [repoId, { runId, signal, startedAtMs }] of this.#calls) {
      const ranMs = now - startedAtMs;
      const wasStopped = this.#closing || !this.#registered.has(repoId);
      if (!wasStopped) expect(signal.aborted, "F5: the deadline").toBe(ranMs >= LIMITS.timeoutMs);
      if (ranMs >= LIMITS.timeoutMs + LIMITS.graceMs) {
        expect(this.#told.get(runId)?.states.at(-1), "F5: waiters are answered").toBe("finished");
      }
    }
  }

  /** What may begin has begun: nothing waits without a reason. */
  #checkNothingIsLeftLying(): void {
    const full = this.#running().length >= LIMITS.maxRunning;
    const hostFull = this.#runningFar() >= LIMITS.maxRunningPerHost;
    for (const [repoId, waiting] of this.#waiting) {
      if (this.#dueAtMs(repoId, waiting) > this.clock.now()) continue;
      expect(this.#hangs(repoId), `${repoId} waits behind a run that hangs`).toBe(false);
      if (this.#waitsForHost(repoId, waiting) || this.#isReserved(repoId)) continue;
      const atWork = this.#calls.has(repoId);
      expect(atWork || full || (isFar(repoId) && hostFull), `${repoId} waits for nothing`).toBe(true);
    }
  }

  #checkReservationsAreGranted(): void {
    for (const repoId of REPOS) {
      const isFree = !this.#calls.has(repoId) && this.#those(repoId, "held").length === 0;
      if (isFree) expect(this.#those(repoId, "waiting"), `${repoId} is kept from a submit`).toEqual([]);
    }
  }

  #running(): string[] {
    return [...this.#told.values()]
      .filter(({ states }) => states.at(-1) === "running")
      .map(({ repoId }) => repoId);
  }

  #runningFar(): number {
    return this.#running().filter(isFar).length;
  }

  #someoneWaits(): boolean {
    return this.asked.some(({ answer }) => answer === undefined);
  }
}

class Unforeseen extends Error {}

/** Why a reservation is given up. */
class NotWanted extends Error {}

const isFar = (repoId: string) => repoId.startsWith("far");

function notAsked(): Waiting {
  return {
    runId: undefined,
    urgency: 0,
    wantedAtMs: Number.POSITIVE_INFINITY,
    burstBeganAtMs: undefined,
    burstSettlesAtMs: Number.POSITIVE_INFINITY,
  };
}

type Failing = Exclude<End, "updated" | "unchanged" | "held">;

function isFailure(how: End): how is Failing {
  return how !== "updated" && how !== "unchanged" && how !== "held";
}

function failure(how: Failing, far: boolean): Error {
  if (how === "unforeseen") return new Unforeseen();
  if (how === "rate-limited" && far) {
    return new SyncFailure("sync/rate-limited", "Wait.", { retryable: true, retryAfterMs: LEAVE_ALONE_MS });
  }
  const retryable = how !== "final";
  const code = !far ? "sync/unreadable" : retryable ? "sync/remote-unreachable" : "sync/auth-failed";
  return new SyncFailure(code, "It failed.", { retryable });
}
