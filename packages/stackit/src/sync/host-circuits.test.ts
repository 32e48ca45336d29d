import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import type { ProblemCode } from "../contract/problems.ts";
import { HostCircuits } from "./host-circuits.ts";
import type { Outcome } from "./supervise.ts";

const HOST = "git.example.com";
const DOWN = failed("sync/remote-unreachable");
const FINE: Outcome = {
  result: {
    outcome: "unchanged",
    generation: 1,
    refs: { created: 0, updated: 0, deleted: 0, changes: [], truncated: false },
    stacks: { created: [], changed: [], removed: [] },
    phases: { fetchMs: 0, readMs: 0, deriveMs: 0 },
  },
};

function failed(code: ProblemCode, retryable = true, retryAfterMs?: number): Outcome {
  return { failure: { code, message: "It failed.", retryable, retryAfterMs } };
}

function setUp(random = () => 0) {
  const clock = new ManualClock();
  const options = { failuresToOpen: 3, coolDown: { baseMs: 1_000, capMs: 5_000 } };
  const circuits = new HostCircuits(clock, random, options);
  let runs = 0;
  /** A run of a repository, from its begin to its end. */
  const run = (repoId: string, outcome: Outcome, forPerson = false) => begin(repoId, forPerson)(outcome);
  const begin = (repoId: string, forPerson = false) => {
    const id = `run ${++runs}`;
    circuits.begin(HOST, id, forPerson);
    return (outcome: Outcome) => circuits.end(HOST, { id, repoId }, outcome);
  };
  const open = () => {
    for (const repoId of ["a", "b", "c"]) run(repoId, DOWN);
  };
  return { clock, circuits, run, begin, open, admits: (person = false) => circuits.admits(HOST, person) };
}

test("enough failures in a row open the circuit, unless they are of one repository alone", () => {
  const { circuits, run, admits } = setUp();
  for (let attempt = 0; attempt < 10; attempt++) run("a", DOWN);
  expect(admits()).toBe(true);
  run("b", DOWN);
  expect([admits(), admits(true)]).toEqual([false, true]);
  expect(circuits.waitOf(HOST)).toEqual({ host: HOST, reason: "failing", untilMs: 500 });
  expect(circuits.admits("git.example.org", false)).toBe(true);
  expect(circuits.admits(undefined, false)).toBe(true);
});

test.each([
  ["a success", FINE],
  ["refused credentials", failed("sync/auth-failed", false)],
  ["a repository that is not there", failed("sync/remote-not-found", false)],
  ["an answer that no retry mends", failed("sync/remote-error", false)],
])("%s shows that the host works", (_name, outcome) => {
  const { run, admits, open } = setUp();
  run("a", DOWN);
  run("b", DOWN);
  run("c", outcome);
  run("a", DOWN);
  expect(admits()).toBe(true);
  open();
  run("b", outcome, true);
  expect(admits()).toBe(true);
});

test.each([failed("sync/disk-full"), failed("sync/unreadable"), failed("sync/shutting-down")])(
  "what fails here says nothing of the host",
  (outcome) => {
    const { run, admits } = setUp();
    run("a", DOWN);
    run("b", outcome);
    run("b", DOWN);
    expect(admits()).toBe(true);
    run("c", outcome);
    run("a", failed("sync/timeout"));
    expect(admits()).toBe(false);
  },
);

test("one probe decides, and each that fails makes the next wait longer, up to the cap (B34)", async () => {
  const { clock, circuits, begin, open, admits } = setUp();
  open();
  for (const coolDownMs of [500, 1_000, 2_000, 2_500, 2_500]) {
    await clock.advance(coolDownMs - 1);
    expect(admits()).toBe(false);
    await clock.advance(1);
    expect(admits()).toBe(true);
    const end = begin("a");
    expect([admits(), admits(true)]).toEqual([false, true]);
    expect(circuits.waitOf(HOST)).toEqual({ host: HOST, reason: "failing" });
    end(DOWN);
    expect(admits()).toBe(false);
  }
  await clock.advance(2_500);
  begin("b")(FINE);
  expect(circuits.waitOf(HOST)).toBeUndefined();
  open();
  expect(circuits.waitOf(HOST)?.untilMs).toBe(clock.now() + 500);
});

test("a probe that tells nothing leaves the next one to decide", async () => {
  const { clock, begin, open, admits } = setUp();
  open();
  await clock.advance(500);
  const end = begin("a");
  expect(admits()).toBe(false);
  end(failed("sync/shutting-down"));
  expect(admits()).toBe(true);
});

test("failures of people's runs, and of those that were at work before, do not postpone the probe", async () => {
  const { clock, begin, run, open, admits } = setUp();
  const straggler = begin("d");
  open();
  await clock.advance(400);
  straggler(DOWN);
  run("a", DOWN, true);
  await clock.advance(100);
  expect(admits()).toBe(true);
});

test("waits differ by chance, from half of the cool-down to all of it", () => {
  for (const [random, untilMs] of [
    [0, 500],
    [0.5, 750],
    [0.999, 1_000],
  ] as const) {
    const { circuits, open } = setUp(() => random);
    open();
    expect(circuits.waitOf(HOST)?.untilMs).toBe(untilMs);
  }
});

test("a host that says how long it wants to be left alone is left alone by all, whatever else ends meanwhile", async () => {
  const { clock, circuits, begin, run, admits } = setUp();
  const straggler = begin("b");
  run("a", failed("sync/rate-limited", true, 60_000));
  expect([admits(), admits(true), circuits.leftAloneForMs(HOST)]).toEqual([false, false, 60_000]);
  expect(circuits.waitOf(HOST)).toEqual({ host: HOST, reason: "rate-limited", untilMs: 60_000 });
  straggler(FINE);
  await clock.advance(59_999);
  expect([admits(), admits(true)]).toEqual([false, false]);
  await clock.advance(1);
  expect([admits(), admits(true)]).toEqual([true, true]);
  const end = begin("a");
  expect(admits()).toBe(false);
  end(FINE);
  expect(admits()).toBe(true);
});
