import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Scene } from "./git-scene.ts";

/** Writes what a tool keeps below a clone's Git folder, as the tool does it. */
export async function writeToolFile(scene: Scene, file: string, content: unknown): Promise<void> {
  const path = join(scene.gitDir, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
}

/** av's records, from branches to parents. */
export function avFile(parents: Record<string, string>): unknown {
  const branches = Object.entries(parents).map(([name, parent]) => [name, { parent: { name: parent } }]);
  return { repository: { id: "R_1", owner: "octo", name: "hello" }, branches: Object.fromEntries(branches) };
}

/** The file of GitHub's extension, from one stack, the lowest branch first. */
export function ghStackFile(trunk: string, ...names: string[]): unknown {
  const branches = names.map((branch) => ({ branch }));
  return {
    schemaVersion: 1,
    repository: "github.com:octo/hello",
    stacks: [{ trunk: { branch: trunk }, branches }],
  };
}

/** What git-spice keeps: a commit of its own with a file for each branch. */
export async function writeSpiceData(
  scene: Scene,
  parents: Record<string, string>,
  more: Record<string, string> = {},
): Promise<void> {
  const files: Record<string, string> = { repo: '{"trunk":"main","remote":"origin"}', ...more };
  for (const [name, parent] of Object.entries(parents)) {
    const hash = await scene.sha(parent);
    files[`branches/${name}`] ??= JSON.stringify({
      base: { name: parent, hash },
      upstream: { branch: name },
    });
  }
  const commit = await scene.commit("while-spice-writes", { parent: null, files });
  await scene.git("update-ref", "refs/spice/data", commit);
  await scene.git("branch", "--quiet", "-D", "while-spice-writes");
}
