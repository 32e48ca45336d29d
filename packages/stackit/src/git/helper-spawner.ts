import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HANDSHAKE_DIGITS, type HelperReply, type HelperRequest } from "./spawn-helper.ts";
import { DirectSpawner, type GitExit, type GitProcess, type Spawner, type SpawnRequest } from "./spawner.ts";

interface Pending {
  pid?: number;
  socket?: Socket;
  readonly started: PromiseWithResolvers<GitProcess>;
  readonly exited: PromiseWithResolvers<GitExit>;
}

/**
 * Starts git through a small helper process. While the helper is not there yet, or is gone, git is started directly:
 * slower, never wrong. Disposal ends the helper, which ends every git it started.
 */
export class HelperSpawner implements Spawner {
  readonly #direct = new DirectSpawner();
  readonly #pending = new Map<number, Pending>();
  readonly #ready: Promise<void>;
  #helper: ChildProcess | undefined;
  #server: Server | undefined;
  #folder: string | undefined;
  #lastId = 0;
  #closed = false;

  /** Returns at once; the helper comes up in the background. */
  constructor() {
    this.#ready = this.#open().catch(() => this.#drop());
  }

  /** Settles when the helper answers, or is known not to. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  async spawn(request: SpawnRequest): Promise<GitProcess> {
    const helper = this.#helper;
    if (!helper?.connected || this.#closed) return this.#direct.spawn(request);
    const id = ++this.#lastId;
    const pending: Pending = { started: Promise.withResolvers(), exited: Promise.withResolvers() };
    this.#pending.set(id, pending);
    const message: HelperRequest = { id, args: [...request.args], cwd: request.cwd, env: { ...request.env } };
    helper.send(message, (error) => {
      if (error) this.#settle({ id, kind: "failed", code: "EPIPE", message: error.message });
    });
    return pending.started.promise;
  }

  async #open(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), "stackit-"));
    const socketPath = join(this.#folder, "git");
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    server.listen(socketPath);
    await once(server, "listening");
    if (this.#closed) return;
    const program = fileURLToPath(new URL(`./spawn-helper${extname(import.meta.filename)}`, import.meta.url));
    const helper = fork(program, [socketPath], {
      execArgv: [],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    helper.on("message", (reply: HelperReply) => this.#settle(reply));
    helper.once("exit", () => this.#drop());
    await once(helper, "spawn");
    helper.unref();
    helper.channel?.unref();
    server.unref();
    this.#helper = helper;
  }

  #accept(socket: Socket): void {
    socket.on("error", () => {});
    const read = (): void => {
      const head: Buffer | null = socket.read(HANDSHAKE_DIGITS);
      if (head === null) return;
      socket.off("readable", read);
      const id = Number.parseInt(head.toString("latin1"), 16);
      const pending = this.#pending.get(id);
      if (!pending) {
        socket.destroy();
        return;
      }
      pending.socket = socket;
      this.#hand(pending);
    };
    socket.on("readable", read);
    read();
  }

  #settle(reply: HelperReply): void {
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    if (reply.kind === "started") {
      pending.pid = reply.pid;
      this.#hand(pending);
      return;
    }
    this.#pending.delete(reply.id);
    if (reply.kind === "ended") {
      pending.exited.resolve({ code: reply.code, stderr: reply.stderr });
    } else {
      pending.socket?.destroy();
      pending.started.reject(Object.assign(new Error(reply.message), { code: reply.code }));
      pending.exited.resolve({ code: null, stderr: reply.message });
    }
  }

  #hand(pending: Pending): void {
    if (pending.pid === undefined || !pending.socket) return;
    pending.started.resolve({
      pid: pending.pid,
      stdin: pending.socket,
      stdout: pending.socket,
      exited: pending.exited.promise,
    });
  }

  /** The helper is gone: what it ran was killed with it. */
  #drop(): void {
    this.#helper = undefined;
    for (const id of [...this.#pending.keys()]) {
      const pending = this.#pending.get(id);
      if (pending?.pid === undefined)
        this.#settle({ id, kind: "failed", code: "EPIPE", message: "helper ended" });
      else this.#settle({ id, kind: "ended", code: null, stderr: "helper ended" });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#ready;
    const helper = this.#helper;
    if (helper?.connected) {
      const gone = once(helper, "exit");
      helper.disconnect();
      await gone;
    }
    this.#server?.close();
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
    await this.#direct[Symbol.asyncDispose]();
  }
}
