/**
 * @file The program of the helper process. Starting a process from a large heap blocks the event loop for as long as the
 * kernel copies page tables, so the server asks this small one to do it. Git's input and output are sockets that are
 * connected straight to the server: no byte of them passes through here.
 *
 * It ends with its parent, and takes every git it started with it.
 */
import { spawn } from "node:child_process";
import { rmdirSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { dirname } from "node:path";
import { killGroup, type Program } from "./spawner.ts";

export type HelperRequest = {
  id: number;
  program: Program;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  hasInput: boolean;
  streamsStderr: boolean;
};
export type HelperReply =
  | { id: 0; kind: "ready" }
  | { id: number; kind: "started"; pid: number }
  | { id: number; kind: "failed"; code: string; message: string }
  | { id: number; kind: "ended"; code: number | null; stderr: string };

/** Each socket opens with one of these and the id of its request in hexadecimal digits. */
export const CHANNELS = { input: "i", output: "o", errors: "e" } as const;
export const HANDSHAKE_BYTES = 9;

const MAX_STDERR_BYTES = 16 * 1024;

if (process.send && process.argv[2] !== undefined) serve(process.argv[2], process.send.bind(process));

function serve(socketPath: string, send: (reply: HelperReply) => boolean): void {
  const groups = new Set<number>();

  process.on("message", (request: HelperRequest) => void start(request));
  process.on("disconnect", () => {
    for (const pid of groups) killGroup(pid);
    // Whoever made it was perhaps killed, and cannot remove it any more.
    try {
      rmSync(socketPath, { force: true });
      rmdirSync(dirname(socketPath));
    } catch {
      // It was not killed, and has.
    }
    process.exit(0);
  });
  // The terminal's interrupt goes to the whole foreground group; this process ends when the server lets go of it.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {});
  send({ id: 0, kind: "ready" });

  async function start({
    id,
    program,
    args,
    cwd,
    env,
    hasInput,
    streamsStderr,
  }: HelperRequest): Promise<void> {
    const sockets: Socket[] = [];
    const fail = (error: NodeJS.ErrnoException): void => {
      for (const socket of sockets) socket.destroy();
      send({ id, kind: "failed", code: error.code ?? "", message: error.message });
    };
    try {
      const output = await connect(id, CHANNELS.output);
      sockets.push(output);
      const input = hasInput ? await connect(id, CHANNELS.input) : undefined;
      if (input) sockets.push(input);
      const errors = streamsStderr ? await connect(id, CHANNELS.errors) : undefined;
      if (errors) sockets.push(errors);
      const child = spawn(program, args, {
        cwd,
        env,
        stdio: [input ?? "ignore", output, errors ?? "pipe"],
        detached: true,
      });
      child.once("error", fail);
      for (const socket of sockets) socket.destroy(); // Git has its own handles now.
      let stderr = "";
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        if (stderr.length < MAX_STDERR_BYTES) stderr += text.slice(0, MAX_STDERR_BYTES - stderr.length);
      });
      child.once("spawn", () => {
        const pid = child.pid ?? 0;
        groups.add(pid);
        send({ id, kind: "started", pid });
        child.once("exit", (_code, signal) => {
          if (signal) killGroup(pid);
        });
        child.once("close", (code) => {
          groups.delete(pid);
          send({ id, kind: "ended", code, stderr });
        });
      });
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  function connect(id: number, channel: string): Promise<Socket> {
    return new Promise((done, failed) => {
      const socket = new Socket();
      socket.pause(); // What arrives is git's, and must stay in the socket.
      socket.once("error", failed);
      socket.connect(socketPath, () => {
        socket.write(channel + id.toString(16).padStart(HANDSHAKE_BYTES - 1, "0"), () => {
          socket.off("error", failed);
          socket.on("error", () => {});
          done(socket);
        });
      });
    });
  }
}
