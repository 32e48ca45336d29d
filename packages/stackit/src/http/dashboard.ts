import { access } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "./app-type.ts";
import { htmlPage } from "./html-page.ts";
import { pagePreloads } from "./page-preloads.ts";
import { noSuchRoute } from "./request-guards.ts";

/** Paths below these are never the dashboard's. */
const SERVER_PATHS = /^\/(?:api|auth|docs|problems|webhooks|healthz|readyz|metrics)(?:\/|$)/;
/** The build puts the hash of the content into each name here. */
const HASHED = "/assets/";
const FILE_ENDING =
  /\.(?:js|mjs|css|map|json|txt|xml|svg|png|jpe?g|gif|webp|avif|ico|woff2?|ttf|wasm|webmanifest)$/i;
const YEAR = "365d";

/**
 * Answers what no route answers: files of the built dashboard, and its page for every other path, so that links into
 * it work. A missing file is 404, never the page.
 */
export async function serveDashboard(app: App, webDir: string | undefined): Promise<void> {
  if (webDir !== undefined) {
    await app.register(fastifyStatic, {
      root: webDir,
      serve: false,
      suppressWarning: true,
      dotfiles: "ignore",
      preCompressed: true,
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "/";
    if (SERVER_PATHS.test(path) || !isRead(request)) throw noSuchRoute();
    if (isFile(path, request)) return sendFile(path, webDir, reply);
    return sendPage(webDir, reply, pagePreloads(path, request.repos));
  });
}

function isRead({ method }: FastifyRequest): boolean {
  return method === "GET" || method === "HEAD";
}

/** A person who opens a branch named `fix.js` wants the page; a `<script>` wants the file. */
function isFile(path: string, { headers }: FastifyRequest): boolean {
  if (path.startsWith(HASHED)) return true;
  return FILE_ENDING.test(path) && !headers.accept?.includes("text/html");
}

async function sendFile(
  path: string,
  webDir: string | undefined,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const name = decodeURIComponent(path.slice(1));
  const isPlain =
    !name.includes("\0") && name.split("/").every((part) => part !== "" && !part.startsWith("."));
  if (webDir === undefined || !isPlain || !(await exists(join(webDir, name)))) throw noSuchRoute();
  const isHashed = path.startsWith(HASHED);
  return isHashed
    ? reply.sendFile(name, { maxAge: YEAR, immutable: true })
    : reply.header("cache-control", "no-cache").sendFile(name, { cacheControl: false });
}

async function sendPage(
  webDir: string | undefined,
  reply: FastifyReply,
  preloads: string | undefined,
): Promise<FastifyReply> {
  reply.header("cache-control", "no-cache");
  if (preloads !== undefined) reply.header("link", preloads);
  if (webDir !== undefined && (await exists(join(webDir, "index.html")))) {
    return reply.code(200).sendFile("index.html", { cacheControl: false });
  }
  return reply.code(200).type("text/html; charset=utf-8").send(PLACEHOLDER);
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

const PLACEHOLDER = htmlPage(
  "Stackit",
  `<h1>Stackit is running</h1>
<p>The API answers, but the dashboard has not been built. Build it and reload this page:</p>
<pre>npm run build</pre>
<p><a href="/api/v1/docs">The API</a> · <a href="/api/v1/repos">Repositories</a></p>`,
);
