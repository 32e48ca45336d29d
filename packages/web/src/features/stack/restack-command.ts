import type { Branch, EdgeSourceName, StackDetail } from "stackit/contract/view";

/** How each tool puts the branch that is checked out, and those above it, on its parent again. */
const toolCommands: Partial<Record<EdgeSourceName, string>> = {
  stackit: "stackit restack",
  "branch-metadata": "gt restack",
  "git-spice": "gs upstack restack",
  "git-town": "git town sync --stack --no-push",
  "git-machete": "git machete update",
  av: "av restack",
  "gh-stack": "gh stack rebase",
};

/**
 * One line for a shell that puts a branch on its parent again: by the tool whose word on the parent is followed, else by
 * plain git, which takes the branches along that stand on it one above the other.
 */
export function restackCommand(branch: Branch, stack: StackDetail, trunk: string): string {
  const tool = toolCommands[branch.edge.believed ?? "ancestry"];
  if (tool !== undefined) return `git switch ${quoted(branch.name)} && ${tool}`;
  const onto = quoted(branch.parent ?? trunk);
  const leaf = topOfChain(branch, stack);
  const along = leaf === branch ? "" : " --update-refs";
  const { recorded } = branch.restack;
  if (recorded === undefined) return `git rebase${along} ${onto} ${quoted(leaf.name)}`;
  return `git rebase${along} --onto ${onto} ${recorded.slice(0, 12)} ${quoted(leaf.name)}`;
}

/** The last of the branches that stand one on the other above it, each on the other's tip. */
function topOfChain(branch: Branch, { branches }: StackDetail): Branch {
  const seen = new Set([branch]);
  for (let top = branch; ; ) {
    const [only, another] = branches.filter(({ parent }) => parent === top.name);
    if (!only || another || only.restack.state !== "in-sync" || seen.has(only)) return top;
    seen.add(only);
    top = only;
  }
}

/** As one word of a POSIX shell. A branch's name never begins with a dash. */
export function quoted(name: string): string {
  return /^[\w./@+-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}
