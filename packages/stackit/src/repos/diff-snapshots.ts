import { isDeepStrictEqual } from "node:util";
import type { StackChanges } from "../contract/sync-run.ts";
import { type BranchFacts, sameFacts } from "./branch-facts.ts";
import type { RepoModel } from "./repo-model.ts";

type Compared = Pick<RepoModel, "facts" | "stacks" | "stackMetadata" | "ghosts" | "moved">;

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
  for (const id of new Set([...after.stackMetadata.keys(), ...(before?.stackMetadata.keys() ?? [])])) {
    if (before?.stackMetadata.get(id) === after.stackMetadata.get(id)) continue;
    for (const { root, members } of after.stacks) {
      if (members.some(({ node }) => node.metadata?.stackId === id)) touched.add(root);
    }
  }
  for (const root of new Set([...after.ghosts.keys(), ...(before?.ghosts.keys() ?? [])])) {
    if (!isDeepStrictEqual(before?.ghosts.get(root), after.ghosts.get(root))) touched.add(root);
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

/** Whether every answer about the one would be, byte for byte, an answer about the other. */
export function looksTheSame(before: RepoModel, after: RepoModel): boolean {
  return (
    before.facts.size === after.facts.size &&
    after.facts.entries().every(([name, facts]) => before.facts.get(name) === facts) &&
    isDeepStrictEqual(before.stackMetadata, after.stackMetadata) &&
    isDeepStrictEqual(besideStacks(before), besideStacks(after))
  );
}

function besideStacks({ graph, stacks, info, notes, landings, ghosts }: RepoModel): unknown {
  const trees = stacks.map(({ root, hasWorktree }) => ({ root, hasWorktree }));
  const { landed } = graph.workings.input;
  const landedLoose = [...graph.unstacked.values()].map(({ tip }) => landed?.get(tip));
  return [graph.trunk?.tip, graph.unstacked, landedLoose, trees, info, notes, landings, ghosts];
}
