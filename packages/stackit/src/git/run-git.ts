import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { TimeLimit } from "../lib/time-limit.ts";
import { failureOf, GitError } from "./git-error.ts";
import { type GitProcess, killGroup, type Spawner, type SpawnRequest } from "./spawner.ts";

export interface RunOptions {
  readonly signal: AbortSignal;
  /** Wall clock limit of this one process. */
  readonly timeoutMs?: number;
  /** A stream, such as another process's output, is read as fast as git takes it. When it breaks off, a call that fails has its error. */
  readonly input?: string | Buffer | AsyncIterable<Buffer> | undefined;
  readonly maxOutputBytes?: number;
  /** What to do at `maxOutputBytes`; by default the call fails. */
  readonly onTooMuch?: "fail" | "cut";
  /** Exit codes that are answers, 0 always among them. */
  readonly okExitCodes?: readonly number[];
  /** Hears what git says on stderr while it runs, and decides what of it is kept for an error. */
  readonly stderr?: StderrReader;
}

export interface StderrReader {
  /** Chunks are cut anywhere. */
  push(chunk: Buffer): void;
  /** At most 16 KiB. */
  readonly kept: string;
}

export interface RunResult {
  readonly stdout: Buffer;
  readonly exitCode: number;
  readonly stderr: string;
  /** Whether the output was cut at the limit. */
  readonly cut: boolean;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_MAX_OUTPUT_BYTES = 512 * 1024 * 1024;

/**
 * Runs git to its end and returns its output. Settles after the process has ended: its whole group is killed when the
 * signal aborts, the time is up, or the output grows past its limit.
 * @throws {GitError} or the error of an input that breaks off
 */
export async function runGit(
  spawner: Spawner,
  request: Pick<SpawnRequest, "args" | "cwd" | "env">,
  options: RunOptions,
): Promise<RunResult> {
  const { args } = request;
  using limit = new TimeLimit(options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const signal = AbortSignal.any([options.signal, limit.signal]);
  const abortFailure = (): GitError =>
    new GitError(options.signal.aborted ? "aborted" : "timeout", { args, cause: signal.reason });
  if (signal.aborted) throw abortFailure();

  const git = await startGit(spawner, {
    ...request,
    hasInput: options.input !== undefined,
    streamsStderr: options.stderr !== undefined,
  });
  const heardOut = git.stderr && options.stderr ? listen(git.stderr, options.stderr) : undefined;
  const kill = (): void => killGroup(git.pid);
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  const input = git.stdin && options.input !== undefined ? feed(git.stdin, options.input) : undefined;
  const maxBytes = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
  const output = await collect(git.stdout, maxBytes).catch((error: unknown) => {
    kill();
    return error instanceof Error ? error : new Error(String(error));
  });
  // What git started may hold on to its outputs for longer than git itself.
  const ended = git.exited.then(async (exit) => {
    await heardOut;
    signal.removeEventListener("abort", kill);
    return exit;
  });
  if (output instanceof Error) {
    await ended;
    throw signal.aborted ? abortFailure() : new GitError("failed", { args, cause: output });
  }
  if (output.tooMuch) {
    kill();
    await ended;
    if (options.onTooMuch !== "cut") throw new GitError("too-much-output", { args });
    return { stdout: output.bytes.subarray(0, maxBytes), exitCode: 0, stderr: "", cut: true };
  }
  const { code, stderr: said } = await ended;
  const stderr = said + (options.stderr?.kept ?? "");
  if (signal.aborted) throw abortFailure();
  if (code === null || (code !== 0 && !options.okExitCodes?.includes(code))) {
    if (input?.error !== undefined) throw input.error;
    throw new GitError(failureOf(stderr), { args, exitCode: code, stderr });
  }
  return { stdout: output.bytes, exitCode: code, stderr, cut: false };
}

/** `error`: why the input has broken off, if it has; not when git wants no more of it. */
function feed(
  stdin: Writable,
  input: string | Buffer | AsyncIterable<Buffer>,
): { readonly error?: unknown } | undefined {
  if (typeof input === "string" || Buffer.isBuffer(input)) {
    stdin.end(input);
    return undefined;
  }
  const fed: { error?: unknown } = {};
  async function* watched(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    try {
      yield* source;
    } catch (error) {
      fed.error = error;
      throw error;
    }
  }
  pipeline(watched(input), stdin).catch(() => {});
  return fed;
}

/** Settles at the end of the stream, or as soon as there is more than `limit`. */
function collect(stream: Readable, limit: number): Promise<{ bytes: Buffer; tooMuch: boolean }> {
  return new Promise((done, failed) => {
    const chunks: Buffer[] = [];
    let length = 0;
    // A quick git that says nothing may have ended before anybody listened: no event comes any more.
    if (stream.readableEnded) return done({ bytes: Buffer.alloc(0), tooMuch: false });
    if (stream.destroyed) return failed(new Error("the output ended early"));
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length <= limit) return;
      stream.destroy();
      done({ bytes: Buffer.concat(chunks), tooMuch: true });
    });
    stream.once("end", () => done({ bytes: Buffer.concat(chunks), tooMuch: false }));
    stream.once("error", failed);
    stream.once("close", () => failed(new Error("the output ended early")));
  });
}

/** Settles when the stream has ended, however it did. */
function listen(stream: Readable, reader: StderrReader): Promise<void> {
  return new Promise((done) => {
    if (stream.readableEnded || stream.destroyed) return done();
    stream.on("data", (chunk: Buffer) => reader.push(chunk));
    stream.once("error", () => {});
    stream.once("close", done);
  });
}

/** @throws {GitError} `no-git` when there is no git program, `failed` when it cannot be started. */
export async function startGit(spawner: Spawner, request: SpawnRequest): Promise<GitProcess> {
  try {
    return await spawner.spawn(request);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    // The system says the same of a program and of a working folder that is not there.
    const folderGone = missing && !existsSync(request.cwd);
    throw new GitError(missing && !folderGone ? "no-git" : "failed", {
      args: request.args,
      stderr: folderGone ? "the repository's folder is gone" : "",
      cause: error,
    });
  }
}
