/**
 * Git's packet lines (gitprotocol-common): four hexadecimal digits of length, themselves included, then the payload. Three
 * short lengths are marks of their own.
 */
export type Packet =
  | { readonly kind: "data"; readonly payload: string }
  | { readonly kind: "flush" | "delimiter" | "end" };

const MARKS = ["flush", "delimiter", "end"] as const;
const MAX_LENGTH = 65_520;

/** What came is not the protocol. */
export class PacketError extends Error {}

export function packet(payload: string): string {
  return (Buffer.byteLength(payload) + 4).toString(16).padStart(4, "0") + payload;
}

export const FLUSH = "0000";
export const DELIMITER = "0001";

/** All packets of a complete answer. One character of a payload is one byte. @throws {PacketError} */
export function* readPackets(answer: Buffer): Generator<Packet> {
  // Taken apart as one string, which is several times as fast as a piece of the buffer for each line.
  const data = answer.toString("latin1");
  for (let offset = 0; offset < data.length; ) {
    const length = lengthOf(data.slice(offset, offset + 4));
    const mark = MARKS[length];
    if (mark !== undefined) {
      offset += 4;
      yield { kind: mark };
      continue;
    }
    if (offset + length > data.length) throw new PacketError("the answer ends within a packet");
    yield { kind: "data", payload: data.slice(offset + 4, offset + length) };
    offset += length;
  }
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

/** @throws {PacketError} */
function lengthOf(digits: string): number {
  const length = /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
  if (MARKS[length] === undefined && (length < 4 || length > MAX_LENGTH)) {
    throw new PacketError("a packet has no valid length");
  }
  return length;
}
