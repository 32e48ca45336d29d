import { once } from "node:events";
import type { ServerProcess } from "../packages/stackit/test/support/server-process.ts";

/** What a process that runs with `--inspect` still reaches after its garbage has gone. */
export class LiveHeap {
  readonly #socket: WebSocket;
  readonly #chunks: string[] = [];
  readonly #asked = new Map<number, PromiseWithResolvers<Readonly<Record<string, unknown>>>>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#hear(JSON.parse(String(data))));
    socket.addEventListener("close", () => {
      for (const { reject } of this.#asked.values()) reject(new Error("the inspected process has gone"));
    });
  }

  /** @throws {Error} when the server was not started with `--inspect` */
  static async of({ log }: ServerProcess): Promise<LiveHeap> {
    const [url] = /ws:\/\/\S+/.exec(log) ?? [];
    if (url === undefined) throw new Error("the server runs without an inspector");
    const socket = new WebSocket(url);
    await once(socket, "open");
    return new LiveHeap(socket);
  }

  async bytes(): Promise<number> {
    await this.#ask("HeapProfiler.collectGarbage");
    return Number((await this.#ask("Runtime.getHeapUsage")).usedSize);
  }

  /** Bytes of all objects by the name of their class, or of what else they are. The process stands still meanwhile. */
  async bytesByClass(): Promise<ReadonlyMap<string, number>> {
    this.#chunks.length = 0;
    await this.#ask("HeapProfiler.takeHeapSnapshot");
    const { nodes, strings, snapshot } = JSON.parse(this.#chunks.join("")) as HeapSnapshot;
    this.#chunks.length = 0;
    const { node_fields: fields, node_types: types } = snapshot.meta;
    const [type, name, size] = ["type", "name", "self_size"].map((field) => fields.indexOf(field));
    const bytes = new Map<string, number>();
    for (let at = 0; at < nodes.length; at += fields.length) {
      const kind = types[0][nodes[at + (type ?? 0)] ?? 0] ?? "";
      const word = kind === "object" || kind === "closure" || kind === "native";
      const key = word ? `${kind} ${strings[nodes[at + (name ?? 0)] ?? 0]}` : kind;
      bytes.set(key, (bytes.get(key) ?? 0) + (nodes[at + (size ?? 0)] ?? 0));
    }
    return bytes;
  }

  /** Settles when the process is no longer inspected. */
  async close(): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }

  #ask(method: string): Promise<Readonly<Record<string, unknown>>> {
    const answer = Promise.withResolvers<Readonly<Record<string, unknown>>>();
    this.#asked.set(++this.#last, answer);
    this.#socket.send(JSON.stringify({ id: this.#last, method }));
    return answer.promise;
  }

  #hear({ id, result, error, params }: InspectorMessage): void {
    if (params?.chunk !== undefined) this.#chunks.push(params.chunk);
    const answer = id === undefined ? undefined : this.#asked.get(id);
    if (id !== undefined) this.#asked.delete(id);
    if (error) answer?.reject(new Error(error.message));
    else answer?.resolve(result ?? {});
  }
}

interface InspectorMessage {
  readonly id?: number;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
  readonly params?: { readonly chunk?: string };
}

interface HeapSnapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly [readonly string[]];
    };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}
