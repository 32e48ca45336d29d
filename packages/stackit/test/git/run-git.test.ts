import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { queryObjects } from "node:v8";
import { describe, expect, test } from "vitest";
import { GitError } from "../../src/git/git-error.ts";
import { HelperSpawner } from "../../src/git/helper-spawner.ts";
import { type RunOptions, runGit } from "../../src/git/run-git.ts";
import { DirectSpawner, type Spawner } from "../../src/git/spawner.ts";
import { standInForGit, stillRunning } from "../support/processes.ts";
import { testGitEnv } from "../support/test-git.ts";

const { signal } = new AbortController();
const cwd = tmpdir();
const realEnv = testGitEnv(cwd);

const openers: [string, () => Promise<Spawner>][] = [
  ["directly", async () => new DirectSpawner()],
  [
    "through the helper",
    async () => {
      const spawner = new HelperSpawner();
      await spawner.ready;
      return spawner;
    },
  ],
];

/** What a call fails with. */
async function failureOf(call: Promise<unknown>): Promise<GitError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof GitError)) throw new Error(`no GitError, but ${String(error)}`);
  return error;
}

/** A git that starts another process and waits for ever. */
const WAITS = "sleep 600 &\nnote $!\nnote $$\nwait";

describe.each(openers)("git that is started %s", (_, open) => {
  test("answers with its output, its exit code and what it said", async () => {
    await using spawner = await open();
    const run = (args: string[], options: Partial<RunOptions> = {}) =>
      runGit(spawner, { args, cwd, env: realEnv }, { signal, ...options });
    const answer = await run(["stripspace"], { input: "a\n\n\nb" });
    expect([answer.stdout.toString(), answer.exitCode, answer.stderr, answer.cut]).toEqual([
      "a\n\nb\n",
      0,
      "",
      false,
    ]);
    expect((await run(["stripspace"], { input: "" })).stdout).toHaveLength(0);
    const failed = await failureOf(run(["no-such-command"]));
    expect(failed).toMatchObject({ failure: "failed", exitCode: 1 });
    expect(failed.stderr).toContain("no-such-command");
    const accepted = await run(["no-such-command"], { okExitCodes: [1] });
    expect([accepted.exitCode, accepted.stderr]).toEqual([1, failed.stderr]);
  });

  test("carries megabytes both ways at once", async () => {
    await using spawner = await open();
    const input = "0123456789abcde\n".repeat(300_000);
    const { stdout } = await runGit(spawner, { args: ["stripspace"], cwd, env: realEnv }, { signal, input });
    expect(stdout.equals(Buffer.from(input))).toBe(true);
  });

  test("takes an input that comes by and by, as fast as it reads it", async () => {
    await using spawner = await open();
    const lines = Array.from({ length: 200 }, (_, n) => `${n} `.repeat(5_000));
    async function* input() {
      for (const line of lines) yield Buffer.from(`${line}\n`);
    }
    const run = { args: ["stripspace"], cwd, env: realEnv };
    const { stdout } = await runGit(spawner, run, { signal, input: input() });
    expect(stdout.toString()).toBe(lines.map((line) => `${line.trimEnd()}\n`).join(""));
  });

  test("ends when its input breaks off, and the call fails with the reason for that", async () => {
    await using git = await standInForGit("cat > /dev/null\nnote 1\nexit 3");
    await using spawner = await open();
    const broken = new Error("the far side is gone");
    async function* input() {
      yield Buffer.from("half of ");
      throw broken;
    }
    const run = { args: ["x"], cwd, env: git.env };
    await expect(runGit(spawner, run, { signal, input: input() })).rejects.toBe(broken);
    expect(await git.pids()).toEqual([1]);
  });

  test("may end before its input does, which is then let go of", async () => {
    await using git = await standInForGit("head -c 9 > /dev/null\necho enough\nexit $1");
    await using spawner = await open();
    for (const code of [0, 3]) {
      const isLetGo = Promise.withResolvers<void>();
      async function* input() {
        try {
          for (;;) yield Buffer.alloc(65_536);
        } finally {
          isLetGo.resolve();
        }
      }
      const run = runGit(spawner, { args: [String(code)], cwd, env: git.env }, { signal, input: input() });
      if (code === 0) expect((await run).stdout.toString()).toBe("enough\n");
      else expect(await failureOf(run)).toMatchObject({ failure: "failed", exitCode: 3 });
      await isLetGo.promise;
    }
  });

  test("is killed with all it started when the caller gives up (B19)", async () => {
    await using git = await standInForGit(WAITS);
    await using spawner = await open();
    const caller = new AbortController();
    const call = runGit(spawner, { args: ["wait"], cwd, env: git.env }, { signal: caller.signal });
    await expect.poll(() => git.pids()).toHaveLength(2);
    const reason = new Error("no longer wanted");
    caller.abort(reason);
    expect(await failureOf(call)).toMatchObject({ failure: "aborted", cause: reason });
    await expect.poll(async () => stillRunning(await git.pids())).toEqual([]);
  });

  test("is killed with all it started when its time is up (B19)", async () => {
    await using git = await standInForGit(WAITS);
    await using spawner = await open();
    const call = runGit(spawner, { args: ["wait"], cwd, env: git.env }, { signal, timeoutMs: 1_000 });
    expect(await failureOf(call)).toMatchObject({ failure: "timeout", exitCode: null });
    await expect.poll(async () => stillRunning(await git.pids())).toEqual([]);
  });

  test("is still ended at its time when it has ended itself and what it started holds on to its errors", async () => {
    await using git = await standInForGit("sleep 600 >/dev/null &\nnote $!\nexit 1");
    await using spawner = await open();
    const call = runGit(spawner, { args: ["leave"], cwd, env: git.env }, { signal, timeoutMs: 1_000 });
    expect(await failureOf(call)).toMatchObject({ failure: "timeout" });
    await expect.poll(async () => stillRunning(await git.pids())).toEqual([]);
  });

  test("takes with it all that it started when somebody else kills it", async () => {
    await using git = await standInForGit("sleep 600 &\nnote $!\nkill -9 $$");
    await using spawner = await open();
    const call = runGit(spawner, { args: ["die"], cwd, env: git.env }, { signal });
    expect(await failureOf(call)).toMatchObject({ failure: "failed", exitCode: null });
    await expect.poll(async () => stillRunning(await git.pids())).toEqual([]);
  });

  test("fails when it says more than is allowed, or is cut there, and ends", async () => {
    await using git = await standInForGit("note $$\nexec yes");
    await using spawner = await open();
    const run = (options: Partial<RunOptions>) =>
      runGit(spawner, { args: ["talk"], cwd, env: git.env }, { signal, maxOutputBytes: 1_001, ...options });
    expect((await failureOf(run({}))).failure).toBe("too-much-output");
    const { stdout, cut } = await run({ onTooMuch: "cut" });
    expect([stdout.toString(), cut]).toEqual([`${"y\n".repeat(500)}y`, true]);
    await expect.poll(async () => stillRunning(await git.pids())).toEqual([]);
  });

  test("may say exactly as much as is allowed", async () => {
    await using spawner = await open();
    const { stdout, cut } = await runGit(
      spawner,
      { args: ["stripspace"], cwd, env: realEnv },
      { signal, input: "1234\n", maxOutputBytes: 5 },
    );
    expect([stdout.toString(), cut]).toEqual(["1234\n", false]);
  });

  test("may end before it has read what it was given", async () => {
    await using git = await standInForGit("echo early; echo why >&2; exit 3");
    await using spawner = await open();
    for (let round = 0; round < 10; round++) {
      const call = runGit(
        spawner,
        { args: ["end"], cwd, env: git.env },
        { signal, input: Buffer.alloc(4_000_000) },
      );
      expect(await failureOf(call)).toMatchObject({ failure: "failed", exitCode: 3, stderr: "why\n" });
    }
  });

  test("says at most so much on its error output", async () => {
    await using git = await standInForGit("yes complaint | head -c 1000000 >&2; exit 1");
    await using spawner = await open();
    const failed = await failureOf(runGit(spawner, { args: ["talk"], cwd, env: git.env }, { signal }));
    expect(failed.stderr).toHaveLength(16 * 1024);
  });

  test("is heard while it runs by who listens to its error output, and to its last word", async () => {
    await using git = await standInForGit("echo first >&2; read -r go; echo last >&2; exit 1");
    await using spawner = await open();
    const heard: string[] = [];
    const first = Promise.withResolvers<void>();
    const stderr = {
      push(chunk: Buffer) {
        heard.push(chunk.toString());
        first.resolve();
      },
      kept: "what matters",
    };
    const request = { args: ["talk"], cwd, env: git.env, hasInput: true, streamsStderr: true };
    // The same spawner, with the input left open until the first word was heard.
    const slow: Spawner = {
      spawn: async () => {
        const running = await spawner.spawn(request);
        void first.promise.then(() => running.stdin?.end("go\n"));
        return { ...running, stdin: undefined };
      },
      async [Symbol.asyncDispose]() {},
    };
    const failed = await failureOf(runGit(slow, request, { signal, input: "", stderr }));
    expect(heard.join("")).toBe("first\nlast\n");
    expect(failed).toMatchObject({ exitCode: 1, stderr: "what matters" });
  });

  test("is heard out by who listens to its error output, however quick it was", async () => {
    await using git = await standInForGit("yes complaint | head -c 1000000 >&2");
    await using spawner = await open();
    const listen = async (): Promise<number> => {
      let heardBytes = 0;
      const push = (chunk: Buffer): void => {
        heardBytes += chunk.length;
      };
      const stderr = { push, kept: "" };
      await runGit(spawner, { args: ["talk"], cwd, env: git.env }, { signal, stderr });
      return heardBytes;
    };
    const heard = await Promise.all(Array.from({ length: 8 }, listen));
    expect(heard).toEqual(heard.map(() => 1_000_000));
  });

  test("that a signal ended has failed", async () => {
    await using git = await standInForGit("kill -9 $$");
    await using spawner = await open();
    const failed = await failureOf(
      runGit(spawner, { args: ["die"], cwd, env: git.env }, { signal, okExitCodes: [0, 1] }),
    );
    expect(failed).toMatchObject({ failure: "failed", exitCode: null });
  });

  test("is missing, or its folder is, and each is said", async () => {
    await using spawner = await open();
    const folder = await mkdtemp(join(cwd, "stackit-gone-"));
    await rm(folder, { recursive: true });
    const args = ["version"];
    const noGit = runGit(spawner, { args, cwd, env: { PATH: "/nonexistent" } }, { signal });
    expect((await failureOf(noGit)).failure).toBe("no-git");
    const noFolder = await failureOf(runGit(spawner, { args, cwd: folder, env: realEnv }, { signal }));
    expect(noFolder).toMatchObject({ failure: "failed", stderr: "the repository's folder is gone" });
  });

  test("cannot be given what no program can be given", async () => {
    await using spawner = await open();
    const call = runGit(spawner, { args: ["rev-parse", "a\0b"], cwd, env: realEnv }, { signal });
    expect((await failureOf(call)).failure).toBe("failed");
    expect((await runGit(spawner, { args: ["version"], cwd, env: realEnv }, { signal })).exitCode).toBe(0);
  });
});

