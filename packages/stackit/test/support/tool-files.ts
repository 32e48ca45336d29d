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
