import type { Connections } from "./connections.ts";
import {
  AGENT,
  DELIMITER,
  FLUSH,
  PacketError,
  packet,
  type StreamedPacket,
  streamPackets,
} from "./pkt-line.ts";
import { failureOfStatus, RemoteError } from "./remote-failure.ts";

export interface PackRequest {
  /** Objects that the remote's refs name. One at least. */
  readonly wants: readonly string[];
  /** Objects that are here with all that they reach, and that the remote may have. */
  readonly haves: readonly string[];
  readonly authorization?: string | undefined;
  readonly signal: AbortSignal;
  /** Hears what the remote says of its work, in pieces that are cut anywhere. Without it the remote is asked to be quiet. */
  readonly onWords?: ((words: Buffer) => void) | undefined;
}

/** A pack on its way. It may lean on objects that are not in it. Disposal breaks off what has not come yet. */
export interface IncomingPack extends Disposable {
  readonly objectCount: number;
  /** Once. Throws RemoteError when the remote breaks off. */
  readonly bytes: AsyncIterable<Buffer>;
}

/** Counting the objects of a large repository may take a remote so long, and not all say meanwhile that they are at it. */
const SILENCE_MS = 60_000;
const HEADER_BYTES = 12;

/** Asks one repository for objects, by protocol v2's `fetch` (gitprotocol-v2) in one request. */
export class PackSource {
  readonly #connections: Connections;
  readonly #base: string;
  readonly #objectFormat: string;

  /** `base`: the repository's URL without a slash at its end. */
  constructor(connections: Connections, { base, objectFormat }: { base: string; objectFormat: string }) {
    this.#connections = connections;
    this.#base = base;
    this.#objectFormat = objectFormat;
  }

  /**
   * All that the wanted objects reach and the others do not. There is no negotiation: what the remote has is known from its refs, and
   * `done` ends it at once. Undefined when the remote refuses, or answers with more than a pack, as a shallow repository does: then it
   * is left to git to find out why.
   * @throws {RemoteError}
   */
  async request(request: PackRequest): Promise<IncomingPack | undefined> {
    const ended = new AbortController();
    try {
      const answer = await this.#connections.exchange(`${this.#base}/git-upload-pack`, {
        authorization: request.authorization,
        signal: AbortSignal.any([request.signal, ended.signal]),
        silenceMs: SILENCE_MS,
        body: this.#body(request),
      });
      if ("location" in answer) throw failureOfStatus(answer.status, undefined);
      const packets = streamPackets(answer);
      if (!(await reachesPack(packets))) {
        ended.abort();
        return undefined;
      }
      const pieces = packOf(packets, request.onWords);
      const head = await readHead(pieces);
      return {
        objectCount: head.readUInt32BE(8),
        bytes: withHead(head, pieces),
        [Symbol.dispose]: () => ended.abort(),
      };
    } catch (error) {
      ended.abort();
      throw asRemoteError(error);
    }
  }

  #body({ wants, haves, onWords }: PackRequest): string {
    return [
      packet("command=fetch\n"),
      packet(`${AGENT}\n`),
      packet(`object-format=${this.#objectFormat}\n`),
      DELIMITER,
      packet("thin-pack\n"),
      packet("ofs-delta\n"),
      ...(onWords ? [] : [packet("no-progress\n")]),
      ...wants.map((oid) => packet(`want ${oid}\n`)),
      ...haves.map((oid) => packet(`have ${oid}\n`)),
      packet("done\n"),
      FLUSH,
    ].join("");
  }
}

/** Whether the next packet belongs to a pack. What comes before one must be what a remote may say that needs no answer. */
async function reachesPack(packets: AsyncGenerator<StreamedPacket, void>): Promise<boolean> {
  let section: string | undefined;
  for (;;) {
    const { value } = await packets.next();
    if (value?.kind === "delimiter") section = undefined;
    else if (value?.kind !== "data") return false;
    else if (section === undefined) {
      section = value.payload.toString("latin1").trimEnd();
      if (section === "packfile") return true;
      if (section !== "acknowledgments") return false;
    }
  }
}

/** The pack's bytes, out of those of all bands. */
async function* packOf(
  packets: AsyncGenerator<StreamedPacket, void>,
  onWords: PackRequest["onWords"],
): AsyncGenerator<Buffer, void> {
  try {
    for (;;) {
      const { value } = await packets.next();
      if (value === undefined) throw new RemoteError("error", "The remote's answer ended early.");
      if (value.kind !== "data") break;
      const [band] = value.payload;
      const piece = value.payload.subarray(1);
      if (band === 1 && piece.length > 0) yield piece;
      else if (band === 2) onWords?.(piece);
      else if (band === 3) throw new RemoteError("error", "The remote broke off while it sent objects.");
    }
    // The connection is kept only when the answer was heard to its end.
    while (!(await packets.next()).done);
  } catch (error) {
    throw asRemoteError(error);
  }
}

async function readHead(pieces: AsyncGenerator<Buffer, void>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < HEADER_BYTES) {
    const { value } = await pieces.next();
    if (value === undefined) break;
    head = Buffer.concat([head, value]);
  }
  if (head.length < HEADER_BYTES || head.toString("latin1", 0, 4) !== "PACK")
    throw new PacketError("no pack");
  return head;
}

async function* withHead(head: Buffer, pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  yield head;
  yield* pieces;
}

function asRemoteError(error: unknown): unknown {
  return error instanceof PacketError
    ? new RemoteError("error", "The remote did not send what was asked for.", { cause: error })
    : error;
}
