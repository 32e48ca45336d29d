import { problemOf } from "stackit/contract/problems";
import type { Freshness } from "stackit/contract/repo";
import { formatSpan } from "../../lib/durations.ts";
import type { GlyphName } from "../../ui/glyphs.tsx";

export type Tone = "ok" | "run" | "warn" | "bad" | "idle";

export interface HealthWords {
  tone: Tone;
  sign: GlyphName;
  /** Stands before the age of the last success, as in "Synced" 12 s ago. */
  word: string;
  /** Stands instead of the age. */
  instead?: string;
}

/**
 * The state of a repository in words. The client only counts on: a fresh one becomes late by the clock alone, without
 * word from the server.
 */
export function describeHealth(freshness: Freshness, now: number): HealthWords {
  const health = healthNow(freshness, now);
  switch (health) {
    case "never":
      return { tone: "idle", sign: "never", word: "Never synced", instead: "" };
    case "failing":
      return freshness.lastSuccessAt === undefined
        ? { tone: "bad", sign: "failing", word: "Failing; never synced", instead: "" }
        : { tone: "bad", sign: "failing", word: "Failing; last good sync" };
    case "late":
      return { tone: "warn", sign: "late", word: "Late; synced" };
    case "fresh":
    case "local":
      return { tone: "ok", sign: "ok", word: "Synced" };
  }
}

export function healthNow(freshness: Freshness, now: number): Freshness["health"] {
  const { health, lastSuccessAt, expectedMaxAgeSec } = freshness;
  if (health !== "fresh" || lastSuccessAt === undefined) return health;
  return now - Date.parse(lastSuccessAt) > expectedMaxAgeSec * 1000 ? "late" : "fresh";
}

/** What is wrong with a failing one, in one line. */
export function failureWords({ health, lastAttempt }: Freshness): string | undefined {
  if (health !== "failing") return undefined;
  const [short] = lastAttempt?.detail?.split(/(?<=\.) /) ?? [];
  return short ?? problemOf(lastAttempt?.code ?? "")?.title ?? "The last attempt failed";
}

export function heldWords({ lastAttempt }: Freshness): string | undefined {
  return lastAttempt?.outcome === "held" ? "A change is held back: most branches would vanish" : undefined;
}

export function activityWords(activity: Freshness["activity"], failing: boolean): string | undefined {
  switch (activity) {
    case "idle":
      return undefined;
    case "queued":
      return "Queued";
    case "cloning":
      return failing ? "Retrying…" : "Cloning…";
    case "running":
      return failing ? "Retrying…" : "Syncing…";
  }
}

/** How changes reach the server without anybody asking. */
export function watchingWords({ watching, nextDueAt, activity }: Freshness): string | undefined {
  if (!watching) return nextDueAt || activity !== "idle" ? undefined : "only synced when asked";
  if (watching.mode === "events") return "watching files";
  const seconds = watching.pollIntervalSec;
  return `polling every ${seconds}\u202fs${watching.reason ? `: ${watching.reason}` : ""}`;
}

/** How often the remote is asked, and why. */
export function intervalWords({ everySec, reason }: NonNullable<Freshness["interval"]>): string {
  return `every ${formatSpan(everySec * 1000)}: ${reason}`;
}

/** Why the remote's host is not asked now; what follows is when it will be, or that a run is asking. */
export function hostWords({ host, reason, until }: NonNullable<Freshness["waitingFor"]>): string {
  const why = reason === "rate-limited" ? "asked to be left alone" : "keeps failing";
  return `${host} ${why}; ${until === undefined ? "one run is trying it for all" : "asked again"}`;
}
