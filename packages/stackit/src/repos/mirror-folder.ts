import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ASIDE } from "../git/aside-folder.ts";

/** Only a folder that carries this file is ever fetched into. */
export const MARKER = "stackit-mirror.json";
/** A lock that nobody of ours can hold any more. */
const STALE_LOCK_MS = 60_000;

/** A folder that is in the way: it is not a mirror that this server made. */
export class NotOurMirrorError extends Error {}

/** Builds a mirror in a folder that is not there yet. */
type Make = (folder: string) => Promise<void>;

/** Written into the marker, for people. */
interface About {
  readonly id: string;
  readonly url: string;
}

/**
 * Makes sure that there is a mirror in `dir`: `make` gets a folder beside it to build one in, which takes the place when it is
 * whole. What an earlier attempt left is removed, or used when it was whole.
 * @throws {NotOurMirrorError} when something else is there, which is left alone.
 */
export async function ensureMirror(dir: string, about: About, make: Make): Promise<void> {
  const marker = await readMarker(dir);
  if (marker === "foreign") {
    throw new NotOurMirrorError(`${dir} is in the way: it is no mirror that this server made.`);
  }
  if (marker === "absent") {
    await mkdir(dirname(dir), { recursive: true, mode: 0o700 });
    const whole = await findWhole(dir);
    await rename(whole ?? (await buildBeside(dir, about, make)), dir);
  }
  for (const folder of await besides(dir)) await discard(folder);
}

/**
 * Exchanges the mirror in `dir` for one that `make` builds beside it. Until that is whole nothing changes; whoever is killed in
 * the midst of it leaves one or the other for `ensureMirror`.
 */
export async function replaceMirror(dir: string, about: About, make: Make): Promise<void> {
  const built = await buildBeside(dir, about, make);
  const old = beside(dir, "old");
  await rename(dir, old).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  });
  try {
    await rename(built, dir);
  } catch (error) {
    await rename(old, dir).catch(() => {});
    await discard(built);
    throw error;
  }
  await discard(old);
}

/** Nothing may work on it. Whoever is killed in the midst of it leaves a mirror, or something that the next one in its place removes. */
export async function removeMirror(dir: string): Promise<void> {
  if (await isMirror(dir)) await rename(dir, beside(dir, "old"));
  for (const folder of await besides(dir)) await discard(folder);
}

/** What cannot be removed now, such as a file that somebody still reads on a disk of the network, goes at the next start. */
async function discard(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => {});
}

async function buildBeside(dir: string, about: About, make: Make): Promise<string> {
  const folder = beside(dir, "new");
  try {
    await make(folder);
    await writeFile(join(folder, MARKER), `${JSON.stringify({ version: 1, ...about })}\n`);
    return folder;
  } catch (error) {
    await discard(folder);
    throw error;
  }
}

/** A mirror that was complete when its maker was killed: the marker is what is written last. */
async function findWhole(dir: string): Promise<string | undefined> {
  for (const folder of await besides(dir)) {
    if (folder.startsWith(`${dir}.new-`) && (await readMarker(folder)) === "ours") return folder;
  }
  return undefined;
}

function beside(dir: string, what: "new" | "old"): string {
  return `${dir}.${what}-${crypto.randomUUID().slice(0, 8)}`;
}

async function besides(dir: string): Promise<string[]> {
  const names = await readdir(dirname(dir)).catch(() => []);
  return names.flatMap((name) =>
    name.startsWith(`${basename(dir)}.new-`) || name.startsWith(`${basename(dir)}.old-`)
      ? [join(dirname(dir), name)]
      : [],
  );
}

/** Whether there is a mirror that this server made. */
export async function isMirror(dir: string): Promise<boolean> {
  return (await readMarker(dir)) === "ours";
}

/** The marker alone decides: whatever else is damaged, the folder is ours to replace. */
async function readMarker(dir: string): Promise<"ours" | "foreign" | "absent"> {
  const marker = await readFile(join(dir, MARKER), "utf8").catch(() => undefined);
  if (marker?.includes('"version":1')) return "ours";
  const isThere = marker !== undefined || (await stat(dir).catch(() => undefined)) !== undefined;
  return isThere ? "foreign" : "absent";
}

/** Removes what a killed git leaves: locks, and what was being written or deleted of its objects, and where it fetched aside. Only while no git of ours works there. @returns how many files that were */
export async function removeLeftovers(dir: string, options: { evenFresh: boolean }): Promise<number> {
  const oldest = options.evenFresh ? Number.POSITIVE_INFINITY : Date.now() - STALE_LOCK_MS;
  await rm(join(dir, ASIDE), { recursive: true, force: true });
  const inside = await readdir(dir).catch(() => []);
  const refs = await readdir(join(dir, "refs"), { recursive: true }).catch(() => []);
  const objects = await readdir(join(dir, "objects"), { recursive: true }).catch(() => []);
  const indexed = new Set(objects.flatMap((name) => (name.endsWith(".idx") ? [name.slice(0, -4)] : [])));
  const isLeft = (name: string): boolean =>
    /^(tmp_|\.tmp-)|\.(lock|keep)$/.test(basename(name)) ||
    // The index of a pack comes last and goes first.
    (/\.(pack|rev|mtimes)$/.test(name) && !indexed.has(name.slice(0, name.lastIndexOf("."))));
  const left = [
    // Git would not write refs beside a packed-refs.new.
    ...inside.filter((name) => name.endsWith(".lock") || name === "packed-refs.new"),
    ...refs.filter((name) => name.endsWith(".lock")).map((name) => join("refs", name)),
    ...objects.filter(isLeft).map((name) => join("objects", name)),
  ];
  let removed = 0;
  for (const name of left) {
    const file = join(dir, name);
    const found = await stat(file).catch(() => undefined);
    if (!found || found.mtimeMs >= oldest) continue;
    await rm(file, { force: true });
    removed++;
  }
  return removed;
}
