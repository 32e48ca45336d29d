import { once } from "node:events";
import { request } from "node:http";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { EventLog } from "../../src/events/event-log.ts";
import type { SyncWork } from "../../src/sync/sync-target.ts";
import { HandMadeRepo } from "../support/hand-made-repo.ts";
import { type StartOptions, startServer, unchanged } from "../support/started-server.ts";
import {
  delivered,
  mirrorOf,
  numberOf,
  type Posted,
  push,
  repositoryOf,
  SECRET,
  WEBHOOK,
} from "../support/webhooks.ts";

const require = createRequire(import.meta.url);
const examplesByEvent: { name: string; examples: object[] }[] = require("@octokit/webhooks-examples");
const CODERTOCAT = "Codertocat/Hello-World";

/** A server with webhooks, and the work that its runs were given. */
async function startWithWebhooks(options: StartOptions = {}) {
  const works: (SyncWork & { repoId: string })[] = [];
  const server = await startServer({
    repos: [mirrorOf("Octo/Widget")],
    run: async (repo, work) => {
      works.push({ ...work, repoId: repo.id });
      return unchanged(repo);
    },
    ...options,
    config: { webhookSecrets: [SECRET], ...options.config },
  });
  const post = async (posted: Posted) => {
    const { statusCode, body } = await server.app.inject(posted);
    const code: unknown = body === "" ? undefined : JSON.parse(body).code;
    return code === undefined ? statusCode : `${statusCode} ${code}`;
  };
  return Object.assign(server, { works, post });
}

test("a push to a mirror is acknowledged, and a run looks for what was pushed", async () => {
  await using server = await startWithWebhooks();
  const posted = await delivered("push", push("octo/WIDGET", "topic", "c".repeat(40)));
  const answer = await server.app.inject(posted);
  expect([answer.statusCode, answer.body]).toEqual([202, ""]);
  await expect
    .poll(() => server.works)
    .toMatchObject([
      {
        repoId: "Octo-Widget",
        triggers: ["webhook"],
        expected: [{ ref: "refs/heads/topic", sha: "c".repeat(40) }],
      },
    ]);
  await expect.poll(() => server.store.deliveries.unfinished("Octo-Widget")).toEqual([]);
});

test("a ping is a sign of the webhook, told at once and in the status; so is the first of anything else", async () => {
  const events = new EventLog();
  const told: string[] = [];
  events.subscribe(
    { filter: ({ name }) => name === "webhook" },
    { event: (frame) => told.push(`${frame}`), resync: () => {} },
  );
  await using server = await startWithWebhooks({
    events,
    repos: [mirrorOf("Octo/Widget"), mirrorOf("Octo/Gadget")],
  });
  const signOf = async (id: string) => (await server.app.inject(`/api/v1/repos/${id}`)).json().webhook?.event;
  const ping = (name: string) => ({ zen: "Design for failure.", hook_id: 7, repository: repositoryOf(name) });

  expect(await server.post(await delivered("ping", ping("octo/widget"), { secret: "wrong".repeat(4) }))).toBe(
    "401 webhook/bad-signature",
  );
  expect([await signOf("Octo-Widget"), told]).toEqual([undefined, []]);

  await server.post(await delivered("ping", ping("octo/widget")));
  expect([await signOf("Octo-Widget"), await signOf("Octo-Gadget")]).toEqual(["ping", undefined]);
  expect(told).toEqual([expect.stringContaining('"repoId":"Octo-Widget","event":"ping","at":"')]);

  await server.post(await delivered("push", push("octo/widget")));
  await server.post(await delivered("push", push("octo/gadget")));
  expect([await signOf("Octo-Widget"), await signOf("Octo-Gadget")]).toEqual(["push", "push"]);
  await server.post(await delivered("ping", ping("octo/widget")));
  expect(told.slice(1)).toEqual([
    expect.stringContaining('"repoId":"Octo-Gadget","event":"push"'),
    expect.stringContaining('"repoId":"Octo-Widget","event":"ping"'),
  ]);
});

