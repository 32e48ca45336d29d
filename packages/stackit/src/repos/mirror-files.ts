import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { KEPT } from "../stacks/ref-reading.ts";

/** What a mirror's folder looks like, seen without git. */
export interface MirrorFiles {
  /** Without the one that holds what nothing reaches. */
  readonly packs: number;
  readonly hasCruft: boolean;
  readonly looseObjects: number;
  readonly looseRefs: number;
  /** When objects came last, since the epoch; 0 for never. */
  readonly newestAtMs: number;
}

export async function readMirrorFiles(dir: string): Promise<MirrorFiles> {
  const objects = join(dir, "objects");
  const inPack = await readdir(join(objects, "pack")).catch(() => []);
  const cruft = new Set(inPack.flatMap((name) => (name.endsWith(".mtimes") ? [name.slice(0, -7)] : [])));
  const packs = inPack.filter((name) => name.endsWith(".pack") && !cruft.has(name.slice(0, -5)));
  const fans = (await readdir(objects).catch(() => [])).filter((name) => /^[0-9a-f]{2}$/.test(name));
  let looseObjects = 0;
  for (const fan of fans) looseObjects += (await readdir(join(objects, fan)).catch(() => [])).length;
  const cameAtMs = await Promise.all(
    [...packs.map((name) => join("pack", name)), ...fans].map((name) => changedAtMs(join(objects, name))),
  );
  const refs = await readdir(join(dir, "refs"), { recursive: true, withFileTypes: true }).catch(() => []);
  return {
    packs: packs.length,
    hasCruft: cruft.size > 0,
    looseObjects,
    looseRefs: refs.filter((entry) => entry.isFile()).length,
    newestAtMs: Math.max(0, ...cameAtMs),
  };
}

/** The commits that refs of their own hold. */
export async function readKept(dir: string): Promise<Set<string>> {
  const loose = await readdir(join(dir, KEPT)).catch(() => []);
  const packed = await readFile(join(dir, "packed-refs"), "latin1").catch(() => "");
  const names = packed.split("\n").flatMap((line) => {
    const ref = line.slice(line.indexOf(" ") + 1);
    return ref.startsWith(KEPT) ? [ref.slice(KEPT.length)] : [];
  });
  return new Set([...loose, ...names].filter((name) => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(name)));
}

async function changedAtMs(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
}
