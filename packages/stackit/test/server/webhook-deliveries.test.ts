import { expect, test } from "vitest";
import { Access } from "../../src/access/access.ts";
import type { SyncRun } from "../../src/contract/sync-run.ts";
import type {
  KeptPayload,
  WebhookDelivery,
  WebhookDeliveryList,
} from "../../src/contract/webhook-deliveries.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { AuditNote } from "../../src/store/audit-log.ts";
import type { SyncWork } from "../../src/sync/sync-target.ts";
import { startServer, unchanged } from "../support/started-server.ts";
import { delivered, mirrorOf, type Posted, push, SECRET, WEBHOOK } from "../support/webhooks.ts";

const HIDDEN_WORDS = "hunter2 is the password";

async function startWithLog() {
  const works: SyncWork[] = [];
  const audited: AuditNote[] = [];
  const server = await startServer({
    repos: [mirrorOf("octo/widget", "widget"), mirrorOf("octo/gadget", "gadget")],
    config: { webhookSecrets: [SECRET] },
    run: async (repo, work) => {
      works.push(work);
      return unchanged(repo);
    },
    access: () =>
      new Access({
        posture: "local",
        clock: systemClock,
        audit: { write: async (note) => void audited.push(note), list: async () => ({ entries: [] }) },
        repo: () => ({ visibility: "everyone", forgeRepoId: undefined }),
      }),
  });
  const post = async (posted: Posted): Promise<number> => (await server.app.inject(posted)).statusCode;
  const list = async (query = ""): Promise<WebhookDeliveryList> => {
    const answer = await server.app.inject(`/api/v1/ops/webhooks${query}`);
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json();
  };
  const all = async (query = "") => (await list(query)).deliveries;
  return Object.assign(server, { works, audited, post, list, all });
}

const inWords = ({ result, status, event, repoId, repository, count }: WebhookDelivery): string =>
  [count, result, status, event, repoId ?? repository].filter((word) => word !== undefined).join(" ");

test("a delivery whose signature does not fit is listed without what it said, and leads to no run", async () => {
  await using server = await startWithLog();
  const words = { ...push("octo/widget"), note: HIDDEN_WORDS };
  const forged = await delivered("push", words, { secret: "guessed", id: HIDDEN_WORDS });
  for (let times = 0; times < 3; times++) expect(await server.post(forged)).toBe(401);
  const strange = await delivered(HIDDEN_WORDS, words, { secret: "guessed" });
  expect(await server.post(strange)).toBe(401);
  const { "x-hub-signature-256": _, ...unsigned } = forged.headers;
  expect(await server.post({ ...forged, headers: unsigned })).toBe(401);

  await expect
    .poll(async () => (await server.all()).map(inWords).sort())
    .toEqual(["1 bad-signature 401", "1 not-signed 401 push", "3 bad-signature 401 push"]);
  const found = await server.all();
  expect(found.map(({ address }) => address)).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
  expect(JSON.stringify(found)).not.toContain("hunter2");
  expect(server.works).toEqual([]);
});

test("what is signed and asks nothing of what is served is listed by its event and its repository", async () => {
  await using server = await startWithLog();
  for (const event of ["push", "push", "star"]) {
    expect(await server.post(await delivered(event, push("octo/other")))).toBe(204);
  }
  expect(await server.post(await delivered("push", { ref: 7 }))).toBe(400);
  expect(await server.post(await delivered("push", "no JSON"))).toBe(400);
  const { "x-github-event": _, ...eventless } = (await delivered("push", push("octo/widget"))).headers;
  const payload = JSON.stringify(push("octo/widget"));
  expect(await server.post({ method: "POST", url: WEBHOOK, headers: eventless, payload })).toBe(400);
  await expect
    .poll(async () => (await server.all()).map(inWords).sort())
    .toEqual([
      "1 ignored 204 star octo/other",
      "1 invalid 400",
      "2 ignored 204 push octo/other",
      "2 invalid 400 push",
    ]);
});

test("a body that is announced too large is listed", async () => {
  await using server = await startWithLog();
  const posted = await delivered("push", push("octo/widget"));
  const headers = { ...posted.headers, "content-length": String(2 ** 30) };
  expect(await server.post({ ...posted, headers })).toBe(413);
  await expect.poll(async () => (await server.all()).map(inWords)).toEqual(["1 unread 413 push"]);
});