test("a delivery is one line of the log, with its id", async () => {
  await using server = await startWithWebhooks();
  for (const name of ["octo/widget", "octo/other"]) {
    await server.post(await delivered("push", push(name), { id: `to ${name}` }));
  }
  const lines = () => server.log.filter(({ method }) => method === "POST");
  await expect.poll(lines).toMatchObject([
    { msg: "request", status: 202, deliveryId: "to octo/widget", event: "push", repository: "octo/widget" },
    { msg: "request", status: 204, deliveryId: "to octo/other", event: "push", repository: "octo/other" },
  ]);
  const { requestId } = lines()[0] ?? {};
  expect(server.log.filter((line) => line.requestId === requestId)).toHaveLength(1);
});

test("a deleted branch is expected to be gone", async () => {
  await using server = await startWithWebhooks();
  expect(await server.post(await delivered("push", push("octo/widget", "old", "0".repeat(40))))).toBe(202);
  await expect
    .poll(() => server.works.flatMap(({ expected }) => expected))
    .toEqual([{ ref: "refs/heads/old", sha: null }]);
});

test("a delivery that comes again is acknowledged again, and leads to nothing new (B53)", async () => {
  await using server = await startWithWebhooks();
  const posted = await delivered("push", push("octo/widget"));
  expect(await server.post(posted)).toBe(202);
  await expect.poll(() => server.works.length).toBe(1);
  expect(await server.post(posted)).toBe(202);
  expect(server.syncs.freshness("Octo-Widget").activity).toBe("idle");
  expect(server.works).toHaveLength(1);
});

test("a push of a tag is acknowledged and needs no run", async () => {
  await using server = await startWithWebhooks();
  const posted = await delivered("push", push("octo/widget", "", undefined, { ref: "refs/tags/v1" }));
  expect(await server.post(posted)).toBe(202);
  expect(server.syncs.freshness("Octo-Widget").activity).toBe("idle");
  expect(await server.store.deliveries.unfinished("Octo-Widget")).toEqual([]);
});

test("a working copy hears of no push, and neither does a repository that is not served", async () => {
  const copy = new HandMadeRepo("copy", "Octo/Widget", "working-copy");
  await using server = await startWithWebhooks({ repos: [copy, new HandMadeRepo("bare", "", "mirror")] });
  for (const name of ["Octo/Widget", "octo/other", "undefined/undefined"]) {
    expect(await server.post(await delivered("push", push(name)))).toBe(204);
  }
  expect(server.works).toEqual([]);
  expect(server.syncs.freshness("copy").activity).toBe("idle");
});

test("two mirrors of one repository both look", async () => {
  const repos = [mirrorOf("octo/widget", "one"), mirrorOf("Octo/Widget", "two"), mirrorOf("octo/other")];
  await using server = await startWithWebhooks({ repos });
  expect(await server.post(await delivered("push", push("octo/widget")))).toBe(202);
  await expect.poll(() => server.works.map(({ repoId }) => repoId).sort()).toEqual(["one", "two"]);
});

test("every payload that GitHub publishes as an example is taken, and only those about a mirror lead to runs (B57)", async () => {
  await using server = await startWithWebhooks({ repos: [mirrorOf(CODERTOCAT, "hello")] });
  const taken = new Map<string, number>();
  let ignored = 0;
  for (const { name, examples } of examplesByEvent) {
    for (const payload of examples) {
      const answer = await server.post(await delivered(name, payload));
      expect.soft([202, 204], name).toContain(answer);
      if (answer === 202) taken.set(name, (taken.get(name) ?? 0) + 1);
      else ignored++;
    }
  }
  expect(Object.fromEntries(taken)).toEqual({ installation: 5, push: 7, repository: 5 });
  expect(ignored).toBeGreaterThan(240);
  const master = { ref: "refs/heads/master", sha: "6113728f27ae82c7b1a177c8d03f9e96e0adf246" };
  await expect.poll(() => server.syncs.freshness("hello").activity).toBe("idle");
  const expected = server.works.flatMap((work) => work.expected);
  expect(expected).not.toEqual([]);
  for (const each of expected) expect(each).toEqual(master);
});

