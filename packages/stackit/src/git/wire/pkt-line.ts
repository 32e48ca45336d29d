/**
 * Git's packet lines (gitprotocol-common): four hexadecimal digits of length, themselves included, then the payload. Three
 * short lengths are marks of their own.
 */
export type Packet =
  | { readonly kind: "data"; readonly payload: string }
  | { readonly kind: (typeof MARKS)[number] };

export type StreamedPacket =
  | { readonly kind: "data"; readonly payload: Buffer }
  | { readonly kind: (typeof MARKS)[number] };

const MARKS = ["flush", "delimiter", "end"] as const;
const LENGTH_BYTES = 4;
const MAX_LENGTH = 65_520;

/** What came is not the protocol. */
export class PacketError extends Error {}

export function packet(payload: string): string {
  return (Buffer.byteLength(payload) + LENGTH_BYTES).toString(16).padStart(LENGTH_BYTES, "0") + payload;
}

/** Who asks: a line of each request. */
export const AGENT = "agent=stackit";

export const FLUSH = "0000";
export const DELIMITER = "0001";

/** All packets of a complete answer. One character of a payload is one byte. @throws {PacketError} */
export function* readPackets(answer: Buffer): Generator<Packet> {
  // Taken apart as one string, which is several times as fast as a piece of the buffer for each line.
  const data = answer.toString("latin1");
  for (let offset = 0; offset < data.length; ) {
    const length = lengthOf(data.slice(offset, offset + LENGTH_BYTES));
    const end = offset + Math.max(length, LENGTH_BYTES);
    if (end > data.length) throw new PacketError(CUT);
    const mark = MARKS[length];
    yield mark !== undefined
      ? { kind: mark }
      : { kind: "data", payload: data.slice(offset + LENGTH_BYTES, end) };
    offset = end;
  }
}

/** Packets as they come. What is behind them is asked for the next piece when all before it has been taken. @throws {PacketError} */
export async function* streamPackets(pieces: AsyncIterable<Buffer>): AsyncGenerator<StreamedPacket, void> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let neededBytes = LENGTH_BYTES;
  for await (const piece of pieces) {
    held.push(piece);
    heldBytes += piece.length;
    if (heldBytes < neededBytes) continue;
    let rest = Buffer.concat(held);
    for (;;) {
      neededBytes = LENGTH_BYTES;
      if (rest.length < neededBytes) break;
      const length = lengthOf(rest.toString("latin1", 0, LENGTH_BYTES));
      neededBytes = Math.max(length, LENGTH_BYTES);
      if (rest.length < neededBytes) break;
      const mark = MARKS[length];
      yield mark !== undefined
        ? { kind: mark }
        : { kind: "data", payload: rest.subarray(LENGTH_BYTES, neededBytes) };
      rest = rest.subarray(neededBytes);
    }
    held = [rest];
    heldBytes = rest.length;
  }
  if (heldBytes > 0) throw new PacketError(CUT);
}

/** Finds the flush in packets that come in pieces. */
export class FlushFinder {
  #digits = "";
  /** What is left of a packet that has begun. */
  #payload = 0;

  /** @returns where in the piece the flush ends; undefined when it comes later. @throws {PacketError} */
  push(piece: Buffer): number | undefined {
    for (let at = 0; at < piece.length; ) {
      if (this.#payload > 0) {
        const passed = Math.min(this.#payload, piece.length - at);
        this.#payload -= passed;
        at += passed;
        continue;
      }
      const digits = piece.toString("latin1", at, at + 4 - this.#digits.length);
      at += digits.length;
      this.#digits += digits;
      if (this.#digits.length < 4) return undefined;
      const length = lengthOf(this.#digits);
      if (MARKS[length] === "flush") return at;
      this.#digits = "";
      this.#payload = Math.max(0, length - 4);
    }
    return undefined;
  }
}

const CUT = "the answer ends within a packet";

function lengthOf(digits: string): number {
  const length = /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
  if (length < 0 || length === MARKS.length || length > MAX_LENGTH) {
    throw new PacketError("a packet has no valid length");
  }
  return length;
}
