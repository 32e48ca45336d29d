import type { SyncRun, Trigger } from "stackit/contract/sync-run";
import { formatAgo, formatDuration, formatSpan } from "../../lib/durations.ts";
import { count, listed } from "../../lib/words.ts";
import { progressWords } from "./progress-words.ts";

/**
 * One press of "Sync now", from the request to its result.
 * idle → sending → following → done; sending → refused when the server did not take the request.
 * `unanswered`: the deadline passed without a word; it can be asked for again, which ends in following or done.
 */
export type SyncFlow =
  | { step: "idle" }
  | { step: "sending"; at: number; key: string }
  | { step: "following"; at: number; run: SyncRun; joined: boolean }
  | { step: "done"; at: number; run: SyncRun }
  | { step: "refused"; at: number; title: string; detail: string | undefined };

export type SyncFlowEvent =
  | { type: "pressed"; key: string }
  | { type: "accepted"; run: SyncRun }
  | { type: "refused"; title: string; detail: string | undefined }
  | { type: "heard"; run: SyncRun }
  | { type: "settled" };

/** How long the result of a press stands before the usual line returns. */
export const RESULT_MS = 10_000;
const SLOW_MS = 15_000;
/** The server's longest run, and the time a word of its end may take. */
const DEADLINE_MS = 130_000;

export function advanceFlow(flow: SyncFlow, event: SyncFlowEvent, now: number): SyncFlow {
  switch (event.type) {
    case "pressed":
      return isBusy(flow) ? flow : { step: "sending", at: now, key: event.key };
    case "accepted":
      if (flow.step !== "sending") return flow;
      return follow(event.run, flow.at, now, Date.parse(event.run.requestedAt) < flow.at - 1000);
    case "refused":
      return flow.step === "sending" ? { ...event, step: "refused", at: now } : flow;
    case "heard":
      if (flow.step !== "following" || flow.run.id !== event.run.id) return flow;
      return follow(event.run, flow.at, now, flow.joined);
    case "settled":
      return isBusy(flow) ? flow : { step: "idle" };
  }
}

function follow(run: SyncRun, at: number, now: number, joined: boolean): SyncFlow {
  return run.state === "finished" ? { step: "done", at: now, run } : { step: "following", at, run, joined };
}

export function isBusy(flow: SyncFlow): boolean {
  return flow.step === "sending" || flow.step === "following";
}

export interface FlowWords {
  tone: "run" | "ok" | "bad" | "warn";
  text: string;
  /** What the person can do. */
  offer?: "retry" | "check" | "look";
  run?: SyncRun;
}

/**
 * What the header says about the flow; undefined while the usual line holds. `now` is the server's time. `isBehind`: another run is at
 * work, so one that waits follows it.
 */
export function describeFlow(
  flow: SyncFlow,
  usualMs: number | undefined,
  now: number,
  isBehind = false,
): FlowWords | undefined {
  switch (flow.step) {
    case "idle":
    case "sending":
      return undefined;
    case "refused":
      return {
        tone: "bad",
        text: flow.detail ? `${flow.title}. ${flow.detail}` : flow.title,
        offer: "retry",
      };
    case "done":
      return describeResult(flow.run);
    case "following":
      return describeProgress(flow, usualMs, now, isBehind);
  }
}

function describeProgress(
  { run, joined }: Extract<SyncFlow, { step: "following" }>,
  usualMs: number | undefined,
  now: number,
  isBehind: boolean,
): FlowWords {
  const begun = Date.parse(run.startedAt ?? run.requestedAt);
  const elapsed = now - begun;
  // A run may wait for as long as a first clone before it takes, and that one may take half an hour.
  if (run.state === "queued") {
    const text = isBehind ? "Already syncing; yours is next" : "Queued";
    return { tone: "run", text: `${text} · ${formatSpan(elapsed)}`, run };
  }
  if (run.progress)
    return { tone: "run", text: `${progressWords(run.progress).step} · ${formatSpan(elapsed)}`, run };
  if (elapsed > DEADLINE_MS) return { tone: "warn", text: "No answer from the server", offer: "check", run };
  const by = triggerWords(run.triggers);
  if (elapsed > Math.max(SLOW_MS, 2 * (usualMs ?? 0))) {
    const usual = usualMs ? ` (usually ${formatDuration(usualMs)})` : "";
    const text = `Taking longer than usual${usual} · ${formatSpan(elapsed)}`;
    return { tone: "warn", text, offer: "look", run };
  }
  if (joined) return { tone: "run", text: `Already syncing, started ${formatAgo(elapsed)} by ${by}`, run };
  return { tone: "run", text: `Syncing… ${formatSpan(elapsed)}`, run };
}

export function describeResult(run: SyncRun): FlowWords {
  const { outcome = "failed" } = run;
  switch (outcome) {
    case "unchanged":
      return { tone: "ok", text: "Synced just now, no change", run };
    case "updated":
      return { tone: "ok", text: changedText(run), run };
    case "partial":
      return { tone: "warn", text: `${changedText(run)}; some refs could not be updated`, run };
    case "held":
      return { tone: "warn", text: "Held: more than half of the branches would vanish", run };
    case "failed": {
      const { code, detail } = run.error ?? {};
      const title = code === "sync/timeout" ? "Timed out" : (run.error?.title ?? "The sync failed");
      return { tone: "bad", text: detail ? `${title}. ${detail}` : title, offer: "retry", run };
    }
  }
}

function changedText(run: SyncRun): string {
  const refs = refCount(run);
  return refs > 0 ? `Synced just now, ${count(refs, "ref")} changed` : "Synced just now, the view changed";
}

export function refCount({ refs }: SyncRun): number {
  return refs.created + refs.updated + refs.deleted;
}

const triggerNames: Record<Trigger, string> = {
  manual: "hand",
  webhook: "webhook",
  interval: "schedule",
  watcher: "file watch",
  startup: "start",
  onboard: "onboarding",
  submit: "submit",
  replay: "replay",
};

/** "file watch", "webhook and hand". */
export function triggerWords(triggers: readonly Trigger[]): string {
  return triggers.map((trigger) => triggerNames[trigger]).join(" and ");
}

/** Who is behind it: "push by theo", a person who asked. */
export function peopleWords({ requestedBy, pushedBy }: Pick<SyncRun, "requestedBy" | "pushedBy">): string[] {
  return [...(pushedBy ? [`push by ${listed(pushedBy)}`] : []), ...(requestedBy ? [requestedBy] : [])];
}
