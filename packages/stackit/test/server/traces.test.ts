import "../support/heard-spans.ts";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { GithubChannel } from "../../src/forge/github-channel.ts";
import { traced as asSpan } from "../../src/lib/tracing.ts";
import { askForCredentials, refuse } from "../support/git-host-behaviours.ts";
import { heard } from "../support/heard-spans.ts";
import { type Upstream, upstreamOf } from "../support/mirror-world.ts";
import type { RecordedSpan } from "../support/record-spans.ts";
import { descendantsOf, type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { foundIn } from "../support/spellings.ts";
import { post, submitWorld, threeStacked } from "../support/submit-world.ts";
import { SECRET_MARK, testSecret } from "../support/test-secret.ts";
import { delivered, push, SECRET } from "../support/webhooks.ts";

const SPANS_TO_FILE = new URL("../support/spans-to-file.ts", import.meta.url).href;
const TRACING = new URL("../../src/lib/tracing.ts", import.meta.url).href;
const TOKEN = testSecret("token-of-a-traced-remote");
const AUTHORIZATION = `Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString("base64")}`;

interface Traced extends AsyncDisposable {
  readonly upstream: Upstream;
  readonly server: ServerProcess;
  /** All that ended so far. */
  spans(): Promise<RecordedSpan[]>;
  sync(headers?: Record<string, string>): Promise<Response>;
}

/** A server process with a mirror of a remote that wants a token, with an SDK or without one. */
async function traced(withSdk = true): Promise<Traced> {
  await using house = new AsyncDisposableStack();
  const upstream = house.use(
    await upstreamOf((writer) => {
      writer.commit("main");
      writer.stacked("api", "main");
    }),
  );
  upstream.host.front = askForCredentials(AUTHORIZATION);
  const folder = await mkdtemp(join(tmpdir(), "stackit-traces-"));
  house.defer(() => rm(folder, { recursive: true, force: true }));
  const repos = [
    { id: "shop", url: upstream.url.href, credentialEnv: "SHOP_TOKEN", owner: "octo", name: "shop" },
  ];
  await writeFile(join(folder, "repos.json"), JSON.stringify({ repos }));
  const file = join(folder, "spans.jsonl");
  await writeFile(file, "");
  const args = ["--repos-config", join(folder, "repos.json"), "--data-dir", join(folder, "data")];
  const env = {
    SHOP_TOKEN: TOKEN,
    STACKIT_WEBHOOK_SECRET: SECRET,
    STACKIT_LOG: "debug",
    STACKIT_TEST_SPANS: file,
    ...(withSdk && { NODE_OPTIONS: `--import ${SPANS_TO_FILE}` }),
  };
  const server = house.use(await startServerProcess([...args, "--settle", "20ms"], env));
  const kept = house.move();
  return {
    upstream,
    server,
    async spans() {
      const lines = (await readFile(file, "utf8")).split("\n").slice(0, -1);
      return lines.map((line): RecordedSpan => JSON.parse(line));
    },
    sync: (headers = {}) =>
      fetch(`${server.url}/api/v1/repos/shop/sync?token=${TOKEN}`, {
        method: "POST",
        headers: { ...headers, "x-odd": TOKEN },
      }),
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  };
}

/** Those of one trace, once that of the request is over, which is the last. */
async function traceOf({ spans }: Traced, traceId: string): Promise<RecordedSpan[]> {
  const ofTrace = async () => (await spans()).filter((span) => span.traceId === traceId);
  await expect.poll(async () => (await ofTrace()).map(({ kind }) => kind)).toContain("SERVER");
  return ofTrace();
}

interface Sender {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceparent: string;
}

function sender(): Sender {
  const [traceId, spanId] = [randomBytes(16).toString("hex"), randomBytes(8).toString("hex")];
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
}

const named = (spans: readonly RecordedSpan[], name: string) => spans.filter((span) => span.name === name);

test("a sync that is asked for over HTTP is one trace: the request, its run, the phases, what git did, and its log lines", async () => {
  await using world = await traced();
  expect((await world.sync()).status).toBe(200);
  await world.upstream.scene.commit("api");
  const { traceId, spanId, traceparent } = sender();
  expect((await world.sync({ traceparent })).status).toBe(200);

  const spans = await traceOf(world, traceId);
  const [request] = spans.filter(({ kind }) => kind === "SERVER");
  expect(request).toMatchObject({ name: "POST /api/v1/repos/:repo/sync", parentId: spanId, isError: false });
  expect(request?.attributes).toMatchObject({
    "http.request.method": "POST",
    "http.route": "/api/v1/repos/:repo/sync",
    "http.response.status_code": 200,
    "url.scheme": "http",
  });
  const [run, ...others] = named(spans, "sync run");
  expect(others).toEqual([]);
  expect(run).toMatchObject({ parentId: request?.spanId, isError: false });
  expect(run?.attributes).toMatchObject({ "stackit.repo.id": "shop", "stackit.run.outcome": "updated" });
  for (const phase of ["sync look", "sync fetch", "sync read", "sync derive"]) {
    expect(named(spans, phase), phase).toMatchObject([{ parentId: run?.spanId, isError: false }]);
  }
  const [fetched] = named(spans, "sync fetch");
  const inFetch = spans.filter(({ parentId }) => parentId === fetched?.spanId);
  expect(inFetch.length).toBeGreaterThan(0);
  for (const { name, attributes } of inFetch) {
    expect(name).toMatch(/^git [a-z-]+$/);
    expect(Object.keys(attributes).sort()).toEqual(["process.executable.name", "process.exit.code"]);
  }
  const environments = (await descendantsOf(world.server.pid)).map((pid) =>
    readFile(`/proc/${pid}/environ`, "latin1").catch(() => ""),
  );
  expect((await Promise.all(environments)).filter((text) => text.includes("NODE_OPTIONS"))).toEqual([]);
  const said = () => {
    const lines = world.server.log.split("\n").slice(0, -1);
    return lines
      .filter((line) => line.includes(traceId))
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
  };
  await expect.poll(said).toEqual(expect.arrayContaining(["sync run", "request"]));
});

test("what failed is an error by its code alone, and nothing secret is in any span", async () => {
  await using world = await traced();
  expect((await world.sync()).status).toBe(200);
  const posted = await delivered("push", push("octo/shop", "api", await world.upstream.scene.sha("api")));
  const { headers, payload: body } = posted;
  expect((await fetch(world.server.url + posted.url, { method: "POST", headers, body })).status).toBe(202);
  const ofWebhook = ({ attributes }: RecordedSpan) =>
    String(attributes["stackit.run.triggers"]) === "webhook";
  await expect.poll(async () => (await world.spans()).filter(ofWebhook).length).toBe(1);
  world.upstream.host.front = refuse(500, {}, TOKEN);
  const { traceId, traceparent } = sender();
  const answer = await world.sync({ traceparent });
  expect(answer.status).toBe(502);
  const { code } = (await answer.json()) as { code: string };

  const spans = await traceOf(world, traceId);
  expect(named(spans, "sync run")).toMatchObject([{ isError: true, attributes: { "error.type": code } }]);
  expect(named(spans, "sync look")).toMatchObject([{ isError: true }]);
  const request = spans.find(({ kind }) => kind === "SERVER");
  expect(request).toMatchObject({ isError: true, attributes: { "http.response.status_code": 502 } });

  const all = await world.spans();
  expect(all.some(({ kind, name }) => kind === "SERVER" && name.includes("webhook"))).toBe(true);
  expect(all.filter(({ message, events }) => message !== undefined || events > 0)).toEqual([]);
  expect(foundIn([JSON.stringify(all)], [SECRET_MARK, SECRET, TOKEN, AUTHORIZATION.slice(6)])).toEqual([]);
});

test("what nobody asked for, and what a stranger's header does not name well, begins a trace of its own; probes begin none", async () => {
  await using world = await traced();
  await fetch(`${world.server.url}/healthz`);
  expect((await world.sync({ traceparent: `00-${"0".repeat(32)}-zz-01` })).status).toBe(200);
  const over = async () => named(await world.spans(), "POST /api/v1/repos/:repo/sync");
  await expect.poll(async () => (await over()).length).toBe(1);
  const spans = await world.spans();
  const atStart = named(spans, "sync run").filter(
    ({ attributes }) => String(attributes["stackit.run.triggers"]) === "startup",
  );
  for (const root of [...(await over()), ...atStart]) expect(root.parentId).toBeUndefined();
  expect(spans.filter(({ name }) => name.includes("healthz"))).toEqual([]);
});

test("without an SDK nothing is recorded, log lines name no trace, and commands do not even read the API", async () => {
  await using world = await traced(false);
  expect((await world.sync({ traceparent: sender().traceparent })).status).toBe(200);
  expect(await world.spans()).toEqual([]);
  await expect.poll(() => world.server.log).toContain('"msg":"request"');
  expect(world.server.log).not.toContain("traceId");
  const look = `
    const { isTracing } = await import(${JSON.stringify(TRACING)});
    const read = Object.keys((await import("node:module")).default._cache).filter((file) => file.includes("opentelemetry"));
    console.log(JSON.stringify({ isTracing, read }));`;
  const asked = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", look], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
  });
  expect(JSON.parse((await asked).stdout)).toEqual({ isTracing: false, read: [] });
});

