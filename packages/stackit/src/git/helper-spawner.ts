import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CHANNELS, HANDSHAKE_BYTES, type HelperReply, type HelperRequest } from "./spawn-helper.ts";
import {
  DirectSpawner,
  type GitExit,
  type GitProcess,
  killGroup,
  type Spawner,
  type SpawnRequest,
} from "./spawner.ts";

/** In place of the system's code: git was not started because the helper ended. */
const HELPER_GONE = "HELPER_GONE";

interface Pending {
  readonly wants: Pick<HelperRequest, "hasInput" | "streamsStderr">;
  pid?: number;
  input?: Socket;
  output?: Socket;
  errors?: Socket;
  readonly started: PromiseWithResolvers<GitProcess>;
  readonly exited: PromiseWithResolvers<GitExit>;
  /** It has ended. A quick git may do so before its sockets were accepted here: then it is still to be handed over. */
  ended: boolean;
  handed: boolean;
}

/**
 * Starts git through a small helper process. While the helper is not there yet, or is gone, git is started directly:
 * slower, never wrong. Disposal ends the helper, which ends every git it started.
 */
export class HelperSpawner implements Spawner {
  readonly #direct = new DirectSpawner();
  readonly #pending = new Map<number, Pending>();
  readonly #ready: Promise<void>;
  /** Answers. Until then it only is `#starting`. */
  #helper: ChildProcess | undefined;
  #starting: ChildProcess | undefined;
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
    const { program = "git", args, cwd, env, hasInput, streamsStderr = false } = request;
    const wants = { hasInput, streamsStderr };
    const pending: Pending = {
      wants,
      started: Promise.withResolvers(),
      exited: Promise.withResolvers(),
      ended: false,
      handed: false,
    };
    this.#pending.set(id, pending);
    this.#keepAwake();
    const message: HelperRequest = { id, program, args: [...args], cwd, env: { ...env }, ...wants };
    helper.send(message, (error) => {
      if (error) this.#settle({ id, kind: "failed", code: HELPER_GONE, message: error.message });
    });
    return pending.started.promise.catch((error: unknown) => {
      const isGone = error instanceof Error && "code" in error && error.code === HELPER_GONE;
      if (!isGone || this.#closed) throw error;
      return this.#direct.spawn(request);
    });
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
    // What an operator lets Node read first is for the server: a collector of traces, say.
    const { NODE_OPTIONS: _, ...env } = process.env;
    const helper = fork(program, [socketPath], {
      execArgv: [],
      env,
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    helper.on("message", (reply: HelperReply) => this.#settle(reply));
    helper.once("exit", () => this.#drop());
    this.#starting = helper;
    await new Promise<void>((ready) => {
      helper.once("message", () => ready());
      helper.once("exit", () => ready());
      // Not started at all, for want of memory or of processes.
      helper.on("error", () => ready());
    });
    helper.unref();
    if (helper.connected) this.#helper = helper;
    this.#keepAwake();
  }

  #accept(socket: Socket): void {
    socket.on("error", () => {});
    const read = (): void => {
      const head: Buffer | null = socket.read(HANDSHAKE_BYTES);
      if (head === null) return;
      socket.off("readable", read);
      const channel = head.toString("latin1", 0, 1);
      const id = Number.parseInt(head.toString("latin1", 1), 16);
      const pending = this.#pending.get(id);
      if (!pending) {
        socket.destroy();
        return;
      }
      if (channel === CHANNELS.input) pending.input = socket;
      else if (channel === CHANNELS.errors) pending.errors = socket;
      else pending.output = socket;
      this.#hand(id, pending);
    };
    socket.on("readable", read);
    read();
  }

  #settle(reply: HelperReply): void {
    const pending = this.#pending.get(reply.id);
    if (!pending || reply.kind === "ready") return;
    if (reply.kind === "started") {
      pending.pid = reply.pid;
      this.#hand(reply.id, pending);
      return;
    }
    if (reply.kind === "ended") {
      pending.ended = true;
      pending.exited.resolve({ code: reply.code, stderr: reply.stderr });
      this.#forgetWhenDone(reply.id, pending);
    } else {
      this.#pending.delete(reply.id);
      this.#keepAwake();
      pending.input?.destroy();
      pending.output?.destroy();
      pending.errors?.destroy();
      pending.started.reject(Object.assign(new Error(reply.message), { code: reply.code }));
      pending.exited.resolve({ code: null, stderr: reply.message });
    }
  }

  /** The helper holds up the end of this process only while it runs something. */
  #keepAwake(): void {
    const wanted = this.#pending.size > 0 ? "ref" : "unref";
    this.#helper?.channel?.[wanted]();
    this.#server?.[wanted]();
  }

  #hand(id: number, pending: Pending): void {
    const { pid, input, output, errors, wants } = pending;
    if (pid === undefined || !output) return;
    if ((wants.hasInput && !input) || (wants.streamsStderr && !errors)) return;
    pending.handed = true;
    pending.started.resolve({
      pid,
      stdin: input,
      stdout: output,
      stderr: errors,
      exited: pending.exited.promise,
    });
    this.#forgetWhenDone(id, pending);
  }

  #forgetWhenDone(id: number, { ended, handed }: Pending): void {
    if (!ended || !handed) return;
    this.#pending.delete(id);
    this.#keepAwake();
  }

  /** The helper is gone. It took with it what it ran, unless it was killed itself. */
  #drop(): void {
    this.#helper = undefined;
    for (const [id, { pid, handed }] of [...this.#pending]) {
      if (pid !== undefined) killGroup(pid);
      if (handed) this.#settle({ id, kind: "ended", code: null, stderr: "helper ended" });
      else this.#settle({ id, kind: "failed", code: HELPER_GONE, message: "helper ended" });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const helper = this.#starting;
    if (helper?.connected) {
      const gone = once(helper, "exit");
      helper.ref();
      helper.disconnect();
      await gone;
    }
    await this.#ready;
    this.#server?.close();
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
    await this.#direct[Symbol.asyncDispose]();
  }
}
