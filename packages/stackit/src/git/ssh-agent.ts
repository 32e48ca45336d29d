import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { SshReader, sshString, uint32 } from "../lib/ssh-bytes.ts";
import type { SshKey } from "../lib/ssh-key.ts";

/** Numbers of messages in the protocol of SSH agents. */
const FAILURE = 5;
const LIST_KEYS = 11;
const KEYS = 12;
const SIGN = 13;
const SIGNATURE = 14;
/** What is to be signed is short; a session's id and a name or two. */
const MAX_MESSAGE_BYTES = 64 * 1024;

/**
 * An agent that signs with one key for every `ssh` that may open its socket, so that the key itself stays in this process. It can be asked for
 * nothing else. Disposal closes it at once.
 */
export class SshAgent implements AsyncDisposable {
  readonly #key: SshKey;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(key: SshKey) {
    this.#key = key;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** `socketPath`: in a folder that nobody else may look into. @throws the system's error */
  async listen(socketPath: string): Promise<void> {
    this.#server.listen(socketPath);
    await once(this.#server, "listening");
    // Nobody waits for it, and it ends with the process.
    this.#server.unref();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    let pending: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4) {
        const end = 4 + pending.readUInt32BE();
        if (end > MAX_MESSAGE_BYTES) return socket.destroy();
        if (pending.length < end) return;
        socket.write(sshString(this.#answer(pending.subarray(4, end))));
        pending = pending.subarray(end);
      }
    });
  }

  #answer(message: Buffer): Buffer {
    if (message[0] === LIST_KEYS) {
      return Buffer.concat([
        Buffer.of(KEYS),
        uint32(1),
        sshString(this.#key.publicKey),
        sshString("stackit"),
      ]);
    }
    const signature = message[0] === SIGN ? this.#sign(new SshReader(message.subarray(1))) : undefined;
    return signature ? Buffer.concat([Buffer.of(SIGNATURE), sshString(signature)]) : Buffer.of(FAILURE);
  }

  #sign(request: SshReader): Buffer | undefined {
    try {
      const isOurs = request.string().equals(this.#key.publicKey);
      const data = request.string();
      return isOurs ? this.#key.sign(data, request.uint32()) : undefined;
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }
}
