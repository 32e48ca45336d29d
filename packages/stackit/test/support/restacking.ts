import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ObjectPool } from "../../src/git/object-pool.ts";
import { ReadOnlyGit } from "../../src/git/read-only-git.ts";
import { type Restack, restackCommits } from "../../src/repos/restack-commits.ts";
import { type Restackable, restackLayers } from "../../src/stacks/restack-layers.ts";
import { CountingSpawner } from "./counting-spawner.ts";
import type { Scene } from "./git-scene.ts";
import { copyOf } from "./read-copy.ts";

export interface Restacking extends AsyncDisposable {
  readonly spawner: CountingSpawner;
  readonly scratchDir: string;
  readonly committer: { readonly name: string; readonly email: string; readonly atMs: number };
  /** All that a restack would move now, once it is known what has landed. */
  layers(): Promise<readonly Restackable[]>;
  /** What is made is disposed of with this. */
  restack(layers: readonly Restackable[], signal?: AbortSignal): Promise<Restack>;
}

/** Restacks of one repository, made by Robin Tester at a fixed time. */
export async function restacking(scene: Pick<Scene, "path" | "gitDir">): Promise<Restacking> {
  const spawner = new CountingSpawner();
  const git = new ReadOnlyGit(spawner, scene.gitDir);
  const objects = new ObjectPool(git);
  const scratchDir = await mkdtemp(join(tmpdir(), "stackit-restack-"));
  const committer = { name: "Robin Tester", email: "robin@example.com", atMs: Date.UTC(2026, 1, 3, 4, 5, 6) };
  const made: AsyncDisposable[] = [];
  return {
    spawner,
    scratchDir,
    committer,
    async layers() {
      await using copy = copyOf(scene.path);
      await copy.refresh();
      await copy.repo.settled();
      const { graph, history } = copy.snapshot.parts;
      return restackLayers(graph, history);
    },
    async restack(layers, signal = new AbortController().signal) {
      const tools = { spawner, git, objects, commonDir: scene.gitDir, scratchDir };
      const restack = await restackCommits(layers, tools, committer, signal);
      if (restack.kind === "restacked") made.push(restack.objects);
      return restack;
    },
    async [Symbol.asyncDispose]() {
      for (const one of made) await one[Symbol.asyncDispose]();
      await objects[Symbol.asyncDispose]();
      await spawner[Symbol.asyncDispose]();
      await rm(scratchDir, { recursive: true });
    },
  };
}
