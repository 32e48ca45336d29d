import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { problems } from "../../src/contract/problems.ts";
import type { Branch, View } from "../../src/contract/view.ts";
import { runCommand, startServe } from "../support/cli.ts";
import { fingerprintTree } from "../support/fingerprint-tree.ts";
import { askForCredentials, hang } from "../support/git-host-behaviours.ts";
import { gitHttpHost } from "../support/git-http-host.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { land } from "../support/landings.ts";
import type { SceneWriter } from "../support/scene-import.ts";

const stack = (scene: SceneWriter): void => {
  scene.commit("main");
  scene.stacked("api", "main");
  scene.stacked("ui", "api");
};

const serving = (scene: Scene, ...args: string[]) =>
  startServe(["--data-dir", join(scene.root, "data"), ...args], { cwd: scene.path });

test("serve prints where it serves what, answers there, and ends cleanly when asked to", async () => {
  await using scene = await createScene(stack);
  await using server = await serving(scene);
  expect(server.stdout()).toBe(
    `Stackit serves ${scene.path} as default at ${server.url}\nIt is open to whoever uses this machine, without sign-in.\n`,
  );
  const answer: unknown = await (await fetch(`${server.url}/api/v1/repos`)).json();
  expect(answer).toMatchObject({ repos: [{ id: "default", kind: "working-copy" }] });
  expect(await server.stop()).toBe(0);
  await expect(fetch(server.url)).rejects.toThrow();
});

test("serve in a folder without a repository says so and what to do", async () => {
  await using scene = await createScene();
  const run = await runCommand(["--port", "0"], { cwd: scene.root });
  expect(run).toEqual({
    code: 1,
    stdout: "",
    stderr: `error: ${scene.root} is not inside a Git repository. Start Stackit in a Git repository, or name one with --cwd.\n`,
  });
});

test("serve on a taken port says which, and what to try", async () => {
  await using scene = await createScene(stack);
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const run = await runCommand(["--port", String(port), "--data-dir", join(scene.root, "data")], {
    cwd: scene.path,
    env: { STACKIT_LOG: "silent" },
  });
  taken.close();
  expect(run).toMatchObject({ code: 1, stdout: "" });
  expect(run.stderr).toBe(
    `error: port ${port} of 127.0.0.1 is taken. Choose another, such as --port ${port + 1}, or --port 0 for a free one.\n`,
  );
});

test("serve refuses to be reachable by other machines without sign-in, unless it is read-only", async () => {
  await using scene = await createScene(stack);
  const run = await runCommand(["--bind", "0.0.0.0"], { cwd: scene.path });
  expect(run.code).toBe(2);
  expect(run.stderr).toContain("This server needs sign-in");
});

test("a list of repositories is served, also when one of them cannot be opened", async () => {
  await using scene = await createScene(stack);
  const file = join(scene.root, "repos.json");
  const repos = [
    { id: "shop", path: "repo", displayName: "The shop" },
    { id: "gone", path: "nowhere" },
  ];
  await writeFile(file, JSON.stringify({ repos }));
  await using server = await serving(scene, "--repos-config", file);
  await runCommand(["sync", "shop", "--server", server.url], { cwd: "/" });
  await runCommand(["sync", "gone", "--server", server.url], { cwd: "/" });
  const { code, stdout } = await runCommand(["status", "--server", server.url], { cwd: "/" });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^local\s+shop\s+The shop\s+main\s+main\s/m);
  expect(stdout).toMatch(/^failing\s+gone\s/m);
  expect(stdout).toContain("sync/unreadable");
});

test("sync waits for the run, and its exit code tells how it went", async () => {
  await using scene = await createScene(stack);
  await using server = await serving(scene);
  const cwd = "/";
  const env = { STACKIT_SERVER: server.url };
  expect(await runCommand(["sync"], { cwd, env })).toMatchObject({ code: 0 });
  await scene.git("branch", "another", "ui");
  const json = await runCommand(["sync", "default", "--json"], { cwd, env });
  expect(JSON.parse(json.stdout)).toMatchObject({ repoId: "default", state: "finished" });
  expect((await runCommand(["sync"], { cwd, env })).stdout).toMatch(/^default: unchanged in \d+ ms/);

  const unknown = await runCommand(["sync", "nobody"], { cwd, env });
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toMatch(/\(repo\/not-found\)\n {2}→ `stackit status` lists the repositories/);
});

