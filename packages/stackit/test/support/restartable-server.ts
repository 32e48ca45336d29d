import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startServerProcess } from "./server-process.ts";

export interface RestartableServer extends AsyncDisposable {
  readonly url: string;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again, at the same address and on the same data folder. */
  restart(): Promise<void>;
}

/**
 * A real server process that serves a folder, or what a list of repositories names, so that it can be killed. Settles when it has read it.
 * Nothing of it remains when it is disposed.
 */
export async function serveRestartably(what: string | { readonly list: string }): Promise<RestartableServer> {
  const dataDir = await mkdtemp(join(tmpdir(), "stackit-data-"));
  const served = typeof what === "string" ? ["--cwd", what] : ["--repos-config", what.list];
  const args = [...served, "--data-dir", dataDir];
  let server = await startServerProcess(args);
  const { url } = server;
  while (!(await fetch(`${url}/readyz`)).ok) await sleep(50);
  const kill = async (): Promise<void> => {
    server.signal("SIGKILL");
    await server.ended;
  };
  return {
    url,
    kill,
    async restart() {
      await kill();
      server = await startServerProcess([...args, "--port", new URL(url).port]);
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
