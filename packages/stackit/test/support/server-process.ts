import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { foundIn } from "./spellings.ts";
import { SECRET_MARK } from "./test-secret.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** What it wrote on standard error: its log. */
  readonly log: string;
  /** Settles with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  signal(name: NodeJS.Signals): void;
}

/**
 * `serve` as a process of its own, from the sources, on a free port. Killed when it is disposed, which throws when its log held a
 * secret of the test. `program`: what understands the same arguments. `through`: a command that becomes what its arguments name.
 * `nodeFlags`: Node's own.
 */
export async function startServerProcess(
  args: readonly string[],
  env: Record<string, string> = {},
  {
    program = MAIN,
    through = [],
    nodeFlags = [],
    ...person
  }: {
    uid?: number;
    gid?: number;
    program?: string;
    through?: readonly string[];
    nodeFlags?: readonly string[];
  } = {},
): Promise<ServerProcess> {
  const serve = [
    process.execPath,
    ...nodeFlags,
    "--conditions=source",
    program,
    "serve",
    "--port",
    "0",
    ...args,
  ];
  const [command = "", ...rest] = [...through, ...serve];
  const child = spawn(command, rest, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...person,
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const ended = once(child, "close").then(([code, signal]) => code ?? signal);
  const url = await Promise.race([
    firstMatch(child, / at (http:\S+)/),
    ended.then((code) => {
      throw new Error(`the server ended with ${code}: ${log}`);
    }),
  ]);
  return {
    url,
    pid: child.pid ?? 0,
    get log() {
      return log;
    },
    ended,
    signal: (name) => void child.kill(name),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
      if (foundIn([log], [SECRET_MARK]).length > 0) throw new Error("a secret of the test lay in the log");
    },
  };
}

async function firstMatch({ stdout }: ChildProcess, pattern: RegExp): Promise<string> {
  let said = "";
  for (;;) {
    const [chunk] = stdout ? await once(stdout, "data") : [];
    said += String(chunk);
    const found = pattern.exec(said)?.[1];
    if (found !== undefined) return found;
  }
}

/** Every process that this one started, directly or not. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const name of await readdir("/proc")) {
    const stat = /^\d+$/.test(name) ? await readFile(`/proc/${name}/stat`, "latin1").catch(() => "") : "";
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    if (stat !== "") children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (let open = [pid]; open.length > 0; ) {
    open = open.flatMap((parent) => children.get(parent) ?? []);
    found.push(...open);
  }
  return found;
}
