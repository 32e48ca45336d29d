import { describe, expect, test } from "vitest";
import type { LoggedEvent } from "../../src/contract/events.ts";
import { type AccessWorld, type SignedInBrowser, startAccessWorld } from "../support/access-world.ts";
import { EventReader } from "../support/event-reader.ts";
import { createScene } from "../support/git-scene.ts";
import { HandMadeRepo } from "../support/hand-made-repo.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { startServer, widget } from "../support/started-server.ts";
import { teamServer } from "../support/team-server.ts";

function refresh(repoId: string): LoggedEvent {
  const stacks = { created: [], changed: [], removed: [] };
  return { name: "refresh", data: { repoId, generation: 2, stacks, branches: [], truncated: false } };
}

/** `hidden` had the name `acme/secret-before`; `shown` is like it, and everybody of the team sees it. */
function repos() {
  const [shown, hidden] = [widget("shown", "acme/shown"), widget("hidden", "acme/secret")];
  hidden.relocate({ ...hidden.place, formerNames: ["acme/secret-before"] });
  return [
    [shown, "everyone"],
    [hidden, "forge"],
  ] as const;
}

/** All that an answer says, but what is each answer's own. */
async function saidBy(
  { origin }: AccessWorld,
  path: string,
  init: RequestInit,
): Promise<{ status: number; headers: object; body: string }> {
  const response = await fetch(origin + path, { ...init, redirect: "manual" });
  const { date, "x-request-id": id = "none", ...headers } = Object.fromEntries(response.headers);
  expect(date).toBeDefined();
  return { status: response.status, headers, body: (await response.text()).replace(id, "ID") };
}

const HIDDEN = ["hidden", "acme%2Fsecret", "ACME%2FSECRET", "acme%2Fsecret-before"];
const ABSENT = ["absent", "acme%2Fabsent", "ACME%2FABSENT", "acme%2Fabsent-before"];

/** Of a repository, what finds it. */
const NAMING: ReadonlySet<string | symbol> = new Set(["id", "kind", "owner", "name", "formerNames", "place"]);

/** What can be asked of a repository, with all that a client could send to be told more. */
function questions(world: AccessWorld, runId: string): ((fullName: string) => [string, RequestInit])[] {
  const headers = {
    "if-none-match": "*",
    "last-event-id": "x-1",
    prefer: "respond-async",
    "idempotency-key": "key",
  };
  return world.routes.flatMap(({ method, url }) => {
    const isOfRepo = /\/repos\/:(?:repo|owner)\b/.test(url);
    // One of those that a path does not take stands for all of them.
    const asked = Array.isArray(method) ? "PATCH" : String(method);
    const ask = (name: string): [string, RequestInit] => {
      const path = url
        .replace(":repo", name)
        .replace(":owner/:name", name.replace("%2F", "/"))
        .replace(":branch", "api")
        .replace("*", "api")
        .replace(":delivery", "none")
        .replace(":run", runId);
      // What a question lacks is told before anybody looks which repository it is about.
      const asks = /\/branch-(lines|image)\//.test(url) ? `?blob=${"a".repeat(40)}&start=1&end=2` : "";
      return [path + asks, { method: asked, headers }];
    };
    return isOfRepo ? [ask] : [];
  });
}

test("what may not be seen answers on every route as what is not there, by each of its names", async () => {
  await using world = await startAccessWorld({ repos: repos() });
  const run = await world.syncs.request("hidden", { trigger: "manual" }).finished;
  const callers = {
    elsewhere: (await world.signIn("elsewhere")).headers,
    "token for another": await world.token({ scopes: ["sync"], repos: ["shown"] }),
  };
  const reader = (await world.signIn("reader", { "acme/secret": "READ" })).headers;
  for (const repo of HIDDEN) {
    expect((await fetch(`${world.origin}/api/v1/repos/${repo}/view`, { headers: reader })).status).toBe(200);
  }
  for (const [who, headers] of Object.entries(callers)) {
    for (const ask of questions(world, run.id)) {
      for (const [index, hidden] of HIDDEN.entries()) {
        const [[path, init], [absentPath]] = [ask(hidden), ask(ABSENT[index] ?? "")];
        const all = { ...init, headers: { ...Object(init.headers), ...headers } };
        const [said, absent] = [await saidBy(world, path, all), await saidBy(world, absentPath, all)];
        expect.soft(said, `${init.method} ${path} by ${who}`).toEqual(absent);
        expect.soft([404, 405]).toContain(said.status);
      }
    }
  }
}, 60_000);