test("the number of a repository decides who it is, once it is known", async () => {
  const repo = mirrorOf("octo/widget", "mine");
  await using server = await startWithWebhooks({ repos: [repo] });
  const named = (full_name: string, id: number, more: object = {}) =>
    push("", "topic", undefined, { repository: repositoryOf(full_name, { id, ...more }) });
  expect(await server.post(await delivered("ping", named("Octo/Widget", 7)))).toBe(204);

  for (let times = 0; times < 2; times++) {
    expect(await server.post(await delivered("push", named("octo/widget", 8)))).toBe(204);
  }
  const warnings = server.log.filter(({ level, repoId }) => level === 40 && repoId === "mine");
  expect(warnings).toMatchObject([{ fullName: "octo/widget", forgeRepoId: 8, knownAs: 7 }]);

  expect(await server.post(await delivered("push", named("acme/gear", 7)))).toBe(202);
  expect(repo.place).toMatchObject({ owner: "octo", name: "widget" });
  await expect.poll(() => server.works.map(({ triggers }) => triggers)).toEqual([["webhook"]]);
  const updated_at = "2026-05-15T15:20:41Z";
  expect(await server.post(await delivered("push", named("acme/gear", 7, { updated_at })))).toBe(202);
  expect(repo.place).toEqual({
    url: new URL("https://github.com/acme/gear.git"),
    owner: "acme",
    name: "gear",
    formerNames: ["octo/widget"],
  });
});

test("a delivery that was overtaken by a rename is taken, and does not undo it", async () => {
  const repo = mirrorOf("octo/widget", "mine");
  await using server = await startWithWebhooks({ repos: [repo] });
  const at = (fullName: string, second: number) => {
    const updated_at = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
    return { action: "renamed", repository: repositoryOf(fullName, { id: 7, updated_at }) };
  };
  const posts = [at("octo/widget", 1), at("octo/third", 30), at("octo/second", 20), at("octo/widget", 10)];
  for (const payload of posts) {
    expect(await server.post(await delivered("repository", payload))).toBe(202);
    expect(await server.post(await delivered("push", { ...push("octo/widget"), ...payload }))).toBe(202);
  }
  expect([repo.name, repo.formerNames]).toEqual(["third", ["octo/widget"]]);
  expect(server.log.filter(({ msg }) => String(msg).includes("followed to its new name"))).toMatchObject([
    { repoId: "mine", fullName: "octo/third", formerName: "octo/widget" },
  ]);
  await expect.poll(() => server.store.deliveries.unfinished("mine")).toEqual([]);
});

test("what was deleted is there again when a run that began later finds it, and its name may be given anew", async () => {
  const repo = mirrorOf("octo/widget", "mine");
  const gate = Promise.withResolvers<void>();
  await using server = await startWithWebhooks({
    repos: [repo],
    run: async () => {
      await gate.promise;
      return unchanged(repo);
    },
  });
  const about = (id: number) => ({ repository: repositoryOf("octo/widget", { id }) });
  const pushed = (id: number) => push("octo/widget", "topic", undefined, about(id));
  const began = server.syncs.request("mine", { trigger: "manual" });
  expect(await server.post(await delivered("repository", { action: "deleted", ...about(7) }))).toBe(202);
  expect(repo.deletedAt).toMatch(/^20\d\d-.*Z$/);
  gate.resolve();
  await began.finished;
  expect(repo.deletedAt).toBeDefined();

  expect(await server.post(await delivered("push", pushed(8)))).toBe(202);
  await expect.poll(() => repo.deletedAt).toBeUndefined();
  expect(await server.post(await delivered("push", pushed(7)))).toBe(204);
  expect(await server.post(await delivered("push", pushed(8)))).toBe(202);
});

test("a repository of the same name and number on another host is another", async () => {
  await using server = await startWithWebhooks();
  const on = (html_url: string) =>
    push("", "topic", undefined, { repository: repositoryOf("octo/widget", { html_url }) });
  expect(await server.post(await delivered("push", on("https://github.com/octo/widget")))).toBe(202);
  expect(await server.post(await delivered("push", on("https://ghe.example.com/octo/widget")))).toBe(204);
  expect(await server.post(await delivered("push", on("http://github.com/octo/widget")))).toBe(204);
});

