import type { BackoffOptions } from "../lib/backoff.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { createRunIds } from "../lib/run-id.ts";
import type { HostCircuitOptions } from "./host-circuits.ts";

export interface SyncQueueOptions {
  /** In the whole process. */
  maxRunning: number;
  maxRunningPerHost: number;
  /** The deadline of a run, counted from its start. */
  timeoutMs: number;
  /** How long an aborted run may clean up before its waiters are answered without it. */
  graceMs: number;
  /** A burst of requests that nobody waits for is collected until none came for `settleMs`, … */
  settleMs: number;
  /** … but no longer than this after its first. */
  settleCapMs: number;
  /** Waiting this long weighs as much as one step of urgency. */
  ageStepMs: number;
  /** Attempts after a retryable failure. `baseMs` is also the shortest wait for a second look at a held run. */
  retry: BackoffOptions;
  hostCircuits: HostCircuitOptions;
  clock: Clock;
  /** From 0 to below 1. */
  random: () => number;
  nextRunId: () => string;
  /** Hears errors that clients must not, and those of observers. */
  onError: (error: unknown, where: { repoId: string; runId: string }) => void;
}

const DEFAULTS = {
  maxRunning: 8,
  maxRunningPerHost: 4,
  timeoutMs: 120_000,
  graceMs: 5_000,
  settleMs: 250,
  settleCapMs: 2_000,
  ageStepMs: 120_000,
  retry: { baseMs: 2_000, capMs: 300_000 },
  hostCircuits: { failuresToOpen: 5, coolDown: { baseMs: 30_000, capMs: 300_000 } },
} satisfies Partial<SyncQueueOptions>;

/** @see SyncQueueOptions for what the values mean. */
export function withDefaults(options: Partial<SyncQueueOptions>): SyncQueueOptions {
  const { clock = systemClock } = options;
  return {
    ...DEFAULTS,
    clock,
    random: Math.random,
    nextRunId: createRunIds(() => clock.wallNow()),
    onError: () => {},
    ...options,
  };
}
