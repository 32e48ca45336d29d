import type { StackChanges } from "../contract/sync-run.ts";
import { type BranchFacts, sameFacts } from "./branch-facts.ts";
import type { RepoModel } from "./model-builder.ts";

type Compared = Pick<RepoModel, "facts" | "stacks" | "stackMetadata" | "moved">;

/** What a reader of stacks would see differently. A stack has changed when any of its branches has. */
export function diffSnapshots(
  before: Compared | undefined,
  after: Compared,
): { branches: string[]; stacks: StackChanges } {
  const branches: string[] = [];
  const touched = new Set<string>();
  const compare = (name: string, facts: BranchFacts): void => {
    const old = before?.facts.get(name);
    if (old && (old === facts || sameFacts(old, facts))) return;
    branches.push(name);
    touched.add(facts.placed.root);
    if (old) touched.add(old.placed.root);
  };
  if (before && after.moved) {
    for (const { members } of after.moved) {
      for (const { node } of members) {
        const facts = after.facts.get(node.name);
        if (facts) compare(node.name, facts);
      }
    }
  } else {
    for (const [name, facts] of after.facts) compare(name, facts);
    for (const [name, facts] of before?.facts ?? []) {
      if (after.facts.has(name)) continue;
      branches.push(name);
      touched.add(facts.placed.root);
    }
  }
  for (const [id, metadata] of after.stackMetadata) {
    if (before?.stackMetadata.get(id) === metadata) continue;
    for (const { root, members } of after.stacks) {
      if (members.some(({ node }) => node.metadata?.stackId === id)) touched.add(root);
    }
  }
  const oldRoots = new Set(before?.stacks.map(({ root }) => root));
  const newRoots = new Set(after.stacks.map(({ root }) => root));
  return {
    branches: branches.sort(),
    stacks: {
      created: [...newRoots].filter((root) => !oldRoots.has(root)).sort(),
      changed: [...touched].filter((root) => oldRoots.has(root) && newRoots.has(root)).sort(),
      removed: [...oldRoots].filter((root) => !newRoots.has(root)).sort(),
    },
  };
}
