import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { GithubApp } from "../../src/forge/github-app.ts";
import { GithubAppCredentials } from "../../src/forge/github-app-credentials.ts";
import { RefLooker } from "../../src/git/wire/ls-refs.ts";
import { Mirror } from "../../src/repos/mirror.ts";
import { runCommand, startServe } from "../support/cli.ts";
import { EventReader } from "../support/event-reader.ts";
import { filesBelow } from "../support/files-below.ts";
import { type GitHttpHost, gitHttpHost } from "../support/git-http-host.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { type GithubDouble, githubDouble } from "../support/github-double.ts";
import { RecordingSpawner } from "../support/recording-spawner.ts";
import { testSecret } from "../support/test-secret.ts";

const PERSONS_TOKEN = testSecret("a-token-of-a-person");
const basic = (token: string | undefined) =>
  `Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;

/** The others read pull requests. */
const forFetching = ({ tokens }: GithubDouble) =>
  tokens.filter(({ permissions }) => permissions.pull_requests === undefined);

interface World extends AsyncDisposable {
  readonly upstream: Scene;
  readonly host: GitHttpHost;
  readonly github: GithubDouble;
  /** All that the server is told about GitHub. */
  readonly env: Record<string, string>;
  isPublic: boolean;
  /** Writes the list of repositories, and returns the flags that name it. */
  flags(repos: readonly object[]): Promise<string[]>;
}

/** A GitHub with the private repository `octo/widget`, whose Git host takes the tokens that were made there, and one of a person. */
async function githubWorld(): Promise<World> {
  const upstream = await createScene(
    (writer) => {
      writer.commit("main");
      writer.stacked("api", "main");
    },
    { bare: true },
  );
  const host = await gitHttpHost(dirname(upstream.path));
  const github = await githubDouble();
  github.addRepository("octo/widget");
  const world: World = {
    upstream,
    host,
    github,
    env: {
      STACKIT_GITHUB_URL: host.url,
      STACKIT_GITHUB_API_URL: github.apiUrl.href,
      STACKIT_GITHUB_APP_ID: github.appId,
      STACKIT_GITHUB_APP_PRIVATE_KEY: github.privateKey.replaceAll("\n", "\\n"),
      STACKIT_LOG: "trace",
    },
    isPublic: false,
    async flags(repos) {
      const list = join(upstream.root, "repos.json");
      await writeFile(list, JSON.stringify({ repos }));
      return ["--repos-config", list, "--data-dir", join(upstream.root, "data")];
    },
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await github[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
  host.front = (request, response) => {
    const { authorization } = request.headers;
    const [, fullName = "", rest = ""] = /^\/([^/]+\/[^/]+?)\.git(\/.*)$/.exec(request.url ?? "") ?? [];
    request.url = `/repo.git${rest}`;
    const mayRead = authorization === basic(PERSONS_TOKEN) || github.mayRead(authorization, fullName);
    if (mayRead || world.isPublic) return false;
    response.writeHead(401, { "www-authenticate": 'Basic realm="GitHub"' }).end(authorization);
    return true;
  };
  return world;
}

/** Serves `repos` and waits until each was synced once. */
async function serving(world: World, repos: readonly object[], env: Record<string, string> = {}) {
  const flags = await world.flags(repos.map((repo) => ({ syncInterval: "0", ...repo })));
  const server = await startServe(flags, { cwd: world.upstream.root, env: { ...world.env, ...env } });
  const command = (...args: string[]) => runCommand([...args, "--server", server.url], { cwd: "/" });
  return { server, command, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const widget = ({ host }: World, more: object = {}) => ({
  id: "widget",
  url: `${host.url}/octo/widget.git`,
  ...more,
});

test("a private repository is mirrored with tokens of the App, and one that was revoked is replaced", async () => {
  await using world = await githubWorld();
  const { github, host, upstream } = world;
  github.install("octo/widget");
  await using served = await serving(world, [widget(world)]);
  expect((await served.command("sync", "widget")).code).toBe(0);
  expect(forFetching(github)).toMatchObject([{ repositories: ["octo/widget"] }]);

  for (const token of github.tokens) token.isRevoked = true;
  await upstream.git("branch", "more", "api");
  expect((await served.command("sync", "widget")).stdout).toMatch(/\[new branch\] +more/);
  expect(forFetching(github)).toHaveLength(2);
  expect(new Set(host.credentials)).toEqual(new Set(forFetching(github).map(({ token }) => basic(token))));
});

test("a token that ends between the look and the fetch is replaced, and the fetch goes on", async () => {
  await using world = await githubWorld();
  const { github, host, upstream } = world;
  github.install("octo/widget");
  await using served = await serving(world, [widget(world)]);
  expect((await served.command("sync", "widget")).code).toBe(0);
  await upstream.git("branch", "more", "api");
  await upstream.commit("more");
  const { front } = host;
  host.front = (request, response, ask) => {
    const isAnswered = front?.(request, response, ask) ?? false;
    for (const token of forFetching(github).slice(0, 1)) token.isRevoked = true;
    return isAnswered;
  };
  expect((await served.command("sync", "widget")).stdout).toMatch(/\[new branch\] +more/);
  expect(forFetching(github)).toHaveLength(2);
});

test("an entry's own credentials come before the App, and the App before the token for GitHub", async () => {
  await using world = await githubWorld();
  const { github, host } = world;
  github.install("octo/widget");
  github.addRepository("octo/alone");
  await using elsewhere = await gitHttpHost(dirname(world.upstream.path));
  await using served = await serving(
    world,
    [
      widget(world, { id: "own", credentialEnv: "PERSONS_TOKEN" }),
      widget(world, { id: "app" }),
      { id: "token", url: `${host.url}/octo/alone.git` },
      { id: "elsewhere", url: `${elsewhere.url}/repo.git` },
    ],
    { PERSONS_TOKEN, STACKIT_GIT_TOKEN: PERSONS_TOKEN },
  );
  const told = async (id: string) => {
    const before = host.credentials.length;
    expect((await served.command("sync", id)).code).toBe(0);
    return new Set(host.credentials.slice(before));
  };
  for (const id of ["own", "app", "token", "elsewhere"]) await told(id);
  expect(await told("own")).toEqual(new Set([basic(PERSONS_TOKEN)]));
  expect(await told("app")).toEqual(new Set([basic(forFetching(github)[0]?.token)]));
  expect(await told("token")).toEqual(new Set([basic(PERSONS_TOKEN)]));
  expect(await told("elsewhere")).toEqual(new Set());
  expect(new Set(elsewhere.credentials)).toEqual(new Set([""]));
});

test("a clone that was handed over is fetched with tokens of the App too", async () => {
  await using world = await githubWorld();
  const { github, host, upstream } = world;
  github.install("octo/widget");
  const clone = join(upstream.root, "clone");
  await upstream.git("clone", "--quiet", upstream.path, clone);
  await upstream.gitIn(clone, "remote", "set-url", "origin", `${host.url}/octo/widget.git`);
  await using served = await serving(world, [{ id: "widget", path: clone, managed: true }]);
  expect((await served.command("sync", "widget")).code).toBe(0);
  expect(new Set(host.credentials)).toEqual(new Set([basic(forFetching(github)[0]?.token)]));
});

test("where the App is not installed, a public repository is mirrored all the same, and a private one says what is missing", async () => {
  await using world = await githubWorld();
  await using served = await serving(world, [widget(world)]);
  const refused = await served.command("sync", "widget");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    /not installed on this repository\. Install it there.*\(sync\/auth-failed\)/s,
  );

  world.isPublic = true;
  expect((await served.command("sync", "widget")).code).toBe(0);
  world.isPublic = false;
  world.github.install("octo/widget");
  expect((await served.command("sync", "widget")).code).toBe(0);
});

test("the key, the App's word and its tokens are in nothing that is printed, logged, answered, streamed or stored", async () => {
  await using world = await githubWorld();
  const { github, upstream } = world;
  github.install("octo/widget");
  await using served = await serving(world, [widget(world)]);
  const { server } = served;
  const events = await EventReader.open(`${server.url}/api/v1/repos/widget/events`);
  const said: string[] = [];
  const say = async (...args: string[]) => {
    const run = await served.command(...args);
    said.push(run.stdout, run.stderr);
    return run;
  };
  expect((await say("sync", "widget", "--json")).code).toBe(0);
  const words: string[] = [];
  for (const status of [500, 403, 401]) {
    for (const token of github.tokens) token.isRevoked = true;
    github.front = (request, response) => {
      words.push(request.headers.authorization?.replace(/^bearer /, "") ?? "");
      response.writeHead(status, { "content-type": "text/plain" }).end(request.headers.authorization);
      return true;
    };
    expect((await say("sync", "widget")).code).toBe(1);
  }
  await say("status");
  await say("status", "--json");
  for (const path of ["config", "repos/widget", "repos/widget/sync-runs", "metrics"]) {
    said.push(await (await fetch(`${server.url}/api/v1/${path}`)).text());
  }
  await server.stop();
  for (let event = await events.next(); event; event = await events.next()) said.push(JSON.stringify(event));
  said.push(server.stdout(), server.stderr(), ...(await filesBelow(join(upstream.root, "data"))));

  expect(words.length).toBeGreaterThanOrEqual(3);
  expect(server.stderr()).toContain("sync/auth-failed");
  const secrets = [
    ...words,
    ...github.tokens.flatMap(({ token }) => [token, basic(token).slice("Basic ".length)]),
    github.privateKey.slice(40, 90),
  ];
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(30);
    expect(said.filter((text) => text.includes(secret))).toEqual([]);
  }
});

test("a token of the App is in no argument of a process", async () => {
  await using world = await githubWorld();
  const { github, host, upstream } = world;
  github.install("octo/widget");
  await using spawner = new RecordingSpawner();
  using looker = new RefLooker();
  const privateKey = createPrivateKey(github.privateKey);
  using app = new GithubApp({ id: github.appId, privateKey, apiUrl: github.apiUrl });
  await using mirror = new Mirror(spawner, looker, {
    id: "widget",
    dir: join(upstream.root, "data", "mirrors", "widget.git"),
    url: new URL(`${host.url}/octo/widget.git`),
    credentials: new GithubAppCredentials(app, {}),
  });
  const signal = AbortSignal.timeout(30_000);
  expect((await mirror.refresh({ signal, confirmed: new Set(), expected: [] })).outcome).toBe("updated");
  const args = spawner.args.join(" ");
  expect(args).toContain("fetch");
  for (const { token } of github.tokens) {
    expect(args).not.toContain(token);
    expect(args).not.toContain(basic(token).slice("Basic ".length));
  }
});

test("doctor says what the App may read, and how to mend what it may not", async () => {
  await using world = await githubWorld();
  const { github, host } = world;
  github.addRepository("octo/alone");
  github.addRepository("acme/tools");
  for (const name of ["octo/widget", "acme/tools"]) github.install(name);
  const flags = await world.flags([
    widget(world),
    { id: "alone", url: `${host.url}/octo/alone.git` },
    { id: "tools", url: `${host.url}/acme/tools.git` },
    widget(world, { id: "own", credentialEnv: "PERSONS_TOKEN" }),
  ]);
  const doctor = (env: Record<string, string> = {}) =>
    runCommand(["doctor", "--port", "0", ...flags], {
      cwd: world.upstream.root,
      env: { ...world.env, PERSONS_TOKEN, ...env },
    });

  const all = { contents: "read", metadata: "read", pull_requests: "read", checks: "read", statuses: "read" };
  github.changeInstallation("octo", { permissions: all });
  const fine = await doctor();
  expect(fine.stdout).toContain(
    "! repository tools: the GitHub App may read acme/tools, but not all that is shown of its pull requests\n" +
      "  → Give it Checks, Commit statuses, each Read-only, in the App's settings",
  );
  expect(fine.stdout).toContain(`✓ GitHub App: Stackit of Acme, known at ${github.apiUrl.href}\n`);
  expect(fine.stdout).toContain("✓ repository widget: the GitHub App may read octo/widget\n");
  expect(fine.stdout).toMatch(
    /✓ repository widget: mirror of .*, with the GitHub App where that is installed\n/,
  );
  expect(fine.stdout).toMatch(
    /✓ repository own: mirror of .*, which answers with the token in PERSONS_TOKEN\n/,
  );
  expect(fine.stdout).toContain(
    "! repository alone: the GitHub App is not installed on octo/alone: it is asked without credentials, which is enough when it is public\n" +
      "  → Install it at https://github.com/apps/stackit-test/installations/new, or add the repository",
  );
  expect(fine.code).toBe(0);
  expect((await doctor({ STACKIT_GIT_TOKEN: PERSONS_TOKEN })).stdout).toContain(
    "the GitHub App is not installed on octo/alone: the token in STACKIT_GIT_TOKEN is used\n",
  );

  github.changeInstallation("octo", { isSuspended: true });
  github.changeInstallation("acme", { permissions: { metadata: "read" } });
  const mended = await doctor();
  expect(mended.stdout).toMatch(
    /✗ repository widget: .*octo\/widget is suspended\n +→ Its owner can unsuspend it/,
  );
  expect(mended.stdout).toMatch(/✗ repository tools: .*may not read .*acme\/tools\n +→ .*Contents: Read/);
  expect(mended.stdout).toMatch(/2 to mend/);
  expect(mended.code).toBe(1);
  expect(forFetching(github)).toEqual([]);

  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const wrong = await doctor({ STACKIT_GITHUB_APP_PRIVATE_KEY: key });
  expect(wrong.stdout).toMatch(/✗ GitHub App: .*do not belong together.*\n +→ Compare STACKIT_GITHUB_APP_ID/);
  const away = await doctor({ STACKIT_GITHUB_API_URL: "http://127.0.0.1:1" });
  expect(away.stdout).toMatch(
    /✗ GitHub App: .*could not be reached\.\n +→ Check this machine's connection to 127/,
  );
  const other = await doctor({ STACKIT_GITHUB_API_URL: `${github.apiUrl.href}api/v3` });
  expect(other.stdout).toMatch(/✗ GitHub App: .*\n +→ Check STACKIT_GITHUB_API_URL; now it is .*\/api\/v3\n/);
  const unreadable = await doctor({
    STACKIT_GITHUB_APP_PRIVATE_KEY: "",
    STACKIT_GITHUB_APP_PRIVATE_KEY_FILE: "none.pem",
  });
  expect(unreadable.stdout).toContain(
    "✗ configuration: STACKIT_GITHUB_APP_PRIVATE_KEY_FILE names a file that cannot be read (ENOENT).",
  );
  for (const { stdout, stderr } of [fine, mended, wrong, away, other, unreadable]) {
    expect(stdout + stderr).not.toMatch(/PRIVATE KEY-|a-token-of-a-person|ghs_/);
  }
});

test("pull requests are read with a token of the App that can read them, and checks where that is granted", async () => {
  await using world = await githubWorld();
  const { github } = world;
  github.install("octo/widget");
  const granted = {
    contents: "read",
    metadata: "read",
    pull_requests: "write",
    checks: "read",
    statuses: "read",
  };
  github.changeInstallation("octo", { permissions: granted });
  const headOid = (await world.upstream.git("rev-parse", "api")).trim();
  github.openPullRequest("octo/widget", {
    head: "api",
    headOid,
    checks: [{ context: "ci", state: "SUCCESS" }],
  });
  await using served = await serving(world, [widget(world)]);
  const get = async (path: string) =>
    (await fetch(`${served.server.url}/api/v1/repos/widget${path}`)).json() as Promise<
      Record<string, unknown>
    >;
  await expect.poll(() => get("")).toMatchObject({ forge: { health: "current" } });
  await expect
    .poll(() => get("/branches/api"))
    .toMatchObject({ pr: { number: 1 }, ci: { status: "passing" } });
  const ofFacts = github.tokens.filter((token) => !forFetching(github).includes(token));
  expect(ofFacts).toMatchObject([
    {
      repositories: ["octo/widget"],
      permissions: {
        contents: "read",
        metadata: "read",
        pull_requests: "read",
        checks: "read",
        statuses: "read",
      },
    },
  ]);
});

test("an App that may not read pull requests is named as what is missing, and everything else works", async () => {
  await using world = await githubWorld();
  const { github } = world;
  github.install("octo/widget");
  github.changeInstallation("octo", { permissions: { contents: "read", metadata: "read" } });
  await using served = await serving(world, [widget(world)]);
  const status = async () => (await fetch(`${served.server.url}/api/v1/repos/widget`)).json();
  await expect.poll(status).toMatchObject({
    forge: { health: "failing", reason: expect.stringContaining("Pull requests: Read") },
    freshness: { health: "fresh" },
  });
});