test("what is asked of GitHub is told by host, method and status; not modified is no error; its addresses, headers and bodies are not told", async () => {
  const statuses = [200, 304, 500];
  const sent: (string | undefined)[] = [];
  const github = createServer((request, response) => {
    sent.push(request.headers.traceparent?.toString());
    response.writeHead(statuses.shift() ?? 500, { "content-type": "application/json" });
    response.end(JSON.stringify({ message: TOKEN }));
  });
  await new Promise<void>((done) => github.listen(0, "127.0.0.1", done));
  onTestFinished(() => void github.close());
  const address = github.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const channel = new GithubChannel({ apiUrl: new URL(`http://127.0.0.1:${port}`) });
  const asked = { token: TOKEN, signal: AbortSignal.timeout(30_000) };
  await asSpan("a look", {}, async () => {
    await channel.get(`/secret/${TOKEN}`, undefined, asked);
    await channel.get("/tagged", '"tag"', asked);
    await channel.graphql(`query { ${TOKEN} }`, { TOKEN }, asked).catch(() => {});
  });
  const [above] = named(heard, "a look");
  const spans = heard.filter(({ parentId }) => parentId === above?.spanId);
  expect(
    spans.map(({ name, kind, isError, attributes }) => [
      name,
      kind,
      attributes["server.address"],
      attributes["http.response.status_code"],
      isError,
    ]),
  ).toEqual([
    ["GET", "CLIENT", "127.0.0.1", 200, false],
    ["GET", "CLIENT", "127.0.0.1", 304, false],
    ["POST", "CLIENT", "127.0.0.1", 500, true],
  ]);
  expect(foundIn([JSON.stringify(spans)], [SECRET_MARK])).toEqual([]);
  expect(sent).toEqual([undefined, undefined, undefined]);
});

test("a submit is traced below its request, and what it asks of GitHub below the submit", async () => {
  await using world = await submitWorld(threeStacked);
  await using served = await world.serve();
  const { status } = await post(served, "api");
  expect(status).toBe(200);
  const request = () => heard.find(({ name }) => name.startsWith("POST ") && name.endsWith("/submit"));
  await expect.poll(request).toBeDefined();
  const below = (parentId: string | undefined) => heard.filter((span) => span.parentId === parentId);
  const names = below(request()?.spanId).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["submit plan", "submit"]));
  const [submit] = named(heard, "submit");
  expect(submit).toMatchObject({ isError: false, attributes: { "stackit.repo.id": "widget" } });
  const inSubmit = below(submit?.spanId).map(({ name }) => name);
  expect(inSubmit).toEqual(expect.arrayContaining(["POST", "sync run"]));
  expect(foundIn([JSON.stringify(heard)], [SECRET_MARK])).toEqual([]);
});
