/**
 * @file The program of the helper process. Starting a process from a large heap blocks the event loop for as long as the
 * kernel copies page tables, so the server asks this small one to do it. Git's input and output are a socket that is
 * connected straight to the server: no byte of it passes through here.
 *
 * It ends with its parent, and takes every git it started with it.
 */
import { spawn } from "node:child_process";
import { Socket } from "node:net";

export type HelperRequest = {
  id: number;
  args: string[];
  cwd: string;
  env: Record<string, string>;
};
export type HelperReply =
  | { id: number; kind: "started"; pid: number }
  | { id: number; kind: "failed"; code: string; message: string }
  | { id: number; kind: "ended"; code: number | null; stderr: string };

/** Each socket opens with the id of its request, in this many hexadecimal digits. */
export const HANDSHAKE_DIGITS = 8;

const MAX_STDERR_BYTES = 16 * 1024;

if (process.send && process.argv[2] !== undefined) serve(process.argv[2], process.send.bind(process));

function serve(socketPath: string, send: (reply: HelperReply) => boolean): void {
  const groups = new Set<number>();

  process.on("message", (request: HelperRequest) => start(request));
  process.on("disconnect", () => {
    for (const pid of groups) {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
    process.exit(0);
  });
  // The terminal's interrupt goes to the whole foreground group; this process ends when the server lets go of it.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {});

  function start({ id, args, cwd, env }: HelperRequest): void {
    const socket = new Socket();
    const fail = (error: NodeJS.ErrnoException): void => {
      socket.destroy();
      send({ id, kind: "failed", code: error.code ?? "", message: error.message });
    };
    socket.pause(); // What arrives is git's, and must stay in the socket.
    socket.once("error", fail);
    socket.connect(socketPath, () => {
      socket.write(id.toString(16).padStart(HANDSHAKE_DIGITS, "0"), () => {
        socket.off("error", fail);
        const child = spawn("git", args, { cwd, env, stdio: [socket, socket, "pipe"], detached: true });
        socket.on("error", () => {});
        socket.destroy();
        let stderr = "";
        child.stderr?.setEncoding("utf8").on("data", (text: string) => {
          if (stderr.length < MAX_STDERR_BYTES) stderr += text.slice(0, MAX_STDERR_BYTES - stderr.length);
        });
        child.once("error", fail);
        child.once("spawn", () => {
          const pid = child.pid ?? 0;
          groups.add(pid);
          send({ id, kind: "started", pid });
          child.once("close", (code) => {
            groups.delete(pid);
            send({ id, kind: "ended", code, stderr });
          });
        });
      });
    });
  }
}
