import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { EventReader } from "../support/event-reader.ts";
import type { DoublePerson, GithubPeopleDouble } from "../support/github-people-double.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { serveFolders } from "../support/served-folders.ts";
import { type Browser, type TeamServer, teamServer } from "../support/team-server.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/** A server for an organisation and for one who is listed by login. It serves what GitHub says who may read. */
async function acmeServer(options: { allowedUsers?: string[]; dataDir?: string } = {}) {
  const clock = new ManualClock();
  const team = await teamServer(
    (github) => [
      {
        kind: "mirror",
        id: "shop",
        url: new URL(`${github.url.origin}/acme/shop.git`),
        owner: "acme",
        name: "shop",
      },
    ],
    { allowedUsers: ["robin"], allowedOrg: "acme", clock, ...options },
  );
  return Object.assign(team, { clock });
}

const listen = (team: TeamServer, browser: Browser, path = "/events") =>
  EventReader.open(`${team.url}/api/v1${path}`, { cookie: cookieOf(browser) });

const cookieOf = ({ cookies }: Browser): string =>
  [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");

/** Settles when there is nothing more to come. */
async function ended(events: EventReader): Promise<void> {
  while (await events.next());
}

/** Answers each question about a person in GitHub's place. */
function answerAll(github: GithubPeopleDouble, status: number, body: object): void {
  github.front = ({ url }, response) => {
    if (url !== "/api/graphql") return false;
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    return true;
  };
}

const removals: [string, (github: GithubPeopleDouble, person: DoublePerson) => void][] = [
  ["left the organisation", (_, { orgs }) => orgs.clear()],
  ["took the sign-in back", (github, person) => github.revokeAll(person)],
  ["was suspended", (github) => answerAll(github, 403, { message: "Sorry. Your account was suspended" })],
];
test.for(removals)(
  "the stream of one who %s ends within a minute, and the next request is 401",
  async ([, remove]) => {
    await using team = await acmeServer();
    const mira = team.github.person("mira", {}, ["acme"]);
    const browser = await team.signIn(mira);
    await using events = await listen(team, browser);
    expect(await events.next()).toMatchObject({ name: "connected" });
    remove(team.github, mira);
    await team.clock.advance(MINUTE_MS / 2);
    await ended(events);
    const refused = await browser.fetch("/api/v1/repos");
    expect([refused.status, await refused.json()]).toEqual([
      401,
      expect.objectContaining({ code: "access/sign-in-required" }),
    ]);
    expect(await browser.status("/api/v1/events")).toBe(401);
  },
);

test("who is taken off the list is out when the server starts again", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "stackit-removed-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  await using team = await teamServer(() => [], { allowedUsers: ["ada", "robin"], dataDir });
  const [ada, robin] = [
    await team.signIn(team.github.person("ada")),
    await team.signIn(team.github.person("robin")),
  ];
  const signIn = { ...team.opening.signIn, allowedUsers: new Set(["robin"]) };
  await using next = await serveFolders([], { ...team.opening, signIn, dataDir });
  const there = (browser: Browser) =>
    fetch(`${next.url}/api/v1/repos`, { headers: { cookie: cookieOf(browser) } });
  expect((await there(ada)).status).toBe(401);
  expect((await there(robin)).status).toBe(200);
});

test("a login on the list stands for who came with it first: they keep their place under another, and who takes it over gets none", async () => {
  await using team = await acmeServer();
  const { github, clock } = team;
  const [robin, root] = [github.person("robin"), github.person("root")];
  const browser = await team.signIn(robin);
  await team.signIn(root);
  [robin.login, root.login] = ["robin-the-second", "nobody"];
  await clock.advance(MINUTE_MS);
  expect(await (await browser.fetch("/auth/me")).json()).toMatchObject({ login: "robin-the-second" });
  expect(await (await (await team.signIn(root)).fetch("/auth/me")).json()).toMatchObject({
    login: "nobody",
    isOperator: true,
  });
  for (const taken of ["robin", "ROOT"]) {
    const taker = await team.signIn(github.person(taken));
    expect(await taker.status("/auth/me")).toBe(401);
  }
  const member = await team.signIn(github.person("root", {}, ["acme"]));
  expect(await (await member.fetch("/auth/me")).json()).toMatchObject({ isOperator: false });
});

test("one of the organisation who takes another login stays who they are", async () => {
  await using team = await acmeServer();
  const mira = team.github.person("mira", { "acme/shop": "READ" }, ["acme"]);
  const browser = await team.signIn(mira);
  mira.login = "mira-k";
  await team.clock.advance(MINUTE_MS);
  expect(await (await browser.fetch("/auth/me")).json()).toMatchObject({ login: "mira-k" });
  expect(await browser.status("/api/v1/repos/shop")).toBe(200);
});

