import type { Branch, EdgeSourceName } from "stackit/contract/view";
import { listed } from "../../lib/words.ts";
import { isDisputed } from "../stacks/branch-state.ts";

export const sourceNames: Record<EdgeSourceName, string> = {
  "github-stack": "GitHub's stack",
  stackit: "Stackit metadata",
  "branch-metadata": "branch metadata",
  spr: "spr's commits",
  "stack-pr": "stack-pr's commits",
  ghstack: "ghstack's commits",
  "gh-stack": "gh-stack's file",
  "git-spice": "git-spice's data",
  "git-town": "git-town's configuration",
  "git-machete": "git-machete's layout",
  av: "av's records",
  "pr-marker": "a tool's note in the pull request",
  "pr-base": "the pull request's base",
  "pr-text": "a tool's list in the pull request",
  ancestry: "commit ancestry",
  "remembered-tip": "a remembered commit",
};

/** What is known of the parent, in one line. */
export function edgeSentence(branch: Branch): string {
  const { sources, agreed } = branch.edge;
  const named = sources.filter((source) => source.parent === branch.parent);
  const names = listed([...new Set(named.map((source) => sourceNames[source.source]))]);
  if (agreed) return `Parent known from ${names}`;
  if (isDisputed(branch)) return `Sources disagree about the parent; ${names || "none of them"} is followed`;
  const why = branch.restack.state === "parent-moved" ? ", because the parent moved" : "";
  return `Parent known from ${names}; the history still leads elsewhere${why}`;
}
