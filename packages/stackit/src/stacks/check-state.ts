import type { Check, CheckState, ChecksState } from "./pull-request.ts";

/** What a check run says of itself. */
export interface CheckRun {
  readonly status: string;
  readonly conclusion: string | undefined;
}

const CONCLUSIONS: ReadonlyMap<string, CheckState> = new Map([
  ["SUCCESS", "passing"],
  ["NEUTRAL", "passing"],
  ["SKIPPED", "skipped"],
  ["FAILURE", "failing"],
  ["CANCELLED", "failing"],
  ["TIMED_OUT", "failing"],
  ["ACTION_REQUIRED", "failing"],
  ["STARTUP_FAILURE", "failing"],
]);

const STATUSES: ReadonlyMap<string, CheckState> = new Map([
  ["SUCCESS", "passing"],
  ["FAILURE", "failing"],
  ["ERROR", "failing"],
]);

/** What Stackit itself reports of a stack is no check of the code. */
const NO_CHECKS: ReadonlySet<string> = new Set(["Check Lock Status", "Check Stack Order"]);

/** What ended in a way that is not known has not passed; so it is as if it had not ended. */
export function stateOfRun({ status, conclusion }: CheckRun): CheckState {
  return (status === "COMPLETED" && CONCLUSIONS.get(conclusion ?? "")) || "pending";
}

/** Of a commit status, which knows no conclusion. */
export function stateOfStatus(state: string): CheckState {
  return STATUSES.get(state) ?? "pending";
}

/** One failure decides, also while others still run; what was skipped decides nothing. */
export function stateOfChecks(checks: readonly Pick<Check, "state">[]): ChecksState {
  const states = new Set(checks.map(({ state }) => state));
  for (const state of ["failing", "pending", "passing", "skipped"] as const) {
    if (states.has(state)) return state;
  }
  return "none";
}

/** One of many reports of a commit. */
export interface Reported {
  readonly check: Check;
  /** The same for the same check when it is run again. */
  readonly key: string;
  /** Orders the runs of one check; 0 when it has not begun. */
  readonly startedAtMs: number;
}

/** The latest report of each check, by name. */
export function latestChecks(reports: readonly Reported[]): Check[] {
  const latest = new Map<string, Reported>();
  for (const report of reports) {
    if (NO_CHECKS.has(report.check.name)) continue;
    const known = latest.get(report.key);
    if (!known || report.startedAtMs >= known.startedAtMs) latest.set(report.key, report);
  }
  return [...latest.values()].map(({ check }) => check).sort((a, b) => (a.name < b.name ? -1 : 1));
}
