import type { PullRequest } from "../../stacks/pull-request.ts";
import type { ForgeLook } from "../../store/forge-facts.ts";

const MINUTE_MS = 60_000;
/** A list in which nothing was touched costs nothing of the quota, but it is a request. */
export const LEAST_MS = MINUTE_MS;
export const MOST_MS = 15 * MINUTE_MS;
/** What was not confirmed for this long is not known to be current. */
export const LATE_MS = 2 * MOST_MS;
/** What is not seen in the list of what was touched is found so: a stack of the forge that was taken apart, a check that ran again. */
const SWEEP_MS = 60 * MINUTE_MS;
const QUIET_SWEEP_MS = 6 * SWEEP_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** How long until the forge is asked again whether anything was touched: half of the time that nothing was. */
export function pollAfterMs(quietMs: number): number {
  return Math.min(Math.max(quietMs / 2, LEAST_MS), MOST_MS);
}

/** Whether it is time to ask for all that are open. */
export function isSweepDue(look: ForgeLook | undefined, nowMs: number): boolean {
  if (look?.sweptAtMs === undefined) return true;
  const everyMs = nowMs - look.changedAtMs < DAY_MS ? SWEEP_MS : QUIET_SWEEP_MS;
  return nowMs - look.sweptAtMs >= everyMs;
}

/**
 * When to ask again for an open pull request of which something is still to come that touches nothing; undefined when nothing is.
 * `tip`: where its branch is here.
 */
export function settlesAtMs(pullRequest: PullRequest, tip: string | undefined): number | undefined {
  const { checks, mergeable, headOid, updatedAtMs, observedAtMs } = pullRequest;
  const isBehind = tip !== undefined && headOid !== tip;
  const isYoung = observedAtMs - updatedAtMs < 10 * MINUTE_MS;
  const isPending = checks?.state === "pending" || (checks?.state === "none" && isYoung);
  if (!isBehind && !isPending && mergeable !== "unknown") return undefined;
  const ageMs = Math.max(0, observedAtMs - updatedAtMs);
  return observedAtMs + Math.min(Math.max(ageMs / 4, MINUTE_MS / 2), 2 * MOST_MS);
}