test("what git says is waited for, also when the news of its end comes first", async () => {
  const errors = new PassThrough();
  const quick: Spawner = {
    spawn: async () => ({
      pid: 2 ** 30,
      stdin: undefined,
      stdout: Readable.from([]),
      stderr: errors,
      exited: Promise.resolve({ code: 0, stderr: "" }),
    }),
    async [Symbol.asyncDispose]() {},
  };
  const heard: string[] = [];
  const stderr = { push: (chunk: Buffer) => heard.push(chunk.toString()), kept: "" };
  const call = runGit(quick, { args: ["talk"], cwd, env: realEnv }, { signal, stderr });
  setImmediate(() => errors.end("last"));
  await call;
  expect(heard).toEqual(["last"]);
});

test("whoever has given up before does not start anything", async () => {
  const never: Spawner = {
    spawn: async () => {
      throw new Error("started");
    },
    async [Symbol.asyncDispose]() {},
  };
  const call = runGit(never, { args: ["version"], cwd, env: realEnv }, { signal: AbortSignal.abort() });
  expect((await failureOf(call)).failure).toBe("aborted");
});

test("of a limit nothing stays when git has ended, however long it was", async () => {
  await using spawner = new DirectSpawner();
  const run = () =>
    runGit(spawner, { args: ["--version"], cwd, env: realEnv }, { signal, timeoutMs: 3_600_000 });
  await run();
  const before = queryObjects(AbortSignal, { format: "count" });
  for (let runs = 0; runs < 40; runs++) await run();
  expect(queryObjects(AbortSignal, { format: "count" }) - before).toBeLessThan(20);
});
