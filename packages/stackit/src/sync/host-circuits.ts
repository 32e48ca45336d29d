import { type BackoffOptions, backoffMs } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import type { Outcome } from "./supervise.ts";

export interface HostCircuitOptions {
  /** After so many failures in a row, of two repositories at least, a host's circuit opens. */
  readonly failuresToOpen: number;
  /** How long it stays open: from half of this to all of it, and twice as long after each probe that fails. */
  readonly coolDown: BackoffOptions;
}

/** Why runs that nobody waits for do not ask a host now. */
export interface HostWait {
  readonly host: string;
  /** `rate-limited`: the host said how long. `failing`: it failed several times in a row. */
  readonly reason: "rate-limited" | "failing";
  /** On the monotonic clock. Undefined while one run is asking and will decide. */
  readonly untilMs?: number;
}

interface OpenCircuit {
  reason: HostWait["reason"];
  untilMs: number;
  /** Since the host last answered. */
  openings: number;
  /** The run that asks for all. */
  probeRunId?: string | undefined;
}

interface Host {
  failuresInARow: number;
  readonly failedRepos: Set<string>;
  /** What the host itself asked for. */
  leaveAloneUntilMs: number;
  open?: OpenCircuit | undefined;
}

/**
 * Which hosts are left alone because they fail, whichever repository is asked for.
 * - Closed: everybody may ask. Enough failures in a row open the circuit. Those of one repository never do: its own
 *   back-off is enough.
 * - Open: until the cool-down has passed only people's runs ask; then one other run does, as the probe for all. When it
 *   fails, the next cool-down is longer. Any answer of the host closes the circuit.
 * - A host that says for how long it wants to be left alone is asked by nobody before, people included.
 */
export class HostCircuits {
  readonly #clock: Pick<Clock, "now">;
  readonly #random: () => number;
  readonly #options: HostCircuitOptions;
  readonly #hosts = new Map<string, Host>();

  /** `random` gives from 0 to below 1. */
  constructor(clock: Pick<Clock, "now">, random: () => number, options: HostCircuitOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
  }

  /** Whether a run may ask the host now. */
  admits(host: string | undefined, forPerson: boolean): boolean {
    if (this.leftAloneForMs(host) > 0) return false;
    const open = this.#openAt(host);
    return !open || forPerson || (open.probeRunId === undefined && open.untilMs <= this.#clock.now());
  }

  /** How much longer the host wants to be left alone; 0 when it did not say so. */
  leftAloneForMs(host: string | undefined): number {
    const untilMs = (host !== undefined && this.#hosts.get(host)?.leaveAloneUntilMs) || 0;
    return Math.max(0, untilMs - this.#clock.now());
  }

  waitOf(host: string | undefined): HostWait | undefined {
    const open = this.#openAt(host);
    if (!open || host === undefined) return undefined;
    const { reason, untilMs, probeRunId } = open;
    return { host, reason, ...(probeRunId === undefined && { untilMs }) };
  }

  /** When hosts may be asked again. */
  get dueTimesMs(): number[] {
    return [...this.#hosts.values()].flatMap(({ open }) => open?.untilMs ?? []);
  }

  /** A run that was admitted begins. */
  begin(host: string | undefined, runId: string, forPerson: boolean): void {
    const open = this.#openAt(host);
    if (open && !forPerson) open.probeRunId = runId;
  }

  /** To be called once for each run that began. */
  end(
    host: string | undefined,
    { id: runId, repoId }: { id: string; repoId: string },
    outcome: Outcome,
  ): void {
    if (host === undefined) return;
    const state = this.#hosts.get(host) ?? {
      failuresInARow: 0,
      failedRepos: new Set<string>(),
      leaveAloneUntilMs: 0,
    };
    this.#hosts.set(host, state);
    const wasProbe = state.open !== undefined && state.open.probeRunId === runId;
    if (state.open && wasProbe) state.open.probeRunId = undefined;

    const news = newsOf(outcome);
    if (news.kind === "answered") this.#close(state);
    if (news.kind === "failed") this.#fail(state, repoId, news.retryAfterMs, wasProbe);
  }

  #close(state: Host): void {
    state.failuresInARow = 0;
    state.failedRepos.clear();
    if (state.leaveAloneUntilMs <= this.#clock.now()) state.open = undefined;
  }

  #fail(state: Host, repoId: string, retryAfterMs: number, wasProbe: boolean): void {
    const now = this.#clock.now();
    const openings = (state.open?.openings ?? 0) + 1;
    state.failuresInARow++;
    state.failedRepos.add(repoId);
    state.leaveAloneUntilMs = Math.max(state.leaveAloneUntilMs, now + retryAfterMs);
    const isLeftAlone = state.leaveAloneUntilMs > now;
    // What began before the circuit opened, or for a person, tells nothing new.
    const opens = state.open ? wasProbe : this.#hasFailedEnough(state);
    if (!opens && retryAfterMs === 0) return;
    const waitMs = backoffMs(openings, this.#options.coolDown, () => (1 + this.#random()) / 2);
    const cooledAtMs = opens ? now + Math.ceil(waitMs) : 0;
    state.open = {
      ...state.open,
      reason: isLeftAlone ? "rate-limited" : "failing",
      untilMs: Math.max(state.leaveAloneUntilMs, cooledAtMs, state.open?.untilMs ?? 0),
      openings,
    };
  }

  #hasFailedEnough({ failuresInARow, failedRepos }: Host): boolean {
    return failuresInARow >= this.#options.failuresToOpen && failedRepos.size > 1;
  }

  #openAt(host: string | undefined): OpenCircuit | undefined {
    return host === undefined ? undefined : this.#hosts.get(host)?.open;
  }
}

type HostNews = { kind: "answered" | "none" } | { kind: "failed"; retryAfterMs: number };

/** Failures that may be the host's own, when they can be retried. */
const OF_HOSTS: ReadonlySet<string> = new Set([
  "sync/remote-unreachable",
  "sync/remote-error",
  "sync/rate-limited",
  "sync/timeout",
]);
/** Failures that a host which works tells of one repository. */
const OF_REPOS: ReadonlySet<string> = new Set([
  "sync/auth-failed",
  "sync/remote-not-found",
  "sync/remote-error",
]);

/** What the end of a run says about its host. */
function newsOf(outcome: Outcome): HostNews {
  if ("result" in outcome) return { kind: "answered" };
  const { code, retryable, retryAfterMs = 0 } = outcome.failure;
  if (retryable && OF_HOSTS.has(code)) return { kind: "failed", retryAfterMs };
  return { kind: OF_REPOS.has(code) ? "answered" : "none" };
}