test("of what may not be seen nothing is read but what it is called, so that no answer about it takes longer", async () => {
  const [[shown], [hidden]] = repos();
  const read = new Set<string | symbol>();
  const watched = new Proxy(hidden, {
    get(target, name) {
      read.add(name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  await using world = await startAccessWorld({
    repos: [
      [shown, "everyone"],
      [watched, "forge"],
    ],
  });
  const { headers } = await world.signIn("elsewhere");
  read.clear();
  for (const ask of questions(world, "none")) {
    for (const name of HIDDEN.slice(0, 2)) {
      const [path, init] = ask(name);
      const { status } = await saidBy(world, path, {
        ...init,
        headers: { ...Object(init.headers), ...headers },
      });
      expect(status, path).toBeGreaterThanOrEqual(400);
    }
  }
  expect([...read].filter((name) => !NAMING.has(name))).toEqual([]);
  // Of one that is seen, more is.
  const reader = await world.signIn("reader", { "acme/secret": "READ" });
  await saidBy(world, "/api/v1/repos/hidden/view", { headers: reader.headers });
  expect(read).toContain("snapshot");
});

test("on a public server strangers see what is for everyone, and of the rest what is not there", async () => {
  const [shown, hidden] = repos();
  await using world = await startAccessWorld({ posture: "public", repos: [shown, [hidden[0], "team"]] });
  for (const ask of questions(world, "none")) {
    for (const [index, name] of HIDDEN.entries()) {
      const [[path, init], [absentPath]] = [ask(name), ask(ABSENT[index] ?? "")];
      const said = await saidBy(world, path, init);
      expect.soft(said, `${init.method} ${path}`).toEqual(await saidBy(world, absentPath, init));
    }
  }
  expect(await idsIn(await fetch(`${world.origin}/api/v1/repos`))).toEqual(["shown"]);
  expect(await (await fetch(`${world.origin}/api/v1/config`)).json()).toMatchObject({ singleRepo: true });
}, 60_000);

test("lists and what the dashboard is told of the server know of no hidden repository", async () => {
  await using world = await startAccessWorld({ repos: repos() });
  const [elsewhere, reader] = [
    await world.signIn("elsewhere"),
    await world.signIn("reader", { "acme/secret": "READ" }),
  ];
  const told = async (browser: SignedInBrowser) => ({
    repos: await idsIn(await browser.fetch("/api/v1/repos")),
    singleRepo: Object(await (await browser.fetch("/api/v1/config")).json()).singleRepo,
  });
  expect(await told(elsewhere)).toEqual({ repos: ["shown"], singleRepo: true });
  expect(await told(reader)).toEqual({ repos: ["shown", "hidden"], singleRepo: false });

  // What one of them was told is no answer for the other.
  for (const path of ["/api/v1/repos", "/api/v1/config"]) {
    const tag = (await reader.fetch(path)).headers.get("etag") ?? "";
    expect(await reader.status(path, { headers: { "if-none-match": tag } })).toBe(304);
    expect(await elsewhere.status(path, { headers: { "if-none-match": tag } })).toBe(200);
  }
});

test("the page of a hidden repository is that of one which is not there, and so is what comes with it", async () => {
  await using world = await startAccessWorld({ repos: repos() });
  const { headers } = await world.signIn("elsewhere");
  const reader = await world.signIn("reader", { "acme/secret": "READ" });
  for (const [hidden, absent] of [
    ["/r/acme/secret", "/r/acme/absent"],
    ["/r/acme/secret-before", "/r/acme/absent-before"],
    ["/r/local/hidden", "/r/local/absent"],
  ] as const) {
    for (const init of [{ headers }, {}]) {
      expect(await saidBy(world, hidden, init)).toEqual(await saidBy(world, absent, init));
    }
    expect((await reader.fetch(hidden)).headers.get("link")).toContain("</api/v1/repos/hidden/view>");
  }
});

test("a run of a hidden repository is not found in another one", async () => {
  await using world = await startAccessWorld({ repos: repos() });
  const run = await world.syncs.request("hidden", { trigger: "manual" }).finished;
  const elsewhere = await world.signIn("elsewhere");
  expect(await elsewhere.status(`/api/v1/repos/shown/sync-runs/${run.id}`)).toBe(404);
  const list = await (await elsewhere.fetch("/api/v1/repos/shown/sync-runs")).json();
  expect(list).toEqual({ runs: [] });
});

test("readiness tells of hidden repositories neither name nor number", async () => {
  const [shown] = repos();
  const unread = new HandMadeRepo("hidden", "acme/secret");
  await using world = await startAccessWorld({ repos: [shown, [unread, "forge"]] });
  const told = async (headers: Record<string, string>) =>
    Object(await (await fetch(`${world.origin}/readyz`, { headers })).json());
  const reader = (await world.signIn("reader", { "acme/secret": "READ" })).headers;
  const stranger = await told({});
  expect(stranger).toMatchObject({ code: "server/not-ready", waitingFor: [] });
  expect(stranger.detail).not.toMatch(/\d/);
  expect((await told(reader)).waitingFor).toEqual(["hidden"]);
});

test("measurements name all repositories, so on a team's server being on its machine is not enough", async () => {
  await using world = await startAccessWorld({ repos: repos(), config: { trustedProxies: [] } });
  const status = async (headers: Record<string, string> = {}) =>
    (await fetch(`${world.origin}/metrics`, { headers })).status;
  expect(await status()).toBe(404);
  expect(await status(await world.token({ scopes: ["sync"] }))).toBe(404);
  expect(await status(await world.token({ scopes: ["metrics"] }))).toBe(200);
  await using alone = await startServer();
  expect((await fetch(`${alone.origin}/metrics`)).status).toBe(200);
});

test("a key that somebody else used for a request means nothing", async () => {
  await using world = await startAccessWorld({ repos: repos() });
  const sync = (browser: SignedInBrowser) =>
    browser.fetch("/api/v1/repos/shown/sync", { method: "POST", headers: { "idempotency-key": "mine" } });
  const [one, other] = [
    await world.signIn("one", { "acme/shown": "WRITE" }),
    await world.signIn("other", { "acme/shown": "WRITE" }),
  ];
  const runs = [await sync(one), await sync(one), await sync(other)].map(async (answer) =>
    Object(await (await answer).json()),
  );
  const [first, again, others] = await Promise.all(runs);
  expect(again.id).toBe(first.id);
  expect(others.id).not.toBe(first.id);
  expect([first.requestedBy, others.requestedBy]).toEqual(["one", "other"]);
});

describe("a person who loses a repository while streams are open", () => {
  /** GitHub was asked about everybody again. */
  async function askedAgain(world: AccessWorld): Promise<void> {
    const before = world.github.requests.length;
    await world.accessClock.advance(25_000);
    await expect.poll(() => world.github.requests.length).toBeGreaterThan(before);
  }

  test("hears no more of it, and of the others goes on to hear", async () => {
    await using world = await startAccessWorld({ repos: repos() });
    const ada = await world.signIn("ada", { "acme/secret": "READ" });
    await using all = await EventReader.open(`${world.origin}/api/v1/events`, ada.headers);
    await using one = await EventReader.open(`${world.origin}/api/v1/repos/hidden/events`, ada.headers);
    world.events.append(refresh("hidden"));
    expect((await all.take(2)).map(({ data }) => data.repoId)).toEqual([undefined, "hidden"]);
    expect((await one.take(2)).map(({ data }) => data.repoId)).toEqual([undefined, "hidden"]);

    ada.person.repos.clear();
    await askedAgain(world);
    await expect.poll(() => ada.status("/api/v1/repos/hidden")).toBe(404);
    const since = all.lastId;
    for (const id of ["hidden", "shown"]) world.events.append(refresh(id));
    expect((await all.take(1)).map(({ data }) => data.repoId)).toEqual(["shown"]);
    // Nor is it told among what was missed.
    const again = `${world.origin}/api/v1/events?since=${since}`;
    await using later = await EventReader.open(again, ada.headers);
    expect((await later.take(2)).map(({ data }) => data.repoId)).toEqual([undefined, "shown"]);
  });

  test("is out of the stream of that repository at the next heartbeat", async () => {
    const clock = new ManualClock();
    await using world = await startAccessWorld({ repos: repos(), clock });
    const ada = await world.signIn("ada", { "acme/secret": "READ" });
    await using stream = await EventReader.open(`${world.origin}/api/v1/repos/hidden/events`, ada.headers);
    await stream.take(1);
    ada.person.repos.clear();
    await askedAgain(world);
    await expect.poll(() => ada.status("/api/v1/repos/hidden")).toBe(404);
    await clock.advance(15_000);
    expect(await stream.next()).toBeUndefined();
  });

  test("also when another repository takes its name, which the person may read", async () => {
    await using world = await startAccessWorld({ repos: repos() });
    const ada = await world.signIn("ada", { "acme/secret": "READ" });
    expect(await ada.status("/api/v1/repos/hidden")).toBe(200);
    world.github.repos.set("acme/secret", 987_654);
    await askedAgain(world);
    await expect.poll(() => ada.status("/api/v1/repos/hidden")).toBe(404);
  });
});

test("the runs of a folder that is served a second time, hidden, do not tell its other id", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  await using team = await teamServer(() => [
    { kind: "working-copy", id: "ours", path: scene.path, visibility: "team" },
    { kind: "working-copy", id: "hidden", path: scene.path },
  ]);
  const { github } = team;
  const root = await team.signIn(github.person("root"));
  const run = Object(await (await root.fetch("/api/v1/repos/hidden/sync", { method: "POST" })).json());
  const ada = await team.signIn(github.person("ada"));
  const list = Object(await (await ada.fetch("/api/v1/repos/ours/sync-runs")).json());
  expect(list.runs.map(({ repoId }: { repoId: string }) => repoId)).toContain("ours");
  const one = await ada.fetch(`/api/v1/repos/ours/sync-runs/${run.id}`);
  for (const told of [JSON.stringify(list), await one.text()]) expect(told).not.toContain('"hidden"');
});

test("who can read what took the name of a repository on GitHub does not see the one that is served", async () => {
  await using team = await teamServer(({ url }) => [
    {
      kind: "mirror",
      id: "shop",
      url: new URL("/acme/shop.git", url),
      owner: "acme",
      name: "shop",
    },
  ]);
  const { github } = team;
  const ada = await team.signIn(github.person("ada", { "acme/shop": "READ" }));
  expect(await ada.status("/api/v1/repos/shop")).toBe(200);
  github.repos.set("acme/shop", 987_654);
  const robin = await team.signIn(github.person("robin", { "acme/shop": "ADMIN" }));
  expect(await robin.status("/api/v1/repos/shop")).toBe(404);
});

async function idsIn(response: Response): Promise<string[]> {
  const { repos } = Object(await response.json());
  return repos.map(({ id }: { id: string }) => id);
}
