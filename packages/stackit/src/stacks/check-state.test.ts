import { expect, test } from "vitest";
import { latestChecks, stateOfChecks, stateOfRun, stateOfStatus } from "./check-state.ts";
import type { CheckState } from "./pull-request.ts";

const run = (conclusion: string | undefined, status = "COMPLETED") => stateOfRun({ status, conclusion });
const all = (...states: CheckState[]) => stateOfChecks(states.map((state) => ({ state })));

test("pending, none, failing, passing and skipped are five different things", () => {
  expect([all("pending"), all(), all("failing"), all("passing"), all("skipped")]).toEqual([
    "pending",
    "none",
    "failing",
    "passing",
    "skipped",
  ]);
});

test("one failure decides while others run, and what was skipped decides nothing", () => {
  expect(all("passing", "pending", "failing")).toBe("failing");
  expect(all("passing", "skipped", "pending")).toBe("pending");
  expect(all("skipped", "passing")).toBe("passing");
});

test("every word of GitHub has its meaning, and a new one is never taken for a success", () => {
  expect(run("SUCCESS")).toBe("passing");
  expect(run("NEUTRAL")).toBe("passing");
  expect(run("SKIPPED")).toBe("skipped");
  for (const word of ["FAILURE", "CANCELLED", "TIMED_OUT", "ACTION_REQUIRED", "STARTUP_FAILURE"]) {
    expect(run(word)).toBe("failing");
  }
  for (const word of ["STALE", "A_NEW_WORD", undefined]) expect(run(word)).toBe("pending");
  for (const word of ["QUEUED", "IN_PROGRESS", "WAITING", "REQUESTED", "PENDING", "A_NEW_WORD"]) {
    expect(run(undefined, word)).toBe("pending");
  }
  expect(["SUCCESS", "FAILURE", "ERROR", "PENDING", "EXPECTED", "A_NEW_WORD"].map(stateOfStatus)).toEqual([
    "passing",
    "failing",
    "failing",
    "pending",
    "pending",
    "pending",
  ]);
});

test("the latest run of each check counts, and what Stackit reports of a stack is none", () => {
  const report = (name: string, key: string, startedAtMs: number, state: CheckState) => ({
    check: { name, state, status: "" },
    key,
    startedAtMs,
  });
  const found = latestChecks([
    report("build", "ci", 2, "passing"),
    report("build", "ci", 1, "failing"),
    report("build", "nightly", 1, "pending"),
    report("audit", "audit", 0, "skipped"),
    report("Check Lock Status", "lock", 3, "failing"),
  ]);
  expect(found.map(({ name, state }) => `${name} ${state}`)).toEqual([
    "audit skipped",
    "build passing",
    "build pending",
  ]);
});