test("sync follows a run for longer than one request waits for it", async () => {
  const running = {
    id: "01RUN",
    repoId: "shop",
    triggers: ["manual"],
    requestedAt: "2026-01-05T09:00:00.000Z",
    state: "running",
    refs: { created: 0, updated: 0, deleted: 0, changes: [], truncated: false },
    stacks: { created: [], changed: [], removed: [] },
    phases: { queueMs: 0, fetchMs: 0, readMs: 0, deriveMs: 0 },
  };
  const error = { code: "sync/timeout", title: "Too late", detail: "It took too long.", retryable: true };
  const finished = { ...running, state: "finished", outcome: "failed", durationMs: 60_000, error };
  const asked: string[] = [];
  const server = createHttpServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.prefer ?? ""}`);
    const answer = request.method === "POST" || asked.length < 3 ? running : finished;
    response.writeHead(request.method === "POST" ? 202 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  const run = await runCommand(["sync", "shop", "--server", url], { cwd: "/" });
  server.close();
  expect(asked).toEqual([
    "POST /api/v1/repos/shop/sync wait=60",
    "GET /api/v1/repos/shop/sync-runs/01RUN ",
    "GET /api/v1/repos/shop/sync-runs/01RUN ",
  ]);
  expect(run).toEqual({
    code: 1,
    stdout: "shop: failed in 60.0 s\n",
    stderr: `error: Too late: It took too long. (sync/timeout)\n  → ${problems["sync/timeout"].mend}\n`,
  });
});

test("commands that find no server say how to start or name one", async () => {
  for (const command of ["sync", "status"]) {
    const run = await runCommand([command, "--server", "http://127.0.0.1:9"], { cwd: "/" });
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/^error: No Stackit server answers at http:\/\/127\.0\.0\.1:9/);
  }
});

test.each([
  [
    "an unknown command",
    ["frobnicate"],
    'error: there is no command "frobnicate"; stackit --help lists them.\n',
  ],
  ["an unknown option", ["sync", "--frobnicate"], "error: unknown option '--frobnicate'"],
  ["a bad value", ["--settle", "soon"], 'error: --settle is "soon"; it must be a duration'],
  ["a bad wait", ["log", "--wait", "long"], 'error: --wait is "long"; it must be'],
  [
    "a server that is no URL",
    ["status", "--server", "nowhere"],
    'error: the server is "nowhere"; it must be',
  ],
  [
    "a missing list",
    ["--repos-config", "none.json"],
    "error: --repos-config names /none.json, which cannot be read",
  ],
])("%s is a usage error", async (_what, args, message) => {
  const run = await runCommand(args, { cwd: "/" });
  expect(run).toMatchObject({ code: 2, stdout: "" });
  expect(run.stderr.startsWith(message)).toBe(true);
});

test("log draws what is on disk, and touches nothing", async () => {
  await using scene = await createScene(stack);
  await scene.git("switch", "--quiet", "--detach", "ui");
  await scene.makeDirty();
  await scene.commit("api", { message: "One more" });
  const before = await fingerprintTree(scene.path);
  const run = await runCommand(["log"], { cwd: join(scene.path, "folder") });
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(run.stdout.replaceAll(/ {2}(\d|needs).*$/gm, "")).toBe(`\
Change ui, step 1  pending · Robin Tester
○  ui
○  api

○  main
HEAD is detached: no branch is checked out.
`);
  const explained = await runCommand(["log", "--explain"], { cwd: scene.path });
  expect(explained.stdout).toMatch(
    /^ui on api\n {2}stackit {3}says api {3}believed\n {2}ancestry {2}says main\n/m,
  );
  const json = await runCommand(["log", "--json", "--cwd", scene.path], { cwd: "/" });
  expect(JSON.parse(json.stdout)).toMatchObject({ repo: { trunk: "main" }, stacks: [{ rootBranch: "api" }] });
  expect(await fingerprintTree(scene.path)).toBe(before);
});

/** `api` landed as another commit, and `ui` changes what its parent has changed since. */
async function landedScene(): Promise<Scene> {
  const scene = await createScene((s) => {
    s.commit("main", { files: { "shop.txt": "one\n" } });
    s.commit("api", { files: { "api.txt": "new\n" } });
    s.stacked("model", "main");
    s.stacked("ui", "model", { files: { "shop.txt": "two\n" } });
    s.commit("model", { files: { "shop.txt": "three\n" } });
  });
  await land(scene, "squash");
  return scene;
}

function branchesOf(json: string): Record<string, Branch> {
  const view: View = JSON.parse(json);
  return Object.fromEntries(view.stacks.flatMap(({ branches }) => branches.map((each) => [each.name, each])));
}

test("log finds out what has landed and what restacks would do, and touches nothing", async () => {
  await using scene = await landedScene();
  const before = await fingerprintTree(scene.path);
  const run = await runCommand(["log", "--wait", "5m"], { cwd: scene.path });
  const commit = (await scene.sha("main")).slice(0, 7);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(run.stdout).toMatch(
    new RegExp(`^○ {2}api .* {2}landed \\(squashed as ${commit} on 20[0-9-]{8}\\)$`, "m"),
  );
  expect(run.stdout).toMatch(/^○ {2}ui .* {2}needs restack \(.*; a restack would conflict in shop.txt\)$/m);
  const json = await runCommand(["log", "--json", "--wait", "5m"], { cwd: scene.path });
  expect(branchesOf(json.stdout)).toMatchObject({
    api: { landed: { how: "squash" } },
    ui: { restack: { preview: { state: "conflicts", files: ["shop.txt"] } } },
  });
  expect(await fingerprintTree(scene.path)).toBe(before);
});

test("log says that it did not wait to find out all", async () => {
  await using scene = await landedScene();
  const run = await runCommand(["log", "--json", "--wait", "0"], { cwd: scene.path });
  expect(run.code).toBe(0);
  expect(run.stderr).toBe(
    "note: not all is known after --wait 0: more branches may have landed, and some restacks were not tried.\n",
  );
  expect(Object.keys(branchesOf(run.stdout)).sort()).toEqual(["api", "model", "ui"]);
});

test("log outside of a repository says so", async () => {
  await using scene = await createScene();
  const run = await runCommand(["log"], { cwd: scene.root });
  expect(run).toEqual({
    code: 1,
    stdout: "",
    stderr: `error: ${scene.root} is not inside a Git repository.\n`,
  });
});

test("doctor finds nothing wrong where serve would start, and touches nothing", async () => {
  await using scene = await createScene(stack);
  const before = await fingerprintTree(scene.root);
  const args = ["doctor", "--port", "0", "--data-dir", join(scene.root, "data")];
  const run = await runCommand(args, { cwd: scene.path });
  expect(run.stdout).toContain(`✓ repository default: ${scene.path}, 3 branches`);
  expect(run.stdout).toMatch(/Nothing stands in the way of `stackit serve`\.\n$/);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(await fingerprintTree(scene.root)).toBe(before);
});

test("doctor names each obstacle with its cure", async () => {
  await using scene = await createScene();
  await writeFile(join(scene.root, "file"), "");
  await mkdir(join(scene.root, "empty"));
  const run = await runCommand(["doctor", "--cwd", "empty", "--data-dir", "file/data", "--port", "0"], {
    cwd: scene.root,
    env: { STACKIT_REPO_CONFIG: "x.json" },
  });
  expect(run.code).toBe(1);
  expect(run.stdout).toContain("! configuration: nothing reads the variable STACKIT_REPO_CONFIG");
  expect(run.stdout).toContain(`✗ data folder: ${scene.root}/file is not a folder`);
  expect(run.stdout).toContain(`✗ repository default: ${scene.root}/empty is not inside a Git repository.`);
  expect(run.stdout).toMatch(/2 to mend before `stackit serve`\.\n$/);

  const bad = await runCommand(["doctor", "--port", "many"], { cwd: scene.root });
  expect(bad.stdout).toMatch(
    /✗ configuration: --port is "many"; it must be a whole number.*\n {2}→ Set --port to a whole number from 0 to 65535\.\n/,
  );
  expect(bad.code).toBe(1);
});

test("doctor asks the remotes of mirrors, says what is wrong with each and what to do, and quotes no token", async () => {
  await using scene = await createScene((writer) => writer.commit("main"), { bare: true });
  await using host = await gitHttpHost(dirname(scene.path));
  await using silent = await gitHttpHost(dirname(scene.path));
  const token = "a-token-that-nobody-sees";
  const basic = `Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
  host.front = askForCredentials(basic);
  silent.front = hang();
  const repos = [
    { id: "near", url: `${host.url}/repo.git`, credentialEnv: "STACKIT_NEAR_TOKEN" },
    { id: "wrong", url: `${host.url}/repo.git`, credentialEnv: "STACKIT_OLD_TOKEN" },
    { id: "gone", url: `${host.url}/other.git`, credentialEnv: "STACKIT_NEAR_TOKEN" },
    { id: "unset", url: `${host.url}/repo.git` },
    { id: "silent", url: `${silent.url}/repo.git` },
    { id: "lost", url: "https://nowhere.invalid/octo/lost.git" },
  ];
  await writeFile(join(scene.root, "repos.json"), JSON.stringify({ repos }));
  const args = ["doctor", "--repos-config", "repos.json", "--data-dir", "data", "--port", "0"];
  const env = {
    STACKIT_GITHUB_URL: host.url,
    STACKIT_NEAR_TOKEN: token,
    STACKIT_OLD_TOKEN: "another-that-nobody-sees",
  };
  const run = await runCommand(args, { cwd: scene.root, env });
  expect(run.stdout).toContain(
    `✓ repository near: mirror of ${host.url}/repo.git, which answers with the token in STACKIT_NEAR_TOKEN`,
  );
  expect(run.stdout).toMatch(
    /✗ repository wrong: .*asked with the token in STACKIT_OLD_TOKEN: .* answered 401: it wants credentials, or others.*\n {2}→ Renew the token/,
  );
  expect(run.stdout).toMatch(
    /✗ repository gone: .*answered 404: nothing is there.*\n {2}→ Check the mirror's `url`/,
  );
  expect(run.stdout).toContain("asked without credentials, since STACKIT_GIT_TOKEN is not set: ");
  expect(run.stdout).toMatch(/✗ repository silent: .*said nothing for 5 s.*\n {2}→ /);
  expect(run.stdout).toMatch(
    /✗ repository lost: .*host name cannot be resolved.*\n {2}→ .*check name, route/,
  );
  expect(run.stdout).not.toContain("nothing reads the variable");
  expect(run.code).toBe(1);

  const unset = await runCommand(args, { cwd: scene.root });
  expect(unset.stdout).toContain(
    "✗ configuration: repos.json: repos[0].credentialEnv names STACKIT_NEAR_TOKEN",
  );
  expect(run.stdout + run.stderr).not.toMatch(/that-nobody-sees/);
  expect(run.stdout + run.stderr).not.toContain(basic.slice(6));
});

test("openapi prints the document that a server serves", async () => {
  await using scene = await createScene(stack);
  await using server = await serving(scene);
  const printed: unknown = JSON.parse((await runCommand(["openapi"], { cwd: "/" })).stdout);
  expect(printed).toMatchObject({ openapi: "3.1.0" });
  expect(await (await fetch(`${server.url}/api/v1/openapi.json`)).json()).toEqual(printed);
});

test("the first signal asks, a later one ends the process at once", async () => {
  const module = fileURLToPath(new URL("../../src/cli/process-signals.ts", import.meta.url));
  const script = `
    import { abortOnSignals } from ${JSON.stringify(module)};
    const signal = abortOnSignals();
    signal.addEventListener("abort", () => console.log("asked"));
    setInterval(() => {}, 1000);
    console.log("ready");`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  while (!said.includes("ready")) await once(child.stdout, "data");
  child.kill("SIGTERM");
  while (!said.includes("asked")) await once(child.stdout, "data");
  // Signals that follow at once are an echo of the first; one of the later ones ends the process.
  const again = setInterval(() => child.kill("SIGINT"), 100);
  const [code] = await ended;
  clearInterval(again);
  expect(code).toBe(130);
});
