import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { deflate, inflate } from "node:zlib";
import type { GitObject } from "./cat-file.ts";

/** What a fetch of a push has left most often is no more; for others a process is soon the quicker way. */
export const FEW_OBJECTS = 8;

const inflated = promisify(inflate);
const deflated = promisify(deflate);
/** The largest header: a type of six letters, a size, and the zero between it and the content. */
const MAX_HEADER_BYTES = 32;

/**
 * Those of the objects that lie in files of their own, as a small fetch leaves them, read without a process. All others, and larger or
 * damaged ones, are absent: they are git's to read, and to complain of.
 */
export async function readLooseObjects(
  folder: string,
  oids: readonly string[],
  maxObjectBytes: number,
): Promise<Map<string, GitObject>> {
  const found = await Promise.all(
    oids.map((oid) => readLooseObject(folder, oid, maxObjectBytes).catch(() => undefined)),
  );
  return new Map(found.flatMap((object) => (object ? [[object.oid, object] as const] : [])));
}

async function readLooseObject(
  folder: string,
  oid: string,
  maxObjectBytes: number,
): Promise<GitObject | undefined> {
  const file = await readFile(join(folder, oid.slice(0, 2), oid.slice(2)));
  const data = await inflated(file, { maxOutputLength: maxObjectBytes + MAX_HEADER_BYTES });
  const end = data.indexOf(0);
  const [, type, digits] = /^(blob|commit|tag|tree) (\d+)$/.exec(data.toString("latin1", 0, end)) ?? [];
  const content = data.subarray(end + 1);
  if (type === undefined || content.length !== Number(digits) || content.length > maxObjectBytes)
    return undefined;
  return { oid, type, size: content.length, content };
}

/** What an object's id is the hash of, and what a file of its own holds, packed. */
export function looseBytes(type: string, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
}

/** `bytes`: with the header. For folders of ours alone: nobody may read it meanwhile. */
export async function writeLooseObject(folder: string, oid: string, bytes: Buffer): Promise<void> {
  const file = join(folder, oid.slice(0, 2), oid.slice(2));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await deflated(bytes, { level: 1 }));
}