test("a repository that GitHub lets somebody read no more is not there for them, and its stream ends", async () => {
  await using team = await acmeServer();
  const mira = team.github.person("mira", { "acme/shop": "READ" }, ["acme"]);
  const browser = await team.signIn(mira);
  expect(await browser.status("/api/v1/repos/shop")).toBe(200);
  await using events = await listen(team, browser, "/repos/shop/events");
  expect(await events.next()).toMatchObject({ name: "connected" });
  mira.repos.clear();
  await team.clock.advance(MINUTE_MS);
  expect(await browser.status("/api/v1/repos/shop")).toBe(404);
  await team.clock.advance(MINUTE_MS / 2);
  await ended(events);
  expect(await browser.status("/api/v1/repos/shop/events")).toBe(404);
  expect(await (await browser.fetch("/api/v1/repos")).json()).toMatchObject({ repos: [] });
});

/** Answers each as GitHub does to whom their organisation asks for its own single sign-on first. */
function wantSso(github: GithubPeopleDouble): void {
  github.front = ({ url, headers }, response) => {
    const person = github.tokens.get(headers.authorization?.replace("Bearer ", "") ?? "");
    if (url !== "/api/graphql" || !person) return false;
    const errors = [["viewer", "organization"], ["r0"]].map((path) => ({
      type: "FORBIDDEN",
      path,
      extensions: { saml_failure: true },
      message: "Resource protected by organization SAML enforcement.",
    }));
    const viewer = { databaseId: person.id, login: person.login, organization: null };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ data: { viewer, r0: null }, errors }));
    return true;
  };
}

test("what GitHub left out of an answer stays as it was for 15 minutes, and opens nothing", async () => {
  await using team = await acmeServer();
  const { github, clock } = team;
  const member = await team.signIn(github.person("mira", { "acme/shop": "READ" }, ["acme"]));
  const listed = await team.signIn(github.person("robin", { "acme/shop": "READ" }));
  wantSso(github);
  await clock.advance(MINUTE_MS);
  expect(await member.status("/api/v1/repos/shop")).toBe(200);
  expect(await listed.status("/api/v1/repos/shop")).toBe(200);
  const late = await team.signIn(github.person("late", { "acme/shop": "READ" }, ["acme"]));
  expect(await late.status("/auth/me")).toBe(401);

  await clock.advance(16 * MINUTE_MS);
  expect(await member.status("/api/v1/repos/shop")).toBe(503);
  expect(await listed.status("/api/v1/repos")).toBe(200);
  expect(await listed.status("/api/v1/repos/shop")).toBe(404);
  github.front = undefined;
  expect(await member.status("/api/v1/repos/shop")).toBe(200);
});

test("while GitHub is silent nobody waits for it twice, and after 15 minutes it is 503 until it answers", async () => {
  await using team = await acmeServer();
  const { github, clock } = team;
  const browser = await team.signIn(github.person("mira", {}, ["acme"]));
  const unanswered: (() => void)[] = [];
  await clock.advance(MINUTE_MS);
  answerAll(github, 502, {});
  expect(await browser.status("/api/v1/repos")).toBe(200);

  let asked = 0;
  github.front = ({ url }, response) => {
    if (url !== "/api/graphql") return false;
    asked++;
    unanswered.push(() => response.writeHead(502).end());
    return true;
  };
  for (let times = 0; times < 10; times++) expect(await browser.status("/api/v1/repos")).toBe(200);
  expect(asked).toBeLessThanOrEqual(1);
  for (const answer of unanswered) answer();

  answerAll(github, 502, {});
  await clock.advance(15 * MINUTE_MS);
  const refused = await browser.fetch("/api/v1/repos");
  expect([refused.status, refused.headers.get("retry-after"), await refused.json()]).toEqual([
    503,
    "15",
    expect.objectContaining({ code: "access/unverified" }),
  ]);
  github.front = undefined;
  expect(await browser.status("/api/v1/repos")).toBe(200);
});

test("a sign-in that took more than ten minutes begins again", async () => {
  await using team = await acmeServer();
  const browser = team.browser();
  team.github.signedIn = team.github.person("mira", {}, ["acme"]);
  const back = await browser.follow(await browser.follow("/auth/login?return=%2Fr%2Fx"));
  await team.clock.advance(10 * MINUTE_MS + 1);
  expect(await browser.follow(back)).toBe("/sign-in?refused=expired&return=%2F");
  expect(await browser.status("/auth/me")).toBe(401);
});
