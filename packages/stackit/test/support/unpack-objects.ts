import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Scene } from "./git-scene.ts";
import { testGit } from "./test-git.ts";

/** One file for each object. */
export async function unpackObjects(scene: Scene): Promise<void> {
  const packs = join(scene.gitDir, "objects", "pack");
  for (const name of (await readdir(packs)).filter((file) => file.endsWith(".pack"))) {
    const pack = await readFile(join(packs, name));
    for (const ending of [".pack", ".idx"]) await rm(join(packs, name.replace(/\.pack$/, ending)));
    await testGit(["unpack-objects", "-q"], { cwd: scene.gitDir, env: scene.env, input: pack });
  }
}
