import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  /** Ends it as a crash would, and starts it again at the same address. */
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** A real server process on a real folder, so that it can be killed. Nothing of it remains when it is disposed. */
export async function serveFolder(folder: string): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), "stackit-data-"));
  let { child, url } = await startProcess(folder, dataDir, "0");
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "close");
  };
  return {
    url,
    kill,
    async restart() {
      await kill();
      ({ child, url } = await startProcess(folder, dataDir, new URL(url).port));
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function startProcess(
  folder: string,
  dataDir: string,
  port: string,
): Promise<{ child: ChildProcess; url: string }> {
  const args = ["--conditions=source", MAIN, "serve", "--cwd", folder, "--data-dir", dataDir, "--port", port];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const url = await new Promise<string>((done, failed) => {
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const found = / at (http:\S+)/.exec(text)?.[1];
      if (found !== undefined) done(found);
    });
    child.once("close", () => failed(new Error(`the server ended: ${said}`)));
  });
  return { child, url };
}
