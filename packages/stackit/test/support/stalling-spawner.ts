import { execFileSync } from "node:child_process";
import type { GitProcess, SpawnRequest } from "../../src/git/spawner.ts";
import { CountingSpawner } from "./counting-spawner.ts";

/** Git takes for ever to merge a commit of one of these trees. */
export class StallingSpawner extends CountingSpawner {
  readonly trees = new Set<string>();

  override async spawn(request: SpawnRequest): Promise<GitProcess> {
    const git = await super.spawn(request);
    const { stdin } = git;
    if (!stdin || !request.args.includes("merge-tree")) return git;
    const gitDir = request.args.find((arg) => arg.startsWith("--git-dir="))?.slice("--git-dir=".length) ?? "";
    const end = stdin.end.bind(stdin);
    stdin.end = (input: unknown) => {
      const oids = String(input).match(/[0-9a-f]+/g) ?? [];
      return oids.some((oid) => this.trees.has(treeOf(gitDir, oid))) ? stdin : end(input);
    };
    return git;
  }
}

function treeOf(gitDir: string, commit: string): string {
  return execFileSync("git", [`--git-dir=${gitDir}`, "rev-parse", `${commit}^{tree}`], {
    encoding: "utf8",
  }).trim();
}