test("when what an app may see has changed, the repositories concerned are looked at", async () => {
  const repos = [mirrorOf("octo/one"), mirrorOf("octo/two"), mirrorOf("acme/three")];
  await using server = await startWithWebhooks({ repos });
  const installation = { id: 5, account: { login: "Octo", html_url: "https://github.com/Octo" } };
  const looked = async (event: string, payload: object) => {
    const before = server.works.length;
    const answer = await server.post(await delivered(event, { installation, ...payload }));
    await expect
      .poll(() => repos.map(({ id }) => server.syncs.freshness(id).activity))
      .not.toContain("queued");
    return [answer, ...server.works.slice(before).map(({ repoId }) => repoId)];
  };
  const named = (name: string) => [{ id: numberOf(name), full_name: name }];
  expect(await looked("installation", { action: "suspend" })).toEqual([202, "octo-one", "octo-two"]);
  const removed = { action: "removed", repositories_added: [], repositories_removed: named("octo/two") };
  expect(await looked("installation_repositories", removed)).toEqual([202, "octo-two"]);
  const all = { action: "deleted", repositories: [...named("octo/one"), ...named("octo/other")] };
  expect(await looked("installation", all)).toEqual([202, "octo-one"]);
  expect(await looked("installation", { action: "created", repositories: named("octo/other") })).toEqual([
    204,
  ]);
});

test("what is not signed with a secret of this server is refused, whatever it is", async () => {
  await using server = await startWithWebhooks();
  const posted = await delivered("push", push("octo/widget"));
  const { "x-hub-signature-256": signature = "", ...unsigned } = posted.headers;
  const refused = "401 webhook/bad-signature";
  expect(await server.post({ ...posted, headers: unsigned })).toBe(refused);
  for (const wrong of ["", "sha256=", signature.slice(0, -1), signature.replace("256", "1"), "sha256=é"]) {
    expect(await server.post({ ...posted, headers: { ...unsigned, "x-hub-signature-256": wrong } })).toBe(
      refused,
    );
  }
  expect(await server.post(await delivered("push", push("octo/widget"), { secret: "another" }))).toBe(
    refused,
  );
  expect(await server.post({ ...posted, payload: `${posted.payload} ` })).toBe(refused);
  expect(await server.post({ ...posted, payload: "" })).toBe(refused);
  expect(await server.post(await delivered("push", "no json", { secret: "another" }))).toBe(refused);
  expect(server.works).toEqual([]);
});

test("while a secret is exchanged, both sign", async () => {
  await using server = await startWithWebhooks({
    config: { webhookSecrets: ["the old one", "the new one"] },
  });
  for (const secret of ["the old one", "the new one"]) {
    expect(await server.post(await delivered("push", push("octo/widget"), { secret }))).toBe(202);
  }
  expect(await server.post(await delivered("push", push("octo/widget")))).toMatch(/^401/);
});

test("without a secret there are no webhooks, and the configuration says which it is", async () => {
  const webhooksOf = async (server: { app: { inject: (url: string) => Promise<{ json(): unknown }> } }) =>
    (await server.app.inject("/api/v1/config")).json();
  for (const readOnly of [true, false]) {
    await using without = await startWithWebhooks({ config: { webhookSecrets: [], readOnly } });
    const posted = await delivered("ping", { zen: "Anything added dilutes everything else." });
    expect(await without.post(posted)).toBe("404 request/not-found");
    expect(await without.post({ ...posted, headers: {} })).toBe("404 request/not-found");
    expect(await webhooksOf(without)).toMatchObject({ webhooks: false });
  }
  await using server = await startWithWebhooks();
  expect(await webhooksOf(server)).toMatchObject({ webhooks: true });
});

test("a form carries the payload as well as JSON does (B54)", async () => {
  await using server = await startWithWebhooks();
  const form = new URLSearchParams({ payload: JSON.stringify(push("octo/widget", "+ & é")) }).toString();
  for (const type of [
    "application/x-www-form-urlencoded",
    "Application/X-WWW-Form-Urlencoded; charset=utf-8",
  ]) {
    expect(await server.post(await delivered("push", form, { type }))).toBe(202);
  }
  await expect.poll(() => server.works[0]?.expected[0]?.ref).toBe("refs/heads/+ & é");
  const empty = await delivered("push", "other=1", { type: "application/x-www-form-urlencoded" });
  expect(await server.post(empty)).toBe("400 request/invalid");
});

