import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../src/http/app-type.ts";
import { type AccessWorld, type Posture, startAccessWorld, withEachApp } from "../support/access-world.ts";
import { startServer, widget } from "../support/started-server.ts";

const CALLERS = [
  "nobody",
  "expired",
  "elsewhere",
  "reader",
  "member",
  "operator",
  "token to read",
  "token to sync",
  "token to measure",
  "token for another",
] as const;
type Who = (typeof CALLERS)[number];

/**
 * What each route answers to whom. On a team's server: to nobody in particular, to a session that has ended, to somebody who may not see
 * the repository, to its reader and member, to an operator, and to tokens: to read, to sync, to measure, and to sync another repository.
 * On a local and on a public server: to all of these. A row stands for the route's other forms too: HEAD beside GET, the repository by
 * its owner and name, and a branch whose slashes are not encoded.
 */
const TABLE = `
                                        nobody ended other  reader member oper  read sync meas wrong  local public

GET    /healthz                            200   200   200     200    200  200   200  200  200   200    200    200
GET    /readyz                             200   200   200     200    200  200   200  200  200   200    200    200
GET    /metrics                            404   404   404     404    404  200   404  404  200   404    404    404
GET    /api/v1/healthz                     200   200   200     200    200  200   200  200  200   200    200    200
GET    /api/v1/readyz                      200   200   200     200    200  200   200  200  200   200    200    200
GET    /api/v1/metrics                     404   404   404     404    404  200   404  404  200   404    404    404
GET    /docs                               200   200   200     200    200  200   200  200  200   200    200    200
GET    /docs/*                             200   200   200     200    200  200   200  200  200   200    200    200
GET    /problems                           200   200   200     200    200  200   200  200  200   200    200    200
GET    /problems/*                         200   200   200     200    200  200   200  200  200   200    200    200
GET    /api/v1/config                      200   200   200     200    200  200   200  200  200   200    200    200
GET    /api/v1/openapi.json                200   200   200     200    200  200   200  200  200   200    200    200
GET    /api/v1/docs                        200   200   200     200    200  200   200  200  200   200    200    200

GET    /api/v1/repos                       401   401   200     200    200  200   200  200  200   200    200    200
POST   /api/v1/repos                       401   401   400     400    400  400   400  400  400   400    400    405
GET    /api/v1/audit                       401   401   403     403    403  200   403  403  403   403    200    404
GET    /api/v1/ops/webhooks                401   401   403     403    403  200   403  403  403   403    200    404
GET    /api/v1/ops                         401   401   403     403    403  200   403  403  403   403    200    404
GET    /api/v1/activity                    401   401   200     200    200  200   200  200  200   200    200    200
GET    /api/v1/events                      401   401   200     200    200  200   200  200  200   200    200    200
GET    /api/v1/repos/:repo                 401   401   404     200    200  200   200  200  404   404    200    200
DELETE /api/v1/repos/:repo                 401   401   404     403    403  409   403  403  404   404    409    405
GET    /api/v1/repos/:repo/view            401   401   404     200    200  200   200  200  404   404    200    200
GET    /api/v1/repos/:repo/view-changes    401   401   404     200    200  200   200  200  404   404    200    200
GET    /api/v1/repos/:repo/stacks          401   401   404     200    200  200   200  200  404   404    200    200
GET    /api/v1/repos/:repo/stacks/:branch  401   401   404     200    200  200   200  200  404   404    200    200
GET    /api/v1/repos/:repo/branches        401   401   404     200    200  200   200  200  404   404    200    200
GET    /api/v1/repos/:repo/branches/:branch
                                           401   401   404     200    200  200   200  200  404   404    200    200
GET    /api/v1/repos/:repo/branch-diff/:branch
                                           401   401   404     200    200  200   200  200  404   404    200    200
GET    /api/v1/repos/:repo/branch-lines/:branch
                                           401   401   404     200    200  200   200  200  404   404    200    200
GET    /api/v1/repos/:repo/branch-image/:branch
                                           401   401   404     200    200  200   200  200  404   404    200    200
GET    /api/v1/repos/:repo/branch-pushes/:branch
                                           401   401   404     200    200  200   200  200  404   404    200    200
GET    /api/v1/repos/:repo/branch-compare/:branch
                                           401   401   404     404    404  404   404  404  404   404    404    404
GET    /api/v1/repos/:repo/sync-runs       401   401   404     200    200  200   200  200  404   404    200    200
GET    /api/v1/repos/:repo/sync-runs/:run  401   401   404     200    200  200   200  200  404   404    200    200
POST   /api/v1/repos/:repo/sync-runs/:run/cancel
                                           401   401   404     403    403  404   403  403  404   404    404    405
GET    /api/v1/repos/:repo/activity        401   401   404     200    200  200   200  200  404   404    200    200
GET    /api/v1/repos/:repo/events          401   401   404     200    200  200   200  200  404   404    200    200
POST   /api/v1/repos/:repo/sync            401   401   404     403    200  200   403  200  404   404    200    405
POST   /api/v1/repos/:repo/reclone         401   401   404     403    403  409   403  403  404   404    409    405
POST   /api/v1/repos/:repo/repair          401   401   404     403    403  409   403  403  404   404    409    405
POST   /api/v1/repos/:repo/stacks/:root/submit
                                           401   401   404     403    409  409   403  409  404   404    409    405
GET    /api/v1/repos/:repo/submissions/:submission
                                           401   401   404     404    404  404   404  404  404   404    404    404
GET    /api/v1/repos/:repo/webhooks/:delivery
                                           401   401   404     403    403  404   403  403  404   404    404    404
POST   /api/v1/repos/:repo/webhooks/:delivery/replay
                                           401   401   404     403    403  404   403  403  404   404    404    405

POST   /api/v1/webhooks/github             401   401   401     401    401  401   401  401  401   401    401    401

GET    /auth/login                         302   302   302     302    302  302   302  302  302   302    404    404
GET    /auth/callback                      302   302   302     302    302  302   302  302  302   302    404    404
GET    /auth/me                            401   401   200     200    200  200   401  401  401   401    404    404
GET    /auth/sessions                      401   401   200     200    200  200   401  401  401   401    404    404
DELETE /auth/sessions/:id                  401   401   404     404    404  404   401  401  401   401    404    405
POST   /auth/logout                        204   204   204     204    204  204   204  204  204   204    404    405
`;

