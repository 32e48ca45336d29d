import { firstParents, type History } from "../history.ts";
import type { RecordedEdges } from "../recorded-edges.ts";

/** What a stacking tool wrote into a commit, so that the commit can be told again after it was amended. */
export interface CommitTrailers {
  /** spr: eight hexadecimal digits. */
  readonly sprId?: string;
  /** stack-pr: the branch that was made of the commit. */
  readonly stackPrBranch?: string;
  /** ghstack: the address of the pull request that was made of the commit. */
  readonly pullRequest?: string;
}

interface CommitTool {
  readonly source: "spr" | "stack-pr" | "ghstack";
  readonly branch: RegExp;
  /** The branch that a commit belongs to, seen from a branch of the same stack. `pulls`: the branches of pull requests, by address. */
  readonly branchOf: (
    trailers: CommitTrailers,
    other: string,
    pulls: ReadonlyMap<string, string>,
  ) => string | undefined;
}

/** The other spr writes `Pull Request:` into commits that it never pushes: of its branches their ancestry tells all that there is. */
const TOOLS: readonly CommitTool[] = [
  {
    source: "spr",
    branch: /(?:^|\/)spr\/.+\/[0-9a-f]{8}$/,
    branchOf: ({ sprId }, other) => (sprId === undefined ? undefined : other.replace(/[^/]+$/, sprId)),
  },
  { source: "stack-pr", branch: /\/stack\/\d+$/, branchOf: ({ stackPrBranch }) => stackPrBranch },
  {
    source: "ghstack",
    branch: /^gh\/[^/]+\/\d+\/orig$/,
    branchOf: ({ pullRequest }, _, pulls) => (pullRequest === undefined ? undefined : pulls.get(pullRequest)),
  },
];

/** Whether a tool that tells its branches by their commits may have made this one. */
export function isOfCommits(branch: string): boolean {
  return TOOLS.some((tool) => tool.branch.test(branch));
}

export function readTrailers(message: string): CommitTrailers {
  const sprId = /^commit-id:\s*([0-9a-f]{8})\s*$/m.exec(message)?.[1];
  const stackPrBranch = /^stack-info: PR: \S+, branch: (\S+)\s*$/m.exec(message)?.[1];
  const pullRequest = /^(?:Pull-Request|Pull Request resolved): (\S+\/pull\/\d+)\s*$/m.exec(message)?.[1];
  return {
    ...(sprId !== undefined && { sprId }),
    ...(stackPrBranch !== undefined && { stackPrBranch }),
    ...(pullRequest !== undefined && { pullRequest }),
  };
}

/**
 * Parents by what commits say of themselves: the first commit below a branch's own that belongs to another branch makes that one the
 * parent, also when that one has been amended since. Sources that say nothing are left out. Costs the commits of these branches.
 * `trailersOf` is asked for commits off the trunk alone.
 */
export function edgesOfCommits(
  tips: ReadonlyMap<string, string>,
  history: History,
  trailersOf: (oid: string) => CommitTrailers | undefined,
): readonly RecordedEdges[] {
  return TOOLS.flatMap(({ source, branch, branchOf }) => {
    const parents = new Map<string, string>();
    const boundaries = new Map<string, string>();
    const named = [...tips].filter(([name]) => branch.test(name));
    const pulls = new Map<string, string>();
    for (const [name, tip] of named) {
      const pull = trailersOf(tip)?.pullRequest;
      if (pull !== undefined) pulls.set(pull, name);
    }
    // One that is gone may be told differently by several above it: the first by name is heard.
    for (const [name, tip] of named.sort(([a], [b]) => (a < b ? -1 : 1))) {
      let child = name;
      for (const { oid } of firstParents(history, tip)) {
        const owner = branchOf(trailersOf(oid) ?? {}, name, pulls);
        // A commit without a trailer was put on top and not submitted yet.
        if (owner === undefined || owner === child) continue;
        parents.set(child, owner);
        boundaries.set(child, oid);
        // Below a living branch that branch speaks for itself; one that is gone is spoken for by those above it.
        if (tips.has(owner) || parents.has(owner)) break;
        child = owner;
      }
    }
    return parents.size > 0 ? [{ source, parents, boundaries }] : [];
  });
}
