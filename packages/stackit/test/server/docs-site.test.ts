import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ServerEventName } from "../../src/contract/events.ts";
import { problems } from "../../src/contract/problems.ts";
import { docsPages } from "../../src/http/docs-map.ts";
import { documentHtml } from "../../src/http/document-html.ts";
import { type StartedServer, startServer } from "../support/started-server.ts";

const docsDir = fileURLToPath(new URL("../../../..", import.meta.url));
const webDir = fileURLToPath(new URL("../../dist/web", import.meta.url));
let server: StartedServer;

beforeAll(async () => {
  server = await startServer({ config: { docsDir, webDir } });
});
afterAll(() => server?.[Symbol.asyncDispose]());

const get = (url: string) => server.app.inject({ url, headers: { accept: "text/html" } });

test("from the first page every page is reached, and every link leads to a page and a heading that are there", async () => {
  const ids = new Map<string, Set<string>>();
  const links: [from: string, to: string][] = [];
  const open = ["/docs"];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (ids.has(path)) continue;
    const { statusCode, body } = await get(path);
    expect(statusCode, path).toBe(200);
    ids.set(path, new Set([...body.matchAll(/ id="([^"]*)"/g)].map(([, id = ""]) => id)));
    for (const [, href = ""] of body.matchAll(/<a\b[^>]*? href="([^"]*)"/g)) {
      if (href.startsWith("https://")) continue;
      const [target = "", fragment] = href.split("#");
      links.push([path, fragment === undefined ? target || path : `${target || path}#${fragment}`]);
      if (/^\/(docs|problems|api\/v1\/docs)\b/.test(target)) open.push(target);
    }
  }
  for (const [from, to] of links) {
    const [target = "", fragment] = to.split("#");
    if (!ids.has(target)) expect((await get(target)).statusCode, `${from} to ${to}`).toBe(200);
    if (fragment !== undefined) expect(ids.get(target), `${from} to ${to}`).toContain(fragment);
  }
  const paths = [
    ...docsPages.map(({ path }) => path),
    ...Object.keys(problems).map((code) => `/problems/${code}`),
  ];
  expect([...ids.keys()].sort()).toEqual(paths.sort());
});

test("every code that the contract names has a page that says what to do, where its problems' type leads", async () => {
  const contract = await readFile(`${docsDir}/docs/contract.md`, "utf8");
  const kinds = new Set(Object.keys(problems).map((code) => code.split("/")[0]));
  const named = [...contract.matchAll(/`([a-z]+)\/([a-z-]+)`/g)].filter(([, kind = ""]) => kinds.has(kind));
  expect(named.length).toBeGreaterThan(20);
  for (const [, kind, name] of named) {
    const code = `${kind}/${name}`;
    const problem = Object.entries(problems).find(([one]) => one === code)?.[1];
    expect(problem, code).toBeDefined();
    const page = await get(`/problems/${code}`);
    expect(page.body).toContain("What to do");
  }
  const refused = await server.app.inject("/api/v1/repos/nowhere");
  expect((await get(refused.json().type)).body).toContain("<code>repo/not-found</code>");
});

test("every event of the contract is in the reference, and no other", async () => {
  const events: Record<ServerEventName, true> = {
    connected: true,
    sync: true,
    refresh: true,
    forge: true,
    repos: true,
    webhook: true,
    hook: true,
    activity: true,
    branch_switched: true,
    submit: true,
    heartbeat: true,
    resync: true,
  };
  const { body } = await get("/docs/events");
  const rows = [...body.matchAll(/<tr>\s*<td><code>(\w+)<\/code>/g)].map(([, name]) => name);
  expect(rows.sort()).toEqual(Object.keys(events).sort());
});

test("a page has the looks of the dashboard, nothing from elsewhere, no script of its own, and marks where one is", async () => {
  for (const path of ["/docs", "/docs/contract", "/problems", "/problems/sync/held", "/api/v1/docs"]) {
    const { body, headers } = await get(path);
    expect(headers["content-security-policy"]).toContain("script-src 'self'");
    expect(body, path).toMatch(/href="\/assets\/docs-[\w-]+\.css"/);
    expect([...body.matchAll(/<script\b.*?<\/script>/gs)].map(([tag]) => tag)).toEqual([
      '<script src="/theme.js"></script>',
    ]);
    expect(body, path).not.toMatch(/(?:src|<link[^>]*href)="https?:|style="|\{\{/);
    expect(body.match(/aria-current="page"/g), path).toHaveLength(1);
  }
  const first = await get("/docs");
  const again = await server.app.inject({
    url: "/docs",
    headers: { "if-none-match": String(first.headers.etag) },
  });
  expect(again.statusCode).toBe(304);
});

test("without the dashboard the documents are plain, and what is none is not found", async () => {
  await using plain = await startServer({ config: { docsDir } });
  expect((await plain.app.inject("/docs/contract")).body).toContain('<h1 id="the-public-contract">');
  for (const path of ["/docs/nothing", "/docs/contract.md"]) {
    expect((await get(path)).json().code, path).toBe("request/not-found");
  }
});

test("a document cannot play HTML, and links to what is no page are text", () => {
  const { body, headings } = documentHtml(
    "# One\n\n## Two `three`\n\n<script>x</script>\n\n[a](architecture.md#where-things-are) [b](../package.json) [c](https://example.com)",
    "docs/made-up.md",
  );
  expect(body).not.toContain("<script>");
  expect(body).toContain(
    '<a href="/docs/architecture#where-things-are">a</a> b <a href="https://example.com">c</a>',
  );
  expect(headings).toEqual([{ id: "two-three", text: "Two <code>three</code>" }]);
});
