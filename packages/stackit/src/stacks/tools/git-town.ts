import type { ToolRecord } from "../recorded-edges.ts";

/** git-town keeps a branch's parent in the configuration: `git-town-branch.<branch>.parent`. Keys as git prints them. */
export function readGitTown(config: ReadonlyMap<string, string>): ToolRecord {
  const parents = new Map<string, string>();
  for (const [key, value] of config) {
    const branch = /^git-town-branch\.(.+)\.parent$/s.exec(key)?.[1];
    const parent = value.trim();
    if (branch !== undefined && parent !== "") parents.set(branch, parent);
  }
  return { parents, boundaries: new Map() };
}
