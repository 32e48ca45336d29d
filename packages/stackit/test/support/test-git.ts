import { spawn } from "node:child_process";

export interface TestGitOptions {
  cwd: string;
  /** Added to the environment, which is otherwise built from nothing. */
  env?: Record<string, string>;
  input?: string | Uint8Array;
  /** Exit codes that do not throw. */
  accept?: readonly number[];
}

const FIRST_INSTANT_S = Date.UTC(2026, 0, 5, 9) / 1000;

/** An environment in which Git sees no configuration but the repository's own, and always the same person and time. */
export function testGitEnv(home: string, atSeconds = FIRST_INSTANT_S): Record<string, string> {
  const date = `${atSeconds} +0000`;
  return {
    PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: home,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_EDITOR: "true",
    GIT_AUTHOR_NAME: "Robin Tester",
    GIT_AUTHOR_EMAIL: "robin@example.com",
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: "Robin Tester",
    GIT_COMMITTER_EMAIL: "robin@example.com",
    GIT_COMMITTER_DATE: date,
    LC_ALL: "C",
    TZ: "UTC",
  };
}

/** Instants one minute apart, starting from the same one in every test. */
export function testClock(): { nextSeconds(): number } {
  let seconds = FIRST_INSTANT_S;
  return {
    nextSeconds() {
      seconds += 60;
      return seconds;
    },
  };
}

/** Runs git as a person would, with none of the code under test. Throws with what git said. */
export async function testGit(args: readonly string[], options: TestGitOptions): Promise<string> {
  const child = spawn("git", [...args], {
    cwd: options.cwd,
    env: options.env ?? testGitEnv(options.cwd),
    stdio: ["pipe", "pipe", "pipe"],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  // A git that ends before it has read everything says why by its exit code.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode, signal) => resolve(exitCode ?? (signal ? 128 : 0)));
  });
  if (code !== 0 && !options.accept?.includes(code)) {
    throw new Error(`git ${args.join(" ")} ended with ${code}: ${Buffer.concat(err).toString().trim()}`);
  }
  return Buffer.concat(out).toString();
}
