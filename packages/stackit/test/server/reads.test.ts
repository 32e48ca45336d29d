import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Value } from "typebox/value";
import { expect, test } from "vitest";
import { RepoList, RepoStatus, ServerConfig } from "../../src/contract/repo.ts";
import { SyncRun, SyncRunList } from "../../src/contract/sync-run.ts";
import {
  Branch,
  BranchDiff,
  BranchList,
  FileLines,
  StackDetail,
  StackList,
  View,
  ViewChanges,
} from "../../src/contract/view.ts";
import { contractSchemas } from "../../src/http/openapi.ts";
import { HandMadeRepo, oidOf } from "../support/hand-made-repo.ts";
import { startServer, widget } from "../support/started-server.ts";

const named = Object.fromEntries(contractSchemas.map((schema) => [Reflect.get(schema, "$id"), schema]));

/** The value has the form of the schema and no member that the schema does not name. */
function expectToBe(schema: TSchema, value: unknown): void {
  expect(Compile(named, schema).Errors(value)).toEqual([]);
  expect(Value.Clean(named, schema, structuredClone(value))).toEqual(value);
}

test("every read answers in the form that the contract gives it", async () => {
  await using server = await startServer();
  const { app } = server;
  const run = await app.inject({ method: "POST", url: "/api/v1/repos/default/sync" });
  const reads: [string, TSchema][] = [
    ["/config", ServerConfig],
    ["/repos", RepoList],
    ["/repos/default", RepoStatus],
    ["/repos/default/view", View],
    ["/repos/default/view-changes", ViewChanges],
    ["/repos/default/stacks", StackList],
    ["/repos/default/stacks/api", StackDetail],
    ["/repos/default/branches", BranchList],
    ["/repos/default/branches/ui", Branch],
    ["/repos/default/branches/main", Branch],
    ["/repos/default/branch-diff/ui", BranchDiff],
    [`/repos/default/branch-lines/ui?blob=${server.repo.file.blob}&start=1&end=2`, FileLines],
    ["/repos/default/sync-runs", SyncRunList],
    [`/repos/default/sync-runs/${run.json().id}`, SyncRun],
  ];
  for (const [path, schema] of reads) {
    const answer = await app.inject(`/api/v1${path}`);
    expect.soft(answer.statusCode, path).toBe(200);
    expect.soft(answer.headers["content-type"], path).toBe("application/json; charset=utf-8");
    expect.soft(answer.headers["cache-control"], path).toBe("no-cache");
    expect.soft(answer.headers.etag, path).toMatch(/^"[\w-]{22}"$/);
    expectToBe(schema, answer.json());
  }
});

test("a repository answers by its id, by owner and name in any case, and by that as two segments", async () => {
  await using server = await startServer();
  for (const repo of ["default", "octo%2Fwidget", "OCTO%2FWIDGET", "octo/widget", "Octo/WIDGET"]) {
    for (const rest of [
      "",
      "/view",
      "/stacks/feat/login",
      "/branches/feat%2Flogin",
      "/branch-diff/feat/login",
    ]) {
      const answer = await server.app.inject(`/api/v1/repos/${repo}${rest}`);
      expect.soft(answer.statusCode, `${repo}${rest}`).toBe(200);
    }
  }
});

test("an id is a name of its own: no other repository answers to it, and its case counts", async () => {
  const repos = [new HandMadeRepo("plain", ""), widget("a", "Octo/b"), new HandMadeRepo("b", "Octo/a")];
  await using server = await startServer({ repos });
  const idOf = async (path: string) => (await server.app.inject(`/api/v1/repos/${path}`)).json().id;
  expect(await idOf("a")).toBe("a");
  expect(await idOf("b")).toBe("b");
  expect(await idOf("octo%2Fa")).toBe("b");
  expect(await idOf("A")).toBeUndefined();
  expect(await idOf("undefined%2Fundefined")).toBeUndefined();
});

