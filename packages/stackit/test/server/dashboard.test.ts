import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HandMadeRepo } from "../support/hand-made-repo.ts";
import { type StartedServer, startServer, widget } from "../support/started-server.ts";

const PAGE = "<!doctype html><title>Stacks</title>";

/** A built dashboard, removed on disposal. */
async function builtDashboard() {
  const folder = await mkdtemp(join(tmpdir(), "stackit-web-"));
  const webDir = join(folder, "web");
  await mkdir(join(webDir, "assets"), { recursive: true });
  await mkdir(join(webDir, "fonts.d"));
  await writeFile(join(folder, "secret.txt"), "secret");
  await writeFile(join(webDir, "index.html"), PAGE);
  await writeFile(join(webDir, "favicon.svg"), "<svg/>");
  await writeFile(join(webDir, ".env"), "secret");
  await writeFile(join(webDir, "assets", "index-D3adB33f.js"), "export {};");
  await writeFile(join(webDir, "assets", "index-D3adB33f.css"), "body {}");
  await writeFile(join(webDir, "assets", "geist.woff2"), "font");
  return { webDir, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

const get = (server: StartedServer, url: string, headers: Record<string, string> = {}) =>
  server.app.inject({ url, headers });

test.each([
  "/",
  "/index.html",
  "/r/default",
  "/r/default/b/feat%2Flogin?tab=diff",
  "/r/default/b/release-1.2",
])("the page is served at %s and looked at again each time", async (url) => {
  await using built = await builtDashboard();
  await using server = await startServer({ config: { webDir: built.webDir } });
  const answer = await get(server, url, { accept: "text/html,*/*" });
  expect([answer.statusCode, answer.body]).toEqual([200, PAGE]);
  expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(answer.headers["cache-control"]).toBe("no-cache");
  expect(answer.headers["content-security-policy"]).toContain("default-src 'self'");
  const again = await get(server, url, { "if-none-match": String(answer.headers.etag) });
  expect(again.statusCode).toBe(304);
});

test("with the page of a repository the browser is told what the page asks for first, as its scripts would ask", async () => {
  await using built = await builtDashboard();
  const unread = new HandMadeRepo("unread");
  const repos = [widget("shop", "acme/Shop"), unread];
  await using server = await startServer({ config: { webDir: built.webDir }, repos });
  const preloads = async (url: string) => {
    const { link } = (await get(server, url)).headers;
    return typeof link === "string" ? link.split(", ") : link;
  };
  const preload = (path: string) => `</api/v1/${path}>; rel=preload; as=fetch; crossorigin`;
  const shop = ["config", "repos", "repos/shop", "repos/shop/view"].map(preload);
  expect(await preloads("/r/acme/shop")).toEqual(shop);
  expect(await preloads("/r/ACME/Shop/-/branch/api?tab=diff")).toEqual(shop);
  expect(await preloads("/r/local/unread")).toEqual(["config", "repos", "repos/unread"].map(preload));
  for (const url of ["/", "/activity", "/r/acme", "/r/acme/other", "/r/local/%E0%A4%A"]) {
    expect(await preloads(url)).toBeUndefined();
  }
});

test("a branch that is called like a file has its page when a person opens it", async () => {
  await using built = await builtDashboard();
  await using server = await startServer({ config: { webDir: built.webDir } });
  const answer = await get(server, "/r/default/b/fix.js", { accept: "text/html,application/xhtml+xml" });
  expect([answer.statusCode, answer.body]).toEqual([200, PAGE]);
});

test("files with a hash in their name are kept for ever, others are asked for again", async () => {
  await using built = await builtDashboard();
  await using server = await startServer({ config: { webDir: built.webDir } });
  const script = await get(server, "/assets/index-D3adB33f.js");
  expect([script.statusCode, script.body]).toEqual([200, "export {};"]);
  expect(script.headers["content-type"]).toMatch(/^(text|application)\/javascript/);
  expect(script.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  const icon = await get(server, "/favicon.svg");
  expect([icon.statusCode, icon.body, icon.headers["cache-control"]]).toEqual([200, "<svg/>", "no-cache"]);
});

test.each([
  "/assets/gone.js",
  "/assets/gone",
  "/assets/",
  "/gone.css",
  "/r/default/gone.woff2",
  "/secret.txt",
  "/assets/..%2f..%2fsecret.txt",
  "/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
  "/assets/..%5c..%5csecret.txt",
  "/assets/index-D3adB33f.js%00.css",
  "/assets/index-D3adB33f.js/",
  "/assets//index-D3adB33f.js",
])("%s is not found, and is never the page", async (url) => {
  await using built = await builtDashboard();
  await using server = await startServer({ config: { webDir: built.webDir } });
  const answer = await get(server, url);
  expect([answer.statusCode, answer.json().code]).toEqual([404, "request/not-found"]);
  expect(answer.body).not.toContain("secret");
});

test.each([
  "/api",
  "/api/v1",
  "/api/v2/config",
  "/auth/login",
  "/webhooks/github",
  "/metrics/x",
  "/problems/x",
])("%s is the server's and never the dashboard's", async (url) => {
  await using built = await builtDashboard();
  await using server = await startServer({ config: { webDir: built.webDir } });
  const answer = await get(server, url, { accept: "text/html" });
  expect([answer.statusCode, answer.json().code]).toEqual([404, "request/not-found"]);
});

test("without a built dashboard a page says how to build it, and files are not found", async () => {
  for (const webDir of [undefined, join(tmpdir(), "stackit-no-such-folder")]) {
    await using server = await startServer({ config: webDir ? { webDir } : {} });
    const answer = await get(server, "/r/default");
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain("npm run build");
    expect((await get(server, "/assets/index.js")).statusCode).toBe(404);
  }
});

test("a dashboard that is built while the server runs is served", async () => {
  await using built = await builtDashboard();
  await rm(join(built.webDir, "index.html"));
  await using server = await startServer({ config: { webDir: built.webDir } });
  expect((await get(server, "/")).body).toContain("npm run build");
  await writeFile(join(built.webDir, "index.html"), PAGE);
  expect((await get(server, "/")).body).toBe(PAGE);
});
