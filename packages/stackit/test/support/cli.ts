import { once } from "node:events";
import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { runCli } from "../../src/cli/run-cli.ts";

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface CliOptions {
  readonly cwd: string;
  readonly env?: Record<string, string>;
  /** Whether what is said on stderr goes to a terminal. */
  readonly hasTerminal?: boolean;
  /** What a person types at that terminal, all of it at once. */
  readonly typed?: string;
}

/** Runs a command in this process, by default with streams that are no terminal, until it ends. */
export async function runCommand(args: readonly string[], options: CliOptions): Promise<CliRun> {
  const started = startCommand(args, options);
  const code = await started.ended;
  return { code, stdout: started.stdout(), stderr: started.stderr() };
}

export interface RunningServe extends AsyncDisposable {
  readonly url: string;
  readonly stdout: () => string;
  /** The log, among other things. */
  readonly stderr: () => string;
  /** As the first signal would. Resolves to the exit code. */
  stop(): Promise<number>;
}

/** Runs `serve` on a free port until it is stopped or disposed. Throws with what it said when it ends before it listens. */
export async function startServe(args: readonly string[], options: CliOptions): Promise<RunningServe> {
  const started = startCommand(["serve", "--port", "0", ...args], options);
  const url = await Promise.race([
    started.firstOutput(/ at (http:\/\/\S+)/),
    started.ended.then((code) => {
      throw new Error(`serve ended with ${code}: ${started.stderr()}`);
    }),
  ]);
  return {
    url,
    stdout: started.stdout,
    stderr: started.stderr,
    stop: started.stop,
    async [Symbol.asyncDispose]() {
      await started.stop();
    },
  };
}

export function startCommand(
  args: readonly string[],
  { cwd, env = {}, hasTerminal = false, typed }: CliOptions,
) {
  const abort = new AbortController();
  const stdin = Object.assign(new PassThrough(), { isTTY: typed !== undefined });
  stdin.end(typed);
  const stdout = new PassThrough();
  const stderr = Object.assign(new PassThrough(), { isTTY: hasTerminal, columns: 100 });
  const said = { out: "", err: "" };
  stdout.on("data", (chunk: Buffer) => {
    said.out += chunk.toString();
  });
  stderr.on("data", (chunk: Buffer) => {
    said.err += chunk.toString();
  });
  const endNow = () => abort.abort();
  // Another process would not begin in the middle of a transaction of a server in this one, whose thread waits for nobody.
  const ended: Promise<number> = setImmediate().then(() =>
    runCli(args, { env, cwd, stdin, stdout, stderr, signal: abort.signal, endNow }),
  );
  return {
    ended,
    stdout: () => said.out,
    stderr: () => said.err,
    async firstOutput(pattern: RegExp): Promise<string> {
      for (;;) {
        const found = pattern.exec(said.out)?.[1];
        if (found !== undefined) return found;
        await once(stdout, "data");
      }
    },
    stop(): Promise<number> {
      abort.abort();
      return ended;
    },
  };
}