test("whatever a branch is called, its encoded name finds it and no other", async () => {
  const repo = new HandMadeRepo();
  await using server = await startServer({ repos: [repo], config: { limits: { requestsPerSec: 0 } } });
  const character = fc.constantFrom(..."aZ0/%#?;:&=+@ .~*'\"\\<>|ä漢🌳-_".split(/(?:)/u), "%2F", "%25", "..");
  const name = fc.array(character, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(name, async (branch) => {
      fc.pre(branch !== "main" && !/^\.{1,2}$/.test(branch) && branch !== "__proto__");
      repo.publish({ [branch]: "main" });
      const answer = await server.app.inject(`/api/v1/repos/default/branches/${encodeURIComponent(branch)}`);
      expect(answer.json().name).toBe(branch);
      const stack = await server.app.inject(`/api/v1/repos/default/stacks/${encodeURIComponent(branch)}`);
      expect(stack.json().rootBranch).toBe(branch);
    }),
    { numRuns: 200 },
  );
});

test("a repository that was not read yet says so on every read but its status", async () => {
  await using server = await startServer({ repos: [new HandMadeRepo()] });
  for (const path of ["view", "stacks", "stacks/api", "branches", "branches/api", "branch-diff/api"]) {
    const answer = await server.app.inject(`/api/v1/repos/default/${path}`);
    expect.soft(answer.statusCode, path).toBe(503);
    expect.soft(answer.headers["retry-after"], path).toBe("1");
    expect.soft(answer.json().code, path).toBe("repo/not-ready");
  }
  const status = await server.app.inject("/api/v1/repos/default");
  expect(status.json()).toMatchObject({ generation: 0, trunk: "", freshness: { health: "never" } });
  expectToBe(RepoStatus, status.json());
});

test("what a client has is not sent again until it changes", async () => {
  await using server = await startServer();
  const get = (path: string, headers: Record<string, string> = {}) =>
    server.app.inject({ url: `/api/v1/repos/default${path}`, headers });
  for (const path of [
    "/view",
    "/stacks",
    "/stacks/api",
    "/branches",
    "/branches/ui",
    "/branch-diff/ui",
    "",
  ]) {
    const etag = String((await get(path)).headers.etag);
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const answer = await get(path, { "if-none-match": tag });
      expect.soft(answer.statusCode, `${path} ${tag}`).toBe(304);
      expect.soft(answer.body).toBe("");
      expect.soft(answer.headers.etag).toBe(etag);
    }
    expect.soft((await get(path, { "if-none-match": '"other"' })).statusCode, path).toBe(200);
  }
});

test("a new snapshot has new tags, also when it holds what an earlier one held", async () => {
  await using server = await startServer();
  const stacks = { api: "main" };
  const tags = new Set<unknown>();
  for (const round of [1, 2, 1]) {
    server.repo.publish(stacks, round);
    tags.add((await server.app.inject("/api/v1/repos/default/view")).headers.etag);
  }
  expect(tags.size).toBe(3);
});

test("different reads of one snapshot have different tags", async () => {
  await using server = await startServer();
  const paths = ["view", "stacks", "branches", "stacks/api", "branches/api", "branches/ui", "branch-diff/ui"];
  const variants = [...paths, "branch-diff/ui?w=1", "branch-diff/ui?base=trunk"];
  const tags = await Promise.all(
    variants.map(async (path) => (await server.app.inject(`/api/v1/repos/default/${path}`)).headers.etag),
  );
  expect(new Set(tags).size).toBe(variants.length);
});

test("a large answer is compressed for who takes it, under a tag of its own, and is the same", async () => {
  const repo = new HandMadeRepo();
  repo.publish(Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`topic-${n}`, "main"])));
  await using server = await startServer({ repos: [repo] });
  const get = (acceptEncoding: string, more: Record<string, string> = {}) =>
    server.app.inject({
      url: "/api/v1/repos/default/view",
      headers: { "accept-encoding": acceptEncoding, ...more },
    });
  const plain = await get("identity");
  for (const accepted of ["gzip", "br, gzip;q=0.5", "*", "GZIP"]) {
    const answer = await get(accepted);
    expect.soft(answer.headers["content-encoding"], accepted).toBe("gzip");
    expect.soft(gunzipSync(answer.rawPayload).equals(plain.rawPayload), accepted).toBe(true);
    expect.soft(answer.headers.etag).not.toBe(plain.headers.etag);
    const again = await get(accepted, { "if-none-match": String(answer.headers.etag) });
    expect.soft(again.statusCode).toBe(304);
  }
  for (const refused of ["gzip;q=0", "br", "*;q=0", "gzip;q=0, *"]) {
    const answer = await get(refused);
    expect.soft(answer.headers["content-encoding"], refused).toBeUndefined();
    expect.soft(answer.headers.vary).toBe("accept-encoding");
  }
});

