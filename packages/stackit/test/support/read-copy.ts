import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectSpawner, type Spawner } from "../../src/git/spawner.ts";
import type { GraphSnapshot } from "../../src/repos/graph-snapshot.ts";
import type { Published } from "../../src/repos/snapshot-publisher.ts";
import { type RefreshResult, WorkingCopy, type WorkingCopyOptions } from "../../src/repos/working-copy.ts";

export interface ReadCopy extends AsyncDisposable {
  readonly repo: WorkingCopy;
  /** All that was published, oldest first. */
  readonly published: readonly Published[];
  /** Throws when nothing was read yet. */
  readonly snapshot: GraphSnapshot;
  refresh(...confirmed: string[]): Promise<RefreshResult>;
}

/** A working copy without queue, watcher or server. Nothing is read until somebody asks. */
export function copyOf(
  folder: string,
  spawner: Spawner = new DirectSpawner(),
  options: Partial<WorkingCopyOptions> = {},
): ReadCopy {
  const trialsDir = mkdtempSync(join(tmpdir(), "stackit-trials-"));
  const repo = new WorkingCopy(spawner, { id: "default", folder, namesPerson: true, trialsDir, ...options });
  const published: Published[] = [];
  repo.onPublished((one) => published.push(one));
  return {
    repo,
    published,
    get snapshot() {
      if (!repo.snapshot) throw new Error("the working copy was not read yet");
      return repo.snapshot;
    },
    refresh: (...confirmed) =>
      repo.refresh({ signal: new AbortController().signal, confirmed: new Set(confirmed) }),
    async [Symbol.asyncDispose]() {
      await repo[Symbol.asyncDispose]();
      await spawner[Symbol.asyncDispose]();
      await rm(trialsDir, { recursive: true, force: true });
    },
  };
}

/** `branch<parent` for each member of a stack in the order of the view. */
export function edgesOf(snapshot: GraphSnapshot): string[] {
  return snapshot.view().stacks.flatMap(({ branches }) => branches.map((b) => `${b.name}<${b.parent}`));
}

export function noteCodes(snapshot: GraphSnapshot): string[] {
  return snapshot.notes.map(({ code }) => code).sort();
}

/** Codes of the problems that the view tells of one branch. */
export function problemsOf(snapshot: GraphSnapshot, branch: string): string[] {
  return (snapshot.branch(branch)?.problems ?? []).map(({ code }) => code).sort();
}
