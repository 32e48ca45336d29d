import type { Freshness, RepoSummary } from "stackit/contract/repo";
import type { Branch, StackDetail, View } from "stackit/contract/view";

const at = "2026-01-05T10:00:00.000Z";

/** A branch as the server would send it, with what a test does not care about filled in. */
export function branch(name: string, given: Partial<Branch> = {}): Branch {
  const parent = given.parent ?? "main";
  return {
    name,
    parent,
    children: [],
    depth: 1,
    isCurrent: false,
    needsRestack: false,
    isLocked: false,
    isFrozen: false,
    revision: "a".repeat(40),
    commitDate: at,
    commitAuthor: "Mira",
    commitMessage: `Do ${name}`,
    commitCount: 1,
    edge: { sources: [{ source: "stackit", parent, observedAt: at }], agreed: true },
    restack: { state: "in-sync", reason: "Stands on the tip of its parent." },
    ...given,
  };
}

/** Children and depths are filled in from the parents. */
export function stack(rootBranch: string, branches: Branch[], given: Partial<StackDetail> = {}): StackDetail {
  const byName = new Map(branches.map((item) => [item.name, item]));
  const depthOf = (item: Branch): number => {
    const parent = item.parent === undefined ? undefined : byName.get(item.parent);
    return parent ? depthOf(parent) + 1 : 1;
  };
  return {
    id: `id-of-${rootBranch}`,
    rootBranch,
    title: `Stack ${rootBranch}`,
    status: "incomplete",
    branchCount: branches.length,
    prCount: branches.filter((item) => item.pr).length,
    isCurrent: branches.some((item) => item.isCurrent),
    owner: "Mira",
    ...given,
    branches: branches.map((item) => ({
      ...item,
      depth: depthOf(item),
      children: branches.filter((other) => other.parent === item.name).map((other) => other.name),
    })),
  };
}

export function view(stacks: StackDetail[], given: Partial<View> = {}): View {
  return {
    generation: 1,
    repo: { owner: "", repo: "", trunk: "main", currentBranch: "main", remote: "" },
    stacks,
    recentlyMerged: [],
    unstacked: [],
    ...given,
  };
}

/** A mirror that was synced a minute before ten, as the server would list it. */
export function repository(name: string, freshness: Partial<Freshness> = {}): RepoSummary {
  return {
    id: name,
    displayName: name,
    owner: "acme",
    repo: name,
    kind: "mirror",
    role: "member",
    trunk: "main",
    counts: { branches: 0, stacks: 0, needsRestack: 0 },
    freshness: {
      health: "fresh",
      activity: "idle",
      lastSuccessAt: "2026-01-05T09:59:00.000Z",
      consecutiveFailures: 0,
      recent: [],
      expectedMaxAgeSec: 600,
      ...freshness,
    },
  };
}
