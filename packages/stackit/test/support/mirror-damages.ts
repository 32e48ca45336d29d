import { chmod, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { expect } from "vitest";
import type { MirroredScene } from "./mirrored-scene.ts";
import { testGit } from "./test-git.ts";

/** Equal to its remote, sound, and alone in its folder. */
export async function expectWhole({ refsOf, upstream, dir }: MirroredScene): Promise<void> {
  expect(await refsOf(dir)).toBe(await refsOf(upstream.path));
  await upstream.gitIn(dir, "fsck", "--full", "--strict");
  const besides = await readdir(dirname(dir));
  expect(besides).toEqual([basename(dir)]);
}

/** So that an object can be taken away. */
async function unpack({ dir }: MirroredScene): Promise<void> {
  const packs = join(dir, "objects", "pack");
  for (const name of await readdir(packs)) {
    if (!name.endsWith(".pack")) continue;
    const away = join(dirname(dir), "..", name);
    await rename(join(packs, name), away);
    await testGit(["unpack-objects", "-q"], { cwd: dir, input: await readFile(away) });
    await rm(join(packs, name.replace(/pack$/, "idx")), { force: true });
  }
}

export async function removeObject(scene: MirroredScene, name: string): Promise<void> {
  const oid = (await scene.upstream.gitIn(scene.dir, "rev-parse", name)).trim();
  await unpack(scene);
  await rm(join(scene.dir, "objects", oid.slice(0, 2), oid.slice(2)));
}

export async function truncatePacks(scene: MirroredScene): Promise<void> {
  await scene.upstream.gitIn(scene.dir, "repack", "-adq");
  await cutPack(scene);
}

/** Cuts off the end of packs where they lie: of all, or of one. */
export async function cutPack({ dir }: MirroredScene, one?: string): Promise<void> {
  const packs = join(dir, "objects", "pack");
  for (const name of await readdir(packs)) {
    if (!name.endsWith(".pack") || (one !== undefined && name !== one)) continue;
    await chmod(join(packs, name), 0o644);
    await truncate(join(packs, name), 60);
  }
}

/** What can happen to the files of a mirror with a branch `ui`. */
export const DAMAGES: readonly (readonly [name: string, harm: (scene: MirroredScene) => Promise<void>])[] = [
  ["a truncated pack", truncatePacks],
  ["a tip whose commit is missing", (scene) => removeObject(scene, "refs/heads/ui")],
  ["a trunk whose commit is missing", (scene) => removeObject(scene, "refs/heads/main")],
  ["a missing tree", (scene) => removeObject(scene, "refs/heads/ui^{tree}")],
  ["missing metadata", (scene) => removeObject(scene, "refs/stackit/metadata/ui")],
  ["an empty ref file", ({ dir }) => writeRef(dir, "")],
  ["a ref file of something else", ({ dir }) => writeRef(dir, "\0\0\0\0\0\0\0\0")],
  ["an unreadable list of packed refs", ({ dir }) => writeFile(join(dir, "packed-refs"), "junk\n")],
  ["a HEAD of something else", ({ dir }) => writeFile(join(dir, "HEAD"), "junk")],
  ["an unreadable configuration", ({ dir }) => writeFile(join(dir, "config"), "[core\n")],
  ["no objects at all", ({ dir }) => rm(join(dir, "objects"), { recursive: true })],
];

async function writeRef(dir: string, content: string): Promise<void> {
  await mkdir(join(dir, "refs", "heads"), { recursive: true });
  await writeFile(join(dir, "refs", "heads", "ui"), content);
}