const rows = new Map<string, readonly number[]>(
  TABLE.trim()
    .split("\n")
    .slice(1)
    .join("\n")
    // A long path has its numbers in the next line.
    .replaceAll(/\n {30,}/g, "  ")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [method, path, ...statuses] = line.split(/ +/);
      return [`${method} ${path}`, statuses.map(Number)] as const;
    }),
);

function expected(row: string, who: Who, posture: Posture): number | undefined {
  const column = { team: CALLERS.indexOf(who), local: CALLERS.length, public: CALLERS.length + 1 };
  return rows.get(row)?.[column[posture]];
}

/** The row that stands for a route. */
function rowOf(method: string, pattern: string): string {
  const path = pattern
    .replace("/repos/:owner/:name", "/repos/:repo")
    .replace(
      /\/(stacks|branches|branch-diff|branch-lines|branch-image|branch-pushes|branch-compare)\/\*$/,
      "/$1/:branch",
    );
  return `${method === "HEAD" ? "GET" : method} ${path}`;
}

interface Route {
  readonly method: string;
  readonly pattern: string;
}

/** Those that do something, without those that say that a path does not take a method. */
function routesOf({ routes }: AccessWorld): Route[] {
  return routes.flatMap(({ method, url }) =>
    Array.isArray(method) ? [] : [{ method: String(method), pattern: url }],
  );
}

function pathOf(pattern: string, runId: string): string {
  const { file, image } = widget();
  const query = Object.entries({
    "/branch-lines/": `?blob=${file.blob}&start=1&end=1`,
    "/branch-image/": `?blob=${image.blob}`,
  }).find(([part]) => pattern.includes(part));
  return `${pattern}${query?.[1] ?? ""}`
    .replace("/docs/*", "/docs/contract")
    .replace("/problems/*", "/problems/repo/not-found")
    .replace(":repo", "widget")
    .replace(":owner/:name", "acme/widget")
    .replace(":branch", "feat%2Flogin")
    .replace("*", "feat/login")
    .replace(":run", runId)
    .replace(":delivery", "none")
    .replace(":id", "none");
}

const docsDir = fileURLToPath(new URL("../../../..", import.meta.url));
const FROM_ELSEWHERE = { "x-forwarded-for": "203.0.113.9" };
const repos = () =>
  [
    [widget("widget", "acme/widget"), "forge"],
    [widget("another", "acme/another"), "operators"],
  ] as const;

let worlds: Record<Posture, AccessWorld>;
let headers: Record<Who, Record<string, string>>;

