import type { Freshness, RepoKind } from "../contract/repo.ts";
import type { SyncProgress } from "../contract/sync-run.ts";
import type { Clock } from "../lib/clock.ts";
import type { RunHistory } from "../store/run-history.ts";
import type { HostWait } from "./host-circuits.ts";
import type { Cadence, Lane } from "./lane.ts";
import { instant } from "./run-record.ts";

export interface FreshnessFacts {
  readonly kind: RepoKind;
  readonly cadence: Pick<Cadence, "expectedMaxAgeSec" | "interval">;
  readonly history: RunHistory;
  readonly activity: "idle" | "queued" | "running";
  /** Of the run at work. */
  readonly progress?: SyncProgress | undefined;
  readonly nextDueAt?: string | undefined;
  readonly waitingFor?: Freshness["waitingFor"] | undefined;
}

/** What can be told of a lane now; `wait` is why its host is not asked. */
export function freshnessOf(lane: Lane, wait: HostWait | undefined, clock: Clock): Freshness {
  const now = clock.now();
  const wallMs = clock.wallNow();
  const at = (ms: number) => instant(wallMs + Math.max(0, ms - now));
  const cadence = lane.about.cadence(lane.history, lane.restingSinceMs);
  const askedAtMs = lane.idle ? cadence.askedAtMs : undefined;
  const dueAtMs = Math.min(...lane.dueTimesMs, askedAtMs ?? Number.POSITIVE_INFINITY);
  return deriveFreshness(
    {
      kind: lane.about.kind,
      cadence,
      history: lane.history,
      activity: lane.running ? "running" : lane.waiting ? "queued" : "idle",
      progress: lane.current?.record.progress,
      nextDueAt: Number.isFinite(dueAtMs) ? at(Math.max(dueAtMs, wait?.untilMs ?? 0)) : undefined,
      waitingFor: wait && !lane.running ? told(wait, at) : undefined,
    },
    wallMs,
  );
}

function told({ host, reason, untilMs }: HostWait, at: (ms: number) => string): Freshness["waitingFor"] {
  return { host, reason, ...(untilMs !== undefined && { until: at(untilMs) }) };
}

/** What to tell people about how far the repository can be believed at `wallMs`. */
export function deriveFreshness(facts: FreshnessFacts, wallMs: number): Freshness {
  const { history, cadence } = facts;
  const firstClone =
    facts.kind === "mirror" && facts.activity === "running" && history.lastSuccessAt === undefined;
  return {
    health: health(facts, wallMs),
    activity: firstClone ? "cloning" : facts.activity,
    ...(facts.progress === undefined ? {} : { progress: facts.progress }),
    ...(history.lastSuccessAt === undefined ? {} : { lastSuccessAt: history.lastSuccessAt }),
    ...(history.lastChangeAt === undefined ? {} : { lastChangeAt: history.lastChangeAt }),
    ...(history.lastAttempt === undefined ? {} : { lastAttempt: history.lastAttempt }),
    consecutiveFailures: history.consecutiveFailures,
    ...(history.failingSince === undefined ? {} : { failingSince: history.failingSince }),
    recent: [...history.recent],
    ...(facts.nextDueAt === undefined ? {} : { nextDueAt: facts.nextDueAt }),
    ...(facts.waitingFor === undefined ? {} : { waitingFor: facts.waitingFor }),
    ...(cadence.interval === undefined ? {} : { interval: cadence.interval }),
    expectedMaxAgeSec: cadence.expectedMaxAgeSec,
  };
}

function health({ kind, cadence, history }: FreshnessFacts, wallMs: number): Freshness["health"] {
  if (history.consecutiveFailures > 0) return "failing";
  if (history.lastSuccessAt === undefined) return "never";
  if (kind === "working-copy") return "local";
  return wallMs - Date.parse(history.lastSuccessAt) > cadence.expectedMaxAgeSec * 1000 ? "late" : "fresh";
}
