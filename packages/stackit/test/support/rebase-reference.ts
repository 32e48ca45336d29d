import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { Scene } from "./git-scene.ts";
import { testGit, testGitEnv } from "./test-git.ts";

export interface Rebase {
  readonly onto: string;
  readonly base: string;
  readonly tip: string;
}

/** `commit`: where git stopped. */
export type Rebased =
  | { readonly to: string }
  | { readonly commit: string; readonly files: readonly string[] };

export interface RebaseReference {
  git(...args: string[]): Promise<string>;
  rebase(what: Rebase): Promise<Rebased>;
}

/** Git's own rebase, in a working copy of the scene as it is now, removed with it. Its committer is always Robin Tester at `atMs`. */
export async function rebaseReference(scene: Scene, atMs: number): Promise<RebaseReference> {
  const folder = join(scene.root, "reference");
  await cp(scene.gitDir, join(folder, ".git"), { recursive: true });
  const env = testGitEnv(scene.root, atMs / 1000);
  const git = (...args: string[]) => testGit(args, { cwd: folder, env }).then((out) => out.trimEnd());
  await git("config", "core.bare", "false");
  return {
    git,
    async rebase({ onto, base, tip }) {
      await git("checkout", "--quiet", "--force", "--detach", tip);
      const isThrough = await git("rebase", "--quiet", "--onto", onto, base).then(
        () => true,
        () => false,
      );
      if (isThrough) return { to: await git("rev-parse", "HEAD") };
      const commit = await git("rev-parse", "--verify", "REBASE_HEAD");
      const files = await git("diff", "--name-only", "--diff-filter=U", "-z");
      await git("rebase", "--abort");
      return { commit, files: files.split("\0").filter(Boolean) };
    },
  };
}