beforeAll(async () => {
  const team = await startAccessWorld({ repos: repos(), config: { webhookSecrets: ["a secret"], docsDir } });
  worlds = { team, local: await openTo("local"), public: await openTo("public") };
  const expired = await team.signIn("expired", { "acme/widget": "WRITE" });
  team.expireSessions();
  headers = {
    nobody: {},
    expired: expired.headers,
    elsewhere: (await team.signIn("elsewhere")).headers,
    reader: (await team.signIn("reader", { "acme/widget": "READ" })).headers,
    member: (await team.signIn("member", { "acme/widget": "WRITE" })).headers,
    operator: (await team.signIn("root")).headers,
    "token to read": await team.token({ scopes: ["read"] }),
    "token to sync": await team.token({ scopes: ["sync"], repos: ["widget"] }),
    "token to measure": await team.token({ scopes: ["metrics"] }),
    "token for another": await team.token({ scopes: ["sync"], repos: ["another"] }),
  };
});

afterAll(async () => {
  for (const world of Object.values(worlds)) await world[Symbol.asyncDispose]();
});

function openTo(posture: "local" | "public"): Promise<AccessWorld> {
  const [[shown], [hidden]] = repos();
  const everybodys = [
    [shown, "everyone"],
    [hidden, "team"],
  ] as const;
  return startAccessWorld({ posture, repos: everybodys, config: { webhookSecrets: ["a secret"], docsDir } });
}

/** The status of an answer that may never end. */
async function statusOf(
  { origin }: AccessWorld,
  method: string,
  path: string,
  more: Record<string, string>,
): Promise<number> {
  const hangUp = new AbortController();
  const response = await fetch(origin + path, {
    method,
    headers: { ...FROM_ELSEWHERE, ...more },
    redirect: "manual",
    signal: hangUp.signal,
  });
  hangUp.abort();
  return response.status;
}

async function lastRunOf({ syncs }: AccessWorld): Promise<string> {
  return (await syncs.request("widget", { trigger: "manual" }).finished).id;
}

test("every route has a row in the table, and every row a route", () => {
  const known = new Set(
    Object.values(worlds).flatMap((world) =>
      routesOf(world).map(({ method, pattern }) => rowOf(method, pattern)),
    ),
  );
  expect([...known].filter((row) => !rows.has(row))).toEqual([]);
  expect([...rows.keys()].filter((row) => !known.has(row))).toEqual([]);
  for (const [row, statuses] of rows) expect(statuses.length, row).toBe(CALLERS.length + 2);
});

describe.each(["team", "local", "public"] as const)("on a %s server", (posture) => {
  test.each(CALLERS)("each route answers %s as the table says", async (who) => {
    const world = worlds[posture];
    // What only a team's server has is asked of the others too.
    const routes = routesOf(worlds.team);
    const runId = await lastRunOf(world);
    // Signing out comes last.
    const ordered = routes.toSorted((a, b) => order(a) - order(b));
    for (const { method, pattern } of ordered) {
      const row = rowOf(method, pattern);
      const status = await statusOf(world, method, pathOf(pattern, runId), headers[who]);
      expect.soft(status, `${method} ${pattern}`).toBe(expected(row, who, posture));
    }
  });

  test("a method that a path does not take is refused to all alike", async () => {
    const world = worlds[posture];
    for (const { method, url } of world.routes) {
      if (!Array.isArray(method)) continue;
      for (const who of CALLERS) {
        const status = await statusOf(world, "PATCH", pathOf(url, "none"), headers[who]);
        expect.soft(status, `PATCH ${url} by ${who}`).toBe(405);
      }
    }
  });

  test("the dashboard's page is answered to all, since it is what says that one has to sign in", async () => {
    const world = worlds[posture];
    for (const who of CALLERS) {
      const ask = (path: string) => statusOf(world, "GET", path, headers[who]);
      expect.soft(await ask("/"), who).toBe(200);
      expect.soft(await ask("/r/acme/another"), who).toBe(200);
      expect.soft(await ask("/sign-in"), who).toBe(200);
      expect.soft(await ask("/assets/none.js"), who).toBe(404);
      expect.soft(await ask("/api/v1/none"), who).toBe(404);
      expect.soft(await ask("/auth/none"), who).toBe(404);
    }
  });
});

function order({ pattern }: Route): number {
  return pattern === "/auth/logout" ? 1 : 0;
}

test("a server does not start with a route that does not say whom it answers", async () => {
  const addOne = (app: App): void => {
    app.addHook("onRegister", (scope) => {
      if (scope.prefix === "/api/v1") scope.get("/new", async () => "");
    });
  };
  const started = withEachApp(addOne, () => startServer());
  await expect(started).rejects.toThrow("GET /api/v1/new does not say whom it answers");
});
