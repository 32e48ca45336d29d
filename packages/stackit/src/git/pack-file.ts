import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { crc32, deflate, deflateSync } from "node:zlib";
import type { ObjectFormat } from "./bare-folder.ts";
import { zlibStored } from "./zlib-stored.ts";

const deflated = promisify(deflate);

export interface PackFile {
  readonly pack: Buffer;
  /** Where each object lies in it. */
  readonly index: Buffer;
  /** Hexadecimal; what git names the files by. */
  readonly checksum: string;
}

interface Entry {
  readonly oid: string;
  readonly crc: number;
  readonly offset: number;
}

const TYPES: ReadonlyMap<string, number> = new Map([
  ["commit", 1],
  ["tree", 2],
  ["blob", 3],
  ["tag", 4],
]);

/** Smaller ones are packed before a thread could have taken them. */
const SMALL_BYTES = 16 << 10;
/** Objects that are packed before others get their turn. */
const PACKED_AT_ONCE = 50;

export interface PackOptions {
  readonly format: ObjectFormat;
  /** Whether it is read once and thrown away, so that small objects are not worth compressing. */
  readonly isShortLived?: boolean;
}

/** What git would write for these objects, without a process. `objects`: by id, each with its header; of less than 2 GiB together. */
export async function packFile(
  objects: ReadonlyMap<string, Buffer>,
  { format, isShortLived = false }: PackOptions,
): Promise<PackFile> {
  const packSmall = isShortLived ? zlibStored : (content: Buffer) => deflateSync(content, FAST);
  const head = Buffer.from("PACK\0\0\0\u0002\0\0\0\0", "latin1");
  head.writeUInt32BE(objects.size, 8);
  const parts: Buffer[] = [head];
  const entries: Entry[] = [];
  let offset = head.length;
  for (const [oid, bytes] of objects) {
    const [space, end] = [bytes.indexOf(0x20), bytes.indexOf(0)];
    const content = bytes.subarray(end + 1);
    const packed = content.length < SMALL_BYTES ? packSmall(content) : await deflated(content, FAST);
    const entry = Buffer.concat([entryHead(bytes.toString("latin1", 0, space), content.length), packed]);
    parts.push(entry);
    entries.push({ oid, crc: crc32(entry), offset });
    offset += entry.length;
    if (entries.length % PACKED_AT_ONCE === 0) await setImmediate();
  }
  const body = Buffer.concat(parts);
  const sum = createHash(format).update(body).digest();
  return {
    pack: Buffer.concat([body, sum]),
    index: indexOf(entries, sum, format),
    checksum: sum.toString("hex"),
  };
}

/**
 * Writes them as one pack of a repository; `folder`: its objects. Resolves to the file, without its ending; the index comes last, without which git
 * sees no pack.
 * @throws the system's error
 */
export async function writePack(
  folder: string,
  objects: ReadonlyMap<string, Buffer>,
  options: PackOptions,
): Promise<string> {
  const { pack, index, checksum } = await packFile(objects, options);
  const file = join(folder, "pack", `pack-${checksum}`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.pack`, pack);
  await writeFile(`${file}.idx`, index);
  return file;
}

const FAST = { level: 1 };

/** The type and four bits of the size, then seven bits a byte, the lowest first; all but the last byte have the highest bit. */
function entryHead(type: string, size: number): Buffer {
  const bytes: number[] = [];
  let byte = ((TYPES.get(type) ?? 0) << 4) | (size & 15);
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push(byte | 0x80);
    byte = rest & 0x7f;
  }
  return Buffer.from([...bytes, byte]);
}

/** Version 2: how many ids begin with at most each byte, then ids, checksums and offsets, all in the order of the ids. */
function indexOf(entries: readonly Entry[], packSum: Buffer, format: ObjectFormat): Buffer {
  const sorted = entries.toSorted((a, b) => (a.oid < b.oid ? -1 : 1));
  const upTo = new Array<number>(256).fill(0);
  for (const { oid } of sorted) {
    for (let first = Number.parseInt(oid.slice(0, 2), 16); first < 256; first++)
      upTo[first] = (upTo[first] ?? 0) + 1;
  }
  const body = Buffer.concat([
    Buffer.from("\xfftOc\0\0\0\u0002", "latin1"),
    numbers(upTo),
    ...sorted.map(({ oid }) => Buffer.from(oid, "hex")),
    numbers(sorted.map(({ crc }) => crc)),
    numbers(sorted.map(({ offset }) => offset)),
    packSum,
  ]);
  return Buffer.concat([body, createHash(format).update(body).digest()]);
}

function numbers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}
