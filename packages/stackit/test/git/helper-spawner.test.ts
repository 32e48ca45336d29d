import { fork } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { HelperSpawner } from "../../src/git/helper-spawner.ts";
import { runGit } from "../../src/git/run-git.ts";
import { isRunning, standInForGit, stillRunning } from "../support/processes.ts";
import { testGitEnv } from "../support/test-git.ts";

const { signal } = new AbortController();
const cwd = tmpdir();
const env = testGitEnv(cwd);

/** Notes itself, a process of its own and who started it, says so, and waits for ever. */
const WAITS = "sleep 600 &\nnote $!\nnote $$\nnote $PPID\necho ready\nwait";

async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

const version = async (spawner: HelperSpawner): Promise<string> =>
  (await runGit(spawner, { args: ["version"], cwd, env }, { signal })).stdout.toString();

test("git is a child of the helper, and before there is one a child of the server", async () => {
  await using git = await standInForGit(WAITS);
  await using spawner = new HelperSpawner();
  const request = { args: ["wait"], cwd, env: git.env, hasInput: false };
  const early = await spawner.spawn(request);
  await spawner.ready;
  const late = await spawner.spawn(request);
  expect(await parentOf(early.pid)).toBe(process.pid);
  const helper = await parentOf(late.pid);
  expect(helper).not.toBe(process.pid);
  expect(await parentOf(helper)).toBe(process.pid);
});

test("disposal ends what runs, however it was started, and waits for it", async () => {
  await using git = await standInForGit(WAITS);
  const spawner = new HelperSpawner();
  const request = { args: ["wait"], cwd, env: git.env, hasInput: true };
  const gits = [await spawner.spawn(request)];
  await spawner.ready;
  gits.push(await spawner.spawn(request));
  await expect.poll(() => git.pids()).toHaveLength(6);
  await spawner[Symbol.asyncDispose]();
  for (const { exited } of gits) expect((await exited).code).toBeNull();
  const pids = (await git.pids()).filter((pid) => pid !== process.pid);
  await expect.poll(() => stillRunning(pids)).toEqual([]);
});

test("a spawner that is disposed of while it comes up leaves nothing behind", async () => {
  const before = await childrenOf(process.pid);
  for (let round = 0; round < 5; round++) {
    await using spawner = new HelperSpawner();
    if (round % 2 === 1) await turn();
    if (round === 4) await version(spawner);
  }
  // What was on its way to its end before may have come to it.
  const left = async () => (await childrenOf(process.pid)).filter((child) => !before.includes(child));
  await expect.poll(left).toEqual([]);
});

async function childrenOf(pid: number): Promise<number[]> {
  const pids = (await readdir("/proc")).map(Number).filter(Number.isInteger);
  const found: number[] = [];
  for (const child of pids) {
    const parent = await parentOf(child).catch(() => 0);
    if (parent === pid && (await isRunning(child))) found.push(child);
  }
  return found.sort((a, b) => a - b);
}

test("the helper ends with its parent, and takes every git along", async () => {
  await using git = await standInForGit(WAITS);
  const program = fileURLToPath(new URL("../support/helper-parent.ts", import.meta.url));
  const parent = fork(program, [cwd, git.env.PATH ?? ""], {
    env: { ...process.env, TMPDIR: git.folder },
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await once(parent, "message");
  await expect.poll(() => git.pids()).toHaveLength(3);
  const pids = await git.pids();
  expect(await stillRunning(pids)).toEqual(pids);
  const sockets = async () => (await readdir(git.folder)).filter((name) => name.startsWith("stackit-"));
  expect(await sockets()).toHaveLength(1);
  const gone = once(parent, "exit");
  parent.kill("SIGKILL");
  await gone;
  await expect.poll(() => stillRunning(pids)).toEqual([]);
  expect(await sockets()).toEqual([]);
});

test("a killed helper takes its gits along, and no call after it is lost", async () => {
  await using git = await standInForGit(WAITS);
  await using spawner = new HelperSpawner();
  await spawner.ready;
  const running = await spawner.spawn({ args: ["wait"], cwd, env: git.env, hasInput: true });
  const output: Buffer[] = [];
  running.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  await expect.poll(() => Buffer.concat(output).toString()).toBe("ready\n");
  const helper = await parentOf(running.pid);
  process.kill(helper, "SIGKILL");
  // Some of these are sent to a helper that is no more.
  const calls = await Promise.all(Array.from({ length: 8 }, () => version(spawner)));
  for (const answer of calls) expect(answer).toContain("git version");
  expect((await running.exited).code).toBeNull();
  await expect.poll(async () => stillRunning(await git.pids())).toEqual([]);
  expect(await version(spawner)).toContain("git version");
});

test("neither a terminal's interrupt nor a polite end of the helper alone stops it", async () => {
  await using git = await standInForGit(WAITS);
  await using spawner = new HelperSpawner();
  await spawner.ready;
  const running = await spawner.spawn({ args: ["wait"], cwd, env: git.env, hasInput: false });
  const helper = await parentOf(running.pid);
  process.kill(helper, "SIGINT");
  process.kill(helper, "SIGTERM");
  expect(await version(spawner)).toContain("git version");
  expect(await stillRunning([helper, running.pid])).toEqual([helper, running.pid]);
});

test("a git that says nothing is heard out, however quick it was and however busy the server is", async () => {
  await using spawner = new HelperSpawner();
  await spawner.ready;
  for (let round = 0; round < 20; round++) {
    const call = runGit(spawner, { args: ["stripspace"], cwd, env }, { signal, input: "" });
    await turn();
    const untilMs = performance.now() + (round % 2) * 40;
    while (performance.now() < untilMs);
    expect(await call).toMatchObject({ exitCode: 0, stderr: "" });
    const heard = runGit(
      spawner,
      { args: ["stripspace"], cwd, env },
      { signal, input: "", stderr: { push: () => {}, kept: "" } },
    );
    await turn();
    expect(await heard).toMatchObject({ exitCode: 0 });
  }
});

test("no socket stays open behind calls that have ended", async () => {
  await using spawner = new HelperSpawner();
  await spawner.ready;
  const stderr = { push: () => {}, kept: "" };
  const strip = () => runGit(spawner, { args: ["stripspace"], cwd, env }, { signal, input: "x\n", stderr });
  await strip();
  const open = async (): Promise<number> => (await readdir("/proc/self/fd")).length;
  const before = await open();
  for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 8 }, strip));
  await expect.poll(open).toBeLessThanOrEqual(before + 2);
});
