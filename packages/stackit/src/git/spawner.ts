import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** Those that may be started. */
export type Program = "git" | "ssh";

export interface SpawnRequest {
  /** By default git. */
  readonly program?: Program;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether the process gets something to read; otherwise its input is empty. */
  readonly hasInput: boolean;
  /** Whether what it says on stderr is handed out while it runs, instead of kept. */
  readonly streamsStderr?: boolean;
}

export interface GitExit {
  /** Null when a signal ended it. */
  readonly code: number | null;
  /** At most 16 KiB, the beginning. Empty when it was handed out. */
  readonly stderr: string;
}

/** A running git in a process group of its own. */
export interface GitProcess {
  readonly pid: number;
  /** Present when the request said so. */
  readonly stdin: Writable | undefined;
  /** May have ended already when there was nothing in it. */
  readonly stdout: Readable;
  /** Present when the request said so; it must be read. May have ended already, as `stdout`. */
  readonly stderr?: Readable | undefined;
  /** Settles when the process has ended; never rejects. Output may still be on its way. */
  readonly exited: Promise<GitExit>;
}

/** The only thing that may start a process. */
export interface Spawner extends AsyncDisposable {
  /** Rejects when the program cannot be started, with the system's error. */
  spawn(request: SpawnRequest): Promise<GitProcess>;
}

export const MAX_STDERR_BYTES = 16 * 1024;

/** Ends a process group at once. Harmless when it has ended already. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left in the group.
  }
}

/** Starts git as a child of this process: simple, but each start blocks longer the more memory this process has. */
export class DirectSpawner implements Spawner {
  readonly #running = new Set<ChildProcess>();

  async spawn(request: SpawnRequest): Promise<GitProcess> {
    const child = spawn(request.program ?? "git", request.args, {
      cwd: request.cwd,
      env: request.env,
      stdio: [request.hasInput ? "pipe" : "ignore", "pipe", "pipe"],
      detached: true,
    });
    const { promise: exited, resolve } = Promise.withResolvers<GitExit>();
    const said: Buffer[] = [];
    let saidBytes = 0;
    const stderr = request.streamsStderr ? (child.stderr ?? undefined) : undefined;
    if (!stderr) {
      child.stderr?.on("data", (chunk: Buffer) => {
        if (saidBytes < MAX_STDERR_BYTES) said.push(chunk);
        saidBytes += chunk.length;
      });
    }
    // A git that ends early closes its input; the exit code tells why.
    child.stdin?.on("error", () => {});
    const started = new Promise<number>((done, failed) => {
      child.once("spawn", () => done(child.pid ?? 0));
      child.once("error", failed);
    });
    this.#running.add(child);
    // Whoever ended git itself has not ended what it had started.
    child.once("exit", (_code, signal) => {
      if (signal && child.pid !== undefined) killGroup(child.pid);
    });
    child.once("close", (code) => {
      this.#running.delete(child);
      resolve({ code, stderr: Buffer.concat(said).subarray(0, MAX_STDERR_BYTES).toString() });
    });
    try {
      const pid = await started;
      if (!child.stdout) throw new Error("git was started without an output");
      return { pid, stdin: child.stdin ?? undefined, stdout: child.stdout, stderr, exited };
    } catch (error) {
      this.#running.delete(child);
      throw error;
    }
  }

  /** Kills what still runs and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const ends = [...this.#running].map((child) => new Promise((done) => child.once("close", done)));
    for (const child of this.#running) if (child.pid !== undefined) killGroup(child.pid);
    await Promise.all(ends);
  }
}
