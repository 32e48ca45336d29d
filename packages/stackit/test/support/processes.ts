import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** Whether a process runs. One that has ended and that nobody has asked for its exit code does not. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
  // The name before may hold anything, a bracket included.
  const state = stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
  return state !== "" && state !== "Z" && state !== "X";
}

export async function stillRunning(pids: readonly number[]): Promise<number[]> {
  const running = await Promise.all(pids.map(isRunning));
  return pids.filter((_, index) => running[index]);
}

/** Those in whose arguments the text is. */
export async function processesWith(text: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const args = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return pids.filter((_, index) => args[index]?.includes(text));
}

export interface StandIn extends AsyncDisposable {
  /** An environment in which `git` is the script. */
  readonly env: Record<string, string>;
  readonly folder: string;
  /** Process ids that the script has written with `note $!`. */
  pids(): Promise<number[]>;
}

/** A `git` of our own that is a shell script. `note PID` writes a process id down. */
export async function standInForGit(script: string): Promise<StandIn> {
  const folder = await mkdtemp(join(tmpdir(), "stackit-stand-in-"));
  const notes = join(folder, "pids");
  const program = join(folder, "git");
  await writeFile(program, `#!/bin/sh\nnote() { echo "$1" >> '${notes}'; }\n${script}\n`);
  await chmod(program, 0o755);
  return {
    env: { PATH: [folder, process.env.PATH].join(delimiter) },
    folder,
    async pids() {
      const text = await readFile(notes, "utf8").catch(() => "");
      return text.split("\n").filter(Boolean).map(Number);
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}