test("a small answer is not compressed", async () => {
  await using server = await startServer();
  const answer = await server.app.inject({ url: "/api/v1/config", headers: { "accept-encoding": "gzip" } });
  expect(answer.headers["content-encoding"]).toBeUndefined();
});

test("a snapshot is turned into bytes once, however many read it", async () => {
  await using server = await startServer();
  const snapshot = server.repo.publish({ api: "main" });
  let made = 0;
  server.repo.snapshot = {
    ...snapshot,
    view: () => {
      made += 1;
      return snapshot.view();
    },
  };
  for (let reader = 0; reader < 5; reader += 1) await server.app.inject("/api/v1/repos/default/view");
  expect(made).toBe(1);
});

test("HEAD answers like GET, without the body", async () => {
  await using server = await startServer();
  for (const path of ["/api/v1/repos/default/view", "/api/v1/config", "/healthz", "/", "/api/v1/nothing"]) {
    const get = await fetch(server.origin + path);
    const head = await fetch(server.origin + path, { method: "HEAD" });
    expect.soft(head.status, path).toBe(get.status);
    expect.soft(await head.text(), path).toBe("");
    for (const name of ["content-type", "etag", "content-length", "cache-control"]) {
      if (path === "/api/v1/nothing" && name === "content-length") continue;
      expect.soft(head.headers.get(name), `${path} ${name}`).toBe(get.headers.get(name));
    }
  }
});

test("the diff of a branch is asked for by the commits of the snapshot, never by its name", async () => {
  await using server = await startServer();
  const get = (query: string) => server.app.inject(`/api/v1/repos/default/branch-diff/ui${query}`);
  await get("");
  // The same in other words, and so not asked for again.
  await get("?base=parent&w=0&unknown=1");
  await get("?base=trunk&w=1");
  expect(server.repo.diffs.map(({ range, options }) => [range, options.ignoreWhitespace])).toEqual([
    [{ base: oidOf("api"), head: oidOf("ui") }, false],
    [{ base: oidOf("main"), head: oidOf("ui") }, true],
  ]);
});

test("a diff that the client has costs no work", async () => {
  await using server = await startServer();
  const url = "/api/v1/repos/default/branch-diff/ui";
  const etag = String((await server.app.inject(url)).headers.etag);
  expect((await server.app.inject({ url, headers: { "if-none-match": etag } })).statusCode).toBe(304);
  expect(server.repo.diffs).toHaveLength(1);
});

test("a diff that cannot be made says why", async () => {
  const repo = new HandMadeRepo();
  repo.publish({ shallow: "main" });
  await using server = await startServer({ repos: [repo] });
  const codeOf = async (path: string) => {
    const answer = await server.app.inject(`/api/v1/repos/default/branch-diff/${path}`);
    return [answer.statusCode, answer.json().code];
  };
  expect(await codeOf("shallow")).toEqual([409, "diff/unavailable"]);
  expect(await codeOf("main")).toEqual([409, "diff/unavailable"]);
  expect(await codeOf("gone")).toEqual([404, "branch/not-found"]);
  expect(await codeOf("shallow?from=1&to=2")).toEqual([400, "request/invalid"]);
  expect(await codeOf("shallow?base=grandparent")).toEqual([400, "request/invalid"]);
});

test("a diff whose reader hangs up is stopped", async () => {
  await using server = await startServer();
  const stopped = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  server.repo.makeDiff = ({ signal }) => {
    begun.resolve();
    signal.addEventListener("abort", () => stopped.resolve());
    return stopped.promise.then(() => "");
  };
  const hangUp = new AbortController();
  const answer = fetch(`${server.origin}/api/v1/repos/default/branch-diff/ui`, { signal: hangUp.signal });
  await begun.promise;
  hangUp.abort();
  await expect(answer).rejects.toThrow();
  await stopped.promise;
});