test("a delivery that was taken names its run, and how often it came", async () => {
  await using server = await startWithLog();
  const posted = await delivered("push", push("octo/widget"), { id: "one" });
  for (let times = 0; times < 3; times++) expect(await server.post(posted)).toBe(202);
  await expect.poll(async () => (await server.all())[0]?.isAnswered).toBe(true);
  const [one] = await server.all();
  expect(one && inWords(one)).toBe("3 taken 202 push widget");
  const run = await server.app.inject(`/api/v1/repos/widget/sync-runs/${one?.runId}`);
  expect(run.json<SyncRun>().triggers).toEqual(["webhook"]);
  expect(await server.all("?result=repeated")).toHaveLength(1);
});

test("a replay makes a run that looks at what is there now, and is written down", async () => {
  await using server = await startWithLog();
  const id = "of/GitHub #1";
  await server.post(await delivered("push", push("octo/widget"), { id }));
  await expect.poll(async () => (await server.all())[0]?.isAnswered).toBe(true);
  const path = `/api/v1/repos/widget/webhooks/${encodeURIComponent(id)}`;
  const answer = await server.app.inject({ method: "POST", url: `${path}/replay` });
  expect(answer.statusCode).toBe(202);
  const { id: runId, triggers } = answer.json<SyncRun>();
  expect(triggers).toEqual(["replay"]);
  expect(answer.headers.location).toBe(`/api/v1/repos/widget/sync-runs/${runId}`);
  await expect.poll(() => server.works.map(({ expected }) => expected.length)).toEqual([1, 0]);
  const [found] = await server.all();
  expect(found).toMatchObject({ count: 1, replayRunId: runId });
  expect(found?.runId).not.toBe(runId);
  expect(server.audited).toMatchObject([{ action: "webhook-replayed", target: "widget", detail: id }]);

  for (const url of [
    `/api/v1/repos/gadget/webhooks/${encodeURIComponent(id)}`,
    "/api/v1/repos/widget/webhooks/two",
  ]) {
    for (const of of [
      { method: "POST" as const, url: `${url}/replay` },
      { method: "GET" as const, url },
    ]) {
      const refused = await server.app.inject(of);
      expect([refused.statusCode, refused.json().code]).toEqual([404, "webhook/not-found"]);
    }
  }
  expect(server.works).toHaveLength(2);
  expect(server.audited).toHaveLength(1);
});

test("a page of another site cannot have a delivery replayed", async () => {
  await using server = await startWithLog();
  await server.post(await delivered("push", push("octo/widget"), { id: "one" }));
  const answer = await server.app.inject({
    method: "POST",
    url: "/api/v1/repos/widget/webhooks/one/replay",
    headers: { "sec-fetch-site": "cross-site" },
  });
  expect([answer.statusCode, answer.json().code]).toEqual([403, "request/cross-site"]);
});

test("of a payload it is told what it was about, and no more", async () => {
  await using server = await startWithLog();
  const commits = [{ message: HIDDEN_WORDS, author: { email: "ada@example.com" } }];
  await server.post(await delivered("push", { ...push("octo/widget"), commits }, { id: "one" }));
  const answer = await server.app.inject("/api/v1/repos/widget/webhooks/one");
  const { payload, omitted } = answer.json<KeptPayload>();
  expect(payload).toMatchObject({ ref: "refs/heads/topic", repository: { full_name: "octo/widget" } });
  expect(omitted).toEqual(["commits"]);
  expect(answer.body).not.toMatch(/hunter2|@/);
});

test("the list is told in pages, of one repository or of one result", async () => {
  await using server = await startWithLog();
  for (let n = 0; n < 5; n++) {
    await server.post(await delivered("push", push("octo/widget"), { id: `widget ${n}` }));
    await server.post(await delivered("push", push("octo/gadget"), { id: `gadget ${n}` }));
  }
  await server.post(await delivered("push", push("octo/widget"), { secret: "guessed" }));
  await expect.poll(async () => (await server.all()).length).toBe(11);
  const keys: string[] = [];
  let before = "";
  for (let more = true; more; ) {
    const { deliveries, next } = await server.list(`?limit=3${before}`);
    keys.push(...deliveries.map(({ key }) => key));
    before = `&before=${next}`;
    more = next !== undefined;
  }
  expect(keys).toEqual((await server.all()).map(({ key }) => key));
  expect(new Set((await server.all("?repo=gadget")).map(({ repoId }) => repoId))).toEqual(
    new Set(["gadget"]),
  );
  expect(await server.all("?repo=gadget&result=bad-signature")).toEqual([]);
  expect((await server.all("?result=bad-signature")).map(inWords)).toEqual(["1 bad-signature 401 push"]);
  expect(await server.all("?repo=unknown")).toEqual([]);
  for (const query of ["?before=xyz", "?result=good", "?limit=0", "?since=1"]) {
    const answer = await server.app.inject(`/api/v1/ops/webhooks${query}`);
    expect([query, answer.statusCode, answer.json().code]).toEqual([query, 400, "request/invalid"]);
  }
});
