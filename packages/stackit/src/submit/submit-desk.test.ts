import { expect, test, vi } from "vitest";
import { handQueue } from "../../test/support/hand-queue.ts";
import { settlePromises } from "../../test/support/manual-clock.ts";
import { LOCAL } from "../access/caller.ts";
import { DirectSpawner } from "../git/spawner.ts";
import type { Account } from "./read-stack.ts";
import { SubmitDesk } from "./submit-desk.ts";
import type { SubmitSource } from "./submit-source.ts";

const FOR_EVER = new AbortController().signal;
const ASKED = { repoId: "a", stack: "api", caller: LOCAL };

/** Of a repository that was never read: a submit of it is refused as soon as it has the account and the repository. */
const UNREAD: SubmitSource = {
  repoId: "a",
  kind: "mirror",
  snapshot: undefined,
  gitDir: undefined,
  remoteUrl: async () => undefined,
  held: async () => new Set(),
  identity: async () => undefined,
};

/** A desk on a queue with the repository `a`, whose runs end by hand. */
function setUp(accountOf: () => Promise<Account> = async () => ({ kind: "token", token: "secret" })) {
  const { queue, add } = handQueue();
  const unused = () => {
    throw new Error("nothing is submitted here");
  };
  const desk = new SubmitDesk({
    queue,
    accountOf,
    sourceOf: () => UNREAD,
    defaultsOf: () => ({}),
    spawner: new DirectSpawner(),
    looker: { look: unused },
    scratchDir: "",
    forgeOf: unused,
    openForge: unused,
    noreplyHost: "",
    wallNow: () => 0,
    store: { save: unused, get: async () => undefined, lastOf: async () => undefined },
    tell: unused,
    onSubmitted: unused,
    onError: unused,
  });
  return { desk, queue, repo: add("a") };
}

/** How it ended: the code of the problem. */
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error) => error.code ?? error,
  );

test("a submit that nobody waits for any more leaves the line for the repository, and can be asked for again", async () => {
  const { desk, queue, repo } = setUp();
  const gone = new AbortController();
  const asked = codeOf(desk.submit(ASKED, {}, gone.signal));
  await settlePromises();
  const other = queue.reserve("a", FOR_EVER);
  await repo.succeed();
  const held = await other;
  expect(await codeOf(desk.submit(ASKED, {}, FOR_EVER))).toBe("submit/under-way");
  gone.abort();
  expect(await asked).toBe("sync/shutting-down");

  const again = codeOf(desk.submit(ASKED, {}, FOR_EVER));
  held[Symbol.dispose]();
  await settlePromises();
  await repo.succeed();
  expect(await again).toBe("repo/not-ready");
  expect(queue.isQuiet).toBe(true);
});

test("a submit whose deadline passes while it waits for the repository says so; the sync before does not count", async () => {
  const late = new AbortController();
  using timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(late.signal);
  const { desk, queue, repo } = setUp();
  const asked = codeOf(desk.submit(ASKED, {}, FOR_EVER));
  await settlePromises();
  const other = queue.reserve("a", FOR_EVER);
  expect([repo.works.length, timeout.mock.calls]).toEqual([1, []]);
  await repo.succeed();
  await settlePromises();
  expect(timeout).toHaveBeenCalledOnce();
  late.abort(new DOMException("late", "TimeoutError"));
  expect(await asked).toBe("sync/timeout");
  (await other)[Symbol.dispose]();
  await settlePromises();
  expect(queue.isQuiet).toBe(true);
});

test("a plan that nobody waits for any more does not wait for the run before it", async () => {
  const { desk, queue, repo } = setUp();
  const gone = new AbortController();
  const planned = codeOf(desk.plan(ASKED, {}, gone.signal));
  await settlePromises();
  gone.abort();
  expect(await planned).toBe("sync/shutting-down");
  expect(queue.isQuiet).toBe(false);
  await repo.succeed();
});

test("disposal waits for a submit that is about to begin, and gives the repository back", async () => {
  const account = Promise.withResolvers<Account>();
  const { desk, queue, repo } = setUp(() => account.promise);
  const seen: string[] = [];
  const asked = codeOf(desk.submit(ASKED, {}, FOR_EVER)).then((code) => seen.push(code));
  await settlePromises();
  await repo.succeed();
  const disposal = desk[Symbol.asyncDispose]().then(() => seen.push("disposed"));
  await settlePromises();
  expect([seen, queue.isQuiet]).toEqual([[], false]);
  account.resolve({ kind: "token", token: "secret" });
  await Promise.all([asked, disposal]);
  expect(seen).toContain("disposed");
  expect(seen).toContain("sync/shutting-down");
  await settlePromises();
  expect(queue.isQuiet).toBe(true);
});
