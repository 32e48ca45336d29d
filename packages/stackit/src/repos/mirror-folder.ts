import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Only a folder that carries this file is ever fetched into. */
const MARKER = "stackit-mirror.json";
/** A lock that nobody of ours can hold any more. */
const STALE_LOCK_MS = 60_000;

/** A folder that is in the way: it is not a mirror that this server made. */
export class NotOurMirrorError extends Error {}

/**
 * Makes sure that there is a mirror in `dir`: `make` gets a folder beside it to build one in, which takes the place when it is
 * whole. What an earlier attempt left is removed.
 * @throws {NotOurMirrorError} when something else is there, which is left alone.
 */
export async function ensureMirror(
  dir: string,
  about: { id: string; url: string },
  make: (folder: string) => Promise<void>,
): Promise<void> {
  const marker = await readMarker(dir);
  if (marker === "absent") {
    await mkdir(dirname(dir), { recursive: true, mode: 0o700 });
    await removeAttempts(dir);
    const attempt = `${dir}.new-${crypto.randomUUID().slice(0, 8)}`;
    await make(attempt);
    await writeFile(join(attempt, MARKER), `${JSON.stringify({ version: 1, ...about })}\n`);
    await rename(attempt, dir);
  } else if (marker === "foreign") {
    throw new NotOurMirrorError(`${dir} is in the way: it is no mirror that this server made.`);
  }
}

async function readMarker(dir: string): Promise<"ours" | "foreign" | "absent"> {
  if (!(await stat(dir).catch(() => undefined))) return "absent";
  const [marker, config] = await Promise.all([
    readFile(join(dir, MARKER), "utf8").catch(() => ""),
    readFile(join(dir, "config"), "utf8").catch(() => ""),
  ]);
  return marker.includes('"version":1') && /^\s*bare\s*=\s*true\s*$/m.test(config) ? "ours" : "foreign";
}

async function removeAttempts(dir: string): Promise<void> {
  const prefix = `${basename(dir)}.new-`;
  for (const name of await readdir(dirname(dir)).catch(() => [])) {
    if (name.startsWith(prefix)) await rm(join(dirname(dir), name), { recursive: true, force: true });
  }
}

/** Removes what a killed git leaves: locks, and packs that were being written. Only while no git of ours works there. */
export async function removeLeftovers(dir: string, options: { evenFresh: boolean }): Promise<void> {
  const oldest = options.evenFresh ? Number.POSITIVE_INFINITY : Date.now() - STALE_LOCK_MS;
  const names = (await readdir(dir).catch(() => [])).filter((name) => name.endsWith(".lock"));
  const refs = await readdir(join(dir, "refs"), { recursive: true }).catch(() => []);
  const packs = await readdir(join(dir, "objects", "pack")).catch(() => []);
  const left = [
    ...names,
    ...refs.filter((name) => name.endsWith(".lock")).map((name) => join("refs", name)),
    ...packs.filter((name) => /^(tmp_|\.tmp-)/.test(name)).map((name) => join("objects", "pack", name)),
  ];
  for (const name of left) {
    const file = join(dir, name);
    const found = await stat(file).catch(() => undefined);
    if (found && found.mtimeMs < oldest) await rm(file, { force: true });
  }
}