test("what is signed but cannot be understood is refused, and does no harm (B58)", async () => {
  await using server = await startWithWebhooks();
  const invalid = "400 request/invalid";
  for (const payload of [
    "{",
    "[",
    "null",
    "7",
    "[[]]",
    '{"ref":{}}',
    '{"__proto__":{"ref":"refs/heads/x"}}',
  ]) {
    expect(await server.post(await delivered("push", payload)), payload).toBe(invalid);
  }
  expect(await server.post(await delivered("ping", "{"))).toBe(invalid);
  expect(await server.post(await delivered("ping", "null"))).toBe(204);
  const { headers, ...rest } = await delivered("push", push("octo/widget"));
  const { "x-github-event": _, ...nameless } = headers;
  expect(await server.post({ ...rest, headers: nameless })).toBe(invalid);
  expect(server.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

test("a delivery without an id, or without a type, is taken", async () => {
  await using server = await startWithWebhooks();
  const { headers, ...rest } = await delivered("push", push("octo/widget"));
  const { "x-github-delivery": _, "content-type": __, ...bare } = headers;
  for (let times = 0; times < 2; times++) expect(await server.post({ ...rest, headers: bare })).toBe(202);
});

test("a read-only server takes pushes, and so does one that is asked from a page's origin or without pause", async () => {
  await using server = await startWithWebhooks({
    config: { readOnly: true, limits: { requestsPerSec: 1, requestBurst: 2 } },
  });
  for (let times = 0; times < 20; times++) {
    const posted = await delivered("push", push("octo/widget"));
    expect(
      await server.post({ ...posted, headers: { ...posted.headers, origin: "https://github.com" } }),
    ).toBe(202);
  }
  const foreign = { ...(await delivered("push", {})), headers: { host: "evil.example.com" } };
  expect(await server.post(foreign)).toBe("421 request/unknown-host");
  const forged = await delivered("push", push("octo/widget"), { secret: "guessed" });
  const answers = [await server.post(forged), await server.post(forged), await server.post(forged)];
  expect(answers.map((answer) => String(answer).slice(0, 3))).toEqual(["401", "401", "429"]);
  expect(await server.post(await delivered("push", push("octo/widget")))).toBe(202);
});

test("a body that arrives in two halves of one character is whole (B54)", async () => {
  await using server = await startWithWebhooks();
  const { headers, payload } = await delivered("push", push("octo/widget", "größe"));
  const body = Buffer.from(payload);
  const middle = body.indexOf("ö") + 1;
  const posting = request(`${server.origin}${WEBHOOK}`, {
    method: "POST",
    headers: { ...headers, "content-length": body.length },
  });
  posting.setNoDelay(true);
  const arrived = new Promise<void>((resolve) => {
    server.app.server.once("connection", (socket) => socket.once("data", () => resolve()));
  });
  posting.write(body.subarray(0, middle));
  await arrived;
  posting.end(body.subarray(middle));
  const [response] = await once(posting, "response");
  response.resume();
  expect(response.statusCode).toBe(202);
  await expect.poll(() => server.works[0]?.expected[0]?.ref).toBe("refs/heads/größe");
});

test("a push of 24 MiB is taken; of 26, announced or in chunks, is refused before it is looked at (B54, B59)", async () => {
  await using server = await startWithWebhooks();
  const ofSize = (bytes: number) =>
    delivered("push", push("octo/widget", "big", undefined, { pad: "x".repeat(bytes) }));
  expect(await server.post(await ofSize(24 * 2 ** 20))).toBe(202);

  const { headers, payload } = await ofSize(26 * 2 ** 20);
  const announced = request(`${server.origin}${WEBHOOK}`, {
    method: "POST",
    headers: { ...headers, "content-length": payload.length },
  });
  announced.on("error", () => {});
  announced.flushHeaders();
  const [early] = await once(announced, "response");
  expect(early.statusCode).toBe(413);
  announced.destroy();

  const inChunks = request(`${server.origin}${WEBHOOK}`, {
    method: "POST",
    headers: { ...headers, "transfer-encoding": "chunked" },
  });
  inChunks.on("error", () => {});
  inChunks.end(payload);
  const [late] = await once(inChunks, "response");
  expect(late.statusCode).toBe(413);
  inChunks.destroy();
});
