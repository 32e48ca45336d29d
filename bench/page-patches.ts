import type { Branch, View } from "../packages/stackit/src/contract/view.ts";
import { readJson } from "./mirror-server.ts";
import { git } from "./plain-git.ts";

/** Branches that stand now at one commit and now at another. */
export interface Patches {
  /** Moves all of them; resolves to how many commits each has then. */
  next(): Promise<ReadonlyMap<string, number>>;
}

/** Branches on which none stands, each of another stack. */
export async function leavesOf(serverUrl: string): Promise<Branch[]> {
  const { stacks } = await readJson<View>(`${serverUrl}/api/v1/repos/default/view`);
  return stacks.flatMap(({ branches }) =>
    branches.filter(({ children = [] }) => children.length === 0).slice(-1),
  );
}

/** The branches get one commit more, and lose it again. Its date is that of the one below it, so that they keep their places. */
export async function makePatches(repository: string, branches: readonly Branch[]): Promise<Patches> {
  const forth: string[] = [];
  const back: string[] = [];
  for (const { name, revision } of branches) {
    const log = await git(repository, ["log", "-1", "--format=%T %cI", revision]);
    const [tree = "", date = ""] = log.trim().split(" ");
    const args = ["commit-tree", tree, "-p", revision, "-m", `One more on ${name}`];
    const dates = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    const commit = (await git(repository, args, "", dates)).trim();
    forth.push(`update refs/heads/${name} ${commit}\n`);
    back.push(`update refs/heads/${name} ${revision}\n`);
  }
  let more = 0;
  return {
    async next() {
      more = 1 - more;
      await git(repository, ["update-ref", "--stdin"], (more === 1 ? forth : back).join(""));
      return new Map(branches.map(({ name, commitCount }) => [name, commitCount + more]));
    },
  };
}
