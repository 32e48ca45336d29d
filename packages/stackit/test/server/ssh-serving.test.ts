import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { runCommand, startServe } from "../support/cli.ts";
import { EventReader } from "../support/event-reader.ts";
import { filesBelow } from "../support/files-below.ts";
import { createScene } from "../support/git-scene.ts";
import { afterOne, gitSshHost, hanging } from "../support/git-ssh-host.ts";
import { githubDouble } from "../support/github-double.ts";
import { processesWith } from "../support/processes.ts";
import { eventThat } from "../support/served-folders.ts";
import { readSshKey, sshKeyPair } from "../support/ssh-keys.ts";
import { delivered, push, SECRET } from "../support/webhooks.ts";

/** A remote by ssh, and what is needed to serve it as the mirror `shop` by the whole program. */
async function sshRemote(entry: object = {}) {
  const upstream = await createScene(
    (s) => {
      s.commit("main");
      s.stacked("api", "main");
    },
    { bare: true },
  );
  const keys = await sshKeyPair();
  const host = await gitSshHost(dirname(upstream.path), keys);
  const list = join(upstream.root, "repos.json");
  const url = `${host.url}/repo.git`;
  await writeFile(
    list,
    JSON.stringify({ repos: [{ id: "shop", url, credentialEnv: "SHOP_KEY", ...entry }] }),
  );
  const dataDir = join(upstream.root, "data");
  const flags = ["--repos-config", list, "--data-dir", dataDir];
  const env = {
    SHOP_KEY: keys.private.replaceAll("\n", "\\n"),
    STACKIT_SSH_KNOWN_HOSTS: host.knownHosts,
    STACKIT_WEBHOOK_SECRET: SECRET,
    STACKIT_LOG: "trace",
  };
  return {
    upstream,
    keys,
    host,
    url,
    dataDir,
    flags,
    env,
    serve: (more: Record<string, string> = {}) =>
      startServe(flags, { cwd: upstream.root, env: { ...env, ...more } }),
    doctor: (more: Record<string, string> = {}) =>
      runCommand(["doctor", ...flags, "--port", "0"], { cwd: upstream.root, env: { ...env, ...more } }),
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

test("a repository of GitHub that is fetched by ssh has its pull requests read with the token for GitHub", async () => {
  await using world = await sshRemote({ owner: "octo", name: "widget" });
  await using github = await githubDouble();
  github.personalTokens.add("a-token-of-a-person");
  github.addRepository("octo/widget");
  const headOid = await world.upstream.sha("api");
  github.openPullRequest("octo/widget", { head: "api", title: "Add the API", headOid });
  const gitHub = { STACKIT_GITHUB_URL: "http://127.0.0.1", STACKIT_GITHUB_API_URL: github.apiUrl.href };
  const pullRequest = async (server: { url: string }): Promise<unknown> =>
    (await (await fetch(`${server.url}/api/v1/repos/shop/branches/api`)).json()).pr;
  {
    await using server = await world.serve({ ...gitHub, STACKIT_GIT_TOKEN: "a-token-of-a-person" });
    await expect.poll(() => pullRequest(server)).toMatchObject({ number: 1, title: "Add the API" });
  }
  const asked = github.requests.length;
  await using without = await world.serve(gitHub);
  await expect
    .poll(async () => (await (await fetch(`${without.url}/api/v1/repos/shop`)).json()).forge)
    .toMatchObject({ health: "off" });
  expect(github.requests).toHaveLength(asked);
});

test("a listed remote by ssh is mirrored, and its interval finds what was pushed to it", async () => {
  await using world = await sshRemote({ syncInterval: "1s" });
  await using server = await world.serve();
  expect(server.stdout()).toBe(
    `Stackit serves ${world.url} as shop at ${server.url}\nIt is open to whoever uses this machine, without sign-in.\n`,
  );
  const synced = await runCommand(["sync", "shop", "--server", server.url], { cwd: "/" });
  expect(synced).toMatchObject({ code: 0 });
  await using events = await EventReader.open(`${server.url}/api/v1/repos/shop/events`);
  await world.upstream.git("branch", "more", "api");
  const run = await eventThat(
    events,
    ({ name, data }) => name === "sync" && JSON.stringify(data).includes("refs/heads/more"),
  );
  expect(run.data).toMatchObject({ run: { triggers: ["interval"], outcome: "updated" } });
});

test("a push that GitHub announces is fetched by ssh from the same host", async () => {
  await using world = await sshRemote({ owner: "octo", name: "shop", syncInterval: "0" });
  await using server = await world.serve();
  await runCommand(["sync", "shop", "--server", server.url], { cwd: "/" });
  await using events = await EventReader.open(`${server.url}/api/v1/repos/shop/events`);
  const after = await world.upstream.commit("api");
  const post = async (html_url: string) => {
    const repository = { id: 1, full_name: "octo/shop", html_url };
    const { url, payload, ...init } = await delivered(
      "push",
      push("octo/shop", "api", after, { repository }),
    );
    return (await fetch(`${server.url}${url}`, { ...init, body: payload })).status;
  };
  expect(await post("https://git.example.com/octo/shop")).toBe(204);
  expect(await post("https://127.0.0.1/octo/shop")).toBe(202);
  const run = await eventThat(
    events,
    ({ name, data }) => name === "sync" && JSON.stringify(data).includes(after),
  );
  expect(run.data).toMatchObject({ run: { triggers: ["webhook"], outcome: "updated" } });
});

test("the key reaches no argument, no environment, no file, no log and no answer", async () => {
  await using world = await sshRemote({ syncInterval: "0" });
  await using server = await world.serve();
  const sync = (...more: string[]) =>
    runCommand(["sync", "shop", "--server", server.url, ...more], { cwd: "/" });
  const said = [await sync()];
  const secret = world.keys.private.split("\n")[2] ?? "";
  expect(secret).toHaveLength(70);
  const parts = [secret.slice(0, 40), Buffer.from(secret.slice(0, 40), "base64").toString("latin1")];

  // Once while ssh runs by itself, and once below git.
  const seen: string[] = [];
  for (const front of [hanging(), afterOne(hanging())]) {
    await world.upstream.commit("api");
    const isHanging = Promise.withResolvers<() => void>();
    world.host.front = (channel) => {
      if (!front(channel)) return false;
      isHanging.resolve(() => channel.close());
      return true;
    };
    const synced = sync();
    const release = await isHanging.promise;
    const port = new URL(world.host.url).port;
    const pids = await processesWith(port);
    expect(pids).not.toEqual([]);
    for (const pid of pids) {
      for (const file of ["cmdline", "environ"]) seen.push(await readFile(`/proc/${pid}/${file}`, "latin1"));
    }
    world.host.front = undefined;
    release();
    said.push(await synced);
  }
  const folder = dirname(/SSH_AUTH_SOCK=([^\0]+)/.exec(seen.join("\0"))?.[1] ?? "");
  expect((await readdir(folder)).sort()).toEqual(["agent-1", "known_hosts"]);
  seen.push(await readFile(join(folder, "known_hosts"), "latin1"));
  seen.push(...(await filesBelow(world.dataDir)), server.stdout(), server.stderr());
  seen.push(...said.flatMap(({ stdout, stderr }) => [stdout, stderr]));
  seen.push(await (await fetch(`${server.url}/api/v1/repos/shop/sync-runs`)).text());
  for (const text of seen) for (const part of parts) expect(text.includes(part)).toBe(false);
  // They are looked for as they would be found.
  expect(
    [world.keys.private, JSON.stringify(world.env)].map((text) => text.includes(parts[0] ?? "?")),
  ).toEqual([true, true]);

  await server.stop();
  await expect(readdir(folder)).rejects.toThrow("ENOENT");
});

test("doctor asks a remote by ssh, and says of keys and hosts what is wrong and what to do", async () => {
  await using world = await sshRemote();
  const { fingerprint } = readSshKey(world.keys);
  const fine = await world.doctor();
  expect(fine.stdout).toContain(
    `✓ repository shop: mirror of ${world.url}, which answers with the key in SHOP_KEY (${fingerprint})`,
  );
  expect(fine.code).toBe(0);

  const other = await sshKeyPair();
  const refused = await world.doctor({ SHOP_KEY: other.private });
  expect(refused.stdout).toMatch(
    /✗ repository shop: .*The remote refused the key in SHOP_KEY .*\n {2}→ .*by SSH, add the public key there/,
  );
  const unknown = await world.doctor({ STACKIT_SSH_KNOWN_HOSTS: "git.example.com ssh-ed25519 AAAA" });
  expect(unknown.stdout).toMatch(
    /✗ repository shop: .*`ssh-keyscan -p \d+ 127\.0\.0\.1` prints it: compare it/,
  );
  expect(unknown.stdout).toContain("add it to STACKIT_SSH_KNOWN_HOSTS.");
  const locked = await world.doctor({ SHOP_KEY: (await sshKeyPair("-N", "secret")).private });
  expect(locked.stdout).toMatch(
    /✗ configuration: .*a passphrase protects the key in it\.\n {2}→ Give it a key without/,
  );
});

test.each([
  [
    "a host that is not known",
    { STACKIT_SSH_KNOWN_HOSTS: "git.example.com ssh-ed25519 AAAA" },
    "`ssh-keyscan -p",
  ],
  [
    "a key that is refused",
    { SHOP_KEY: (await sshKeyPair()).private },
    "The remote refused the key in SHOP_KEY",
  ],
])("sync and status say of %s what to do", async (_what, env, words) => {
  await using world = await sshRemote({ syncInterval: "0" });
  await using server = await world.serve(env);
  const synced = await runCommand(["sync", "shop", "--server", server.url], { cwd: "/" });
  expect(synced.code).toBe(1);
  expect(synced.stderr).toContain(words);
  const status = await runCommand(["status", "--server", server.url], { cwd: "/" });
  expect(status.stdout).toContain(words);
});

test("a clone that is handed over follows its remote by ssh, as the clone itself names it", async () => {
  await using world = await sshRemote();
  const { upstream } = world;
  const clone = join(upstream.root, "clone");
  await upstream.gitIn(upstream.root, "clone", "--quiet", upstream.path, clone);
  await upstream.gitIn(clone, "remote", "set-url", "origin", world.url);
  const { SHOP_KEY: key, ...env } = world.env;
  const list = join(upstream.root, "repos.json");
  await writeFile(list, JSON.stringify({ repos: [{ id: "old", path: clone, managed: true }] }));
  await using server = await startServe(world.flags, {
    cwd: upstream.root,
    env: { ...env, STACKIT_SSH_KEY: key },
  });
  const tip = await upstream.commit("api");
  const synced = await runCommand(["sync", "old", "--server", server.url], { cwd: "/" });
  expect(synced).toMatchObject({ code: 0 });
  expect(await upstream.gitIn(clone, "rev-parse", "refs/heads/api")).toBe(tip);
});

test("a URL that would be read as an option stops the start (B65)", async () => {
  await using world = await sshRemote({ url: "ssh://-oProxyCommand=touch%20x/octo/shop.git" });
  const run = await runCommand(["serve", ...world.flags, "--port", "0"], { cwd: "/", env: world.env });
  expect(run.code).not.toBe(0);
  expect(run.stderr).toMatch(
    /repos\[0\]\.url has a host that cannot be used; it must be one like ssh:\/\/git@/,
  );
});
