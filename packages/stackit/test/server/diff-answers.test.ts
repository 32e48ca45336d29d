import { expect, test } from "vitest";
import { askedDiff, DiffAnswers } from "../../src/http/diff-answers.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { HandMadeRepo, oidOf } from "../support/hand-made-repo.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { startServer, widget } from "../support/started-server.ts";

/** One stack of a single branch each, so that every branch has a diff of its own. */
function manyBranches(count: number): HandMadeRepo {
  const repo = new HandMadeRepo();
  repo.publish(Object.fromEntries(Array.from({ length: count }, (_, n) => [`topic-${n}`, "main"])));
  return repo;
}

const diffOf = (branch: string, query = "") => `/api/v1/repos/default/branch-diff/${branch}${query}`;

/** Diffs that end when the test says so. */
function heldDiffs(repo: HandMadeRepo) {
  const state = { running: 0, most: 0, release: () => {} };
  const released = Promise.withResolvers<void>();
  state.release = released.resolve;
  repo.makeDiff = async ({ signal }) => {
    state.running++;
    state.most = Math.max(state.most, state.running);
    const aborted = new Promise<void>((end) => signal.addEventListener("abort", () => end(), { once: true }));
    await Promise.race([released.promise, aborted]);
    state.running--;
    signal.throwIfAborted();
    return "patch";
  };
  return state;
}

test("200 who ask for one diff at once share one process, and those who come later need none", async () => {
  await using server = await startServer({
    config: { readOnly: true, limits: { requestsPerSec: 0 } },
  });
  const held = heldDiffs(server.repo);
  const asked = Array.from({ length: 200 }, () => server.app.inject(diffOf("ui")));
  await expect.poll(() => held.running).toBe(1);
  held.release();
  const answers = await Promise.all(asked);
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
  expect(answers.every(({ statusCode }) => statusCode === 200)).toBe(true);
  await server.app.inject(diffOf("ui"));
  expect(server.repo.diffs).toHaveLength(1);
});

test("200 different diffs run so many at once as the server allows, and who waits too long is told to come back", async () => {
  const clock = new ManualClock();
  const repo = manyBranches(200);
  await using server = await startServer({
    repos: [repo],
    clock,
    config: { readOnly: true, limits: { requestsPerSec: 0, diffs: 3, diffWaitMs: 5000 } },
  });
  const held = heldDiffs(repo);
  const asked = Array.from({ length: 200 }, (_, n) => server.app.inject(diffOf(`topic-${n}`)));
  await expect.poll(() => clock.pendingTimers).toBe(197);
  expect(held.running).toBe(3);
  await clock.advance(5000);
  held.release();
  const answers = await Promise.all(asked);
  const refused = answers.filter(({ statusCode }) => statusCode === 503);
  expect(refused).toHaveLength(197);
  for (const { headers, body } of refused) {
    expect(headers["retry-after"]).toBe("2");
    expect(JSON.parse(body)).toMatchObject({ code: "server/busy" });
  }
  expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(3);
  expect([held.most, repo.diffs.length]).toEqual([3, 3]);
  expect(server.log.filter(({ level }) => Number(level) >= 40)).toEqual([]);
});

test("who leaves takes nothing from others who wait for the same, and the last one ends the process", async () => {
  const repo = widget();
  const held = heldDiffs(repo);
  const limits = { diffs: 1, diffWaitMs: 60_000, diffBytes: 1000 };
  const answers = new DiffAnswers({ limits, clock: systemClock, closing: new AbortController().signal });
  const range = { base: oidOf("api"), head: oidOf("ui") };
  const asked = askedDiff(repo, "ui", range, false);
  const [first, second] = [new AbortController(), new AbortController()];
  const firstGone = expect(answers.make(asked, first.signal, () => {})).rejects.toThrow();
  const secondGone = expect(answers.make(asked, second.signal, () => {})).rejects.toThrow();
  await expect.poll(() => held.running).toBe(1);
  first.abort();
  await firstGone;
  expect(held.running).toBe(1);
  second.abort();
  await secondGone;
  await expect.poll(() => held.running).toBe(0);
  held.release();
  const made = await answers.make(asked, new AbortController().signal, () => {});
  expect(JSON.parse(made.plain.toString())).toMatchObject({ patch: "patch" });
  expect(repo.diffs).toHaveLength(2);
});

test("what is kept has a bound: the diff that was not asked for longest is made anew", async () => {
  const repo = manyBranches(3);
  repo.makeDiff = async () => "x".repeat(1000);
  await using server = await startServer({ repos: [repo], config: { limits: { diffBytes: 3000 } } });
  const ask = (n: number) => server.app.inject(diffOf(`topic-${n}`));
  for (const n of [0, 1, 0, 2, 0]) await ask(n);
  expect(repo.diffs).toHaveLength(3);
  await ask(1);
  expect(repo.diffs).toHaveLength(4);
});

test("a diff that failed is not kept", async () => {
  await using server = await startServer();
  server.repo.makeDiff = () => Promise.reject(new Error("no more processes"));
  expect((await server.app.inject(diffOf("ui"))).statusCode).toBe(500);
  server.repo.makeDiff = async () => "patch";
  expect((await server.app.inject(diffOf("ui"))).json()).toMatchObject({ patch: "patch" });
});

test("a diff that is kept belongs to its repository, its branch and its white space", async () => {
  const [one, other] = [widget("one", "octo/one"), widget("other", "octo/other")];
  one.makeDiff = async ({ ignoreWhitespace }) => (ignoreWhitespace ? "one without white space" : "one");
  other.makeDiff = async () => "other";
  await using server = await startServer({ repos: [one, other] });
  const patchOf = async (repo: string, query = "") =>
    (await server.app.inject(`/api/v1/repos/${repo}/branch-diff/ui${query}`)).json().patch;
  expect([await patchOf("one"), await patchOf("one", "?w=1"), await patchOf("other")]).toEqual([
    "one",
    "one without white space",
    "other",
  ]);
});

test("a diff from memory does not count, and each that is made does", async () => {
  await using server = await startServer({
    clock: new ManualClock(),
    config: { limits: { requestsPerSec: 1, requestBurst: 1 } },
  });
  expect((await server.app.inject(diffOf("ui"))).statusCode).toBe(200);
  expect((await server.app.inject(diffOf("ui"))).statusCode).toBe(200);
  const further = await server.app.inject(diffOf("api"));
  expect([further.statusCode, further.headers["retry-after"]]).toEqual([429, "1"]);
});
