import type { Branch, Commit, LandedBranch, LandedLayer, Restack } from "../contract/view.ts";
import type { Ghost } from "../stacks/departed.ts";
import { explainEdge } from "../stacks/explain-edge.ts";
import { type CommitFacts, firstParents, type History, reachable } from "../stacks/history.ts";
import type { Landed } from "../stacks/landed.ts";
import type { BranchFacts } from "./branch-facts.ts";
import type { RestackPreview } from "./restack-previews.ts";

/** Files in conflict that are named. */
const MAX_FILES = 50;

/** One branch as the API shows it, without its commits. */
export function branchView(facts: BranchFacts): Branch {
  const { placed, header, lines, distance } = facts;
  const { node, children } = placed;
  const { metadata, standing, edge } = node;
  const observedAt = new Date(facts.observedAtMs).toISOString();
  const pullRequest = metadata?.pullRequest;
  const { metadataReadAtMs = facts.observedAtMs } = node;
  return {
    name: node.name,
    parent: node.parent,
    ...(children.length > 0 && { children: [...children] }),
    depth: placed.depth,
    isCurrent: facts.isCurrent,
    needsRestack: standing.state === "parent-moved" || standing.state === "diverged",
    isLocked: metadata?.lockReason !== undefined,
    ...(metadata?.lockReason !== undefined && { lockReason: metadata.lockReason }),
    isFrozen: node.frozen,
    ...(placed.scope !== undefined && { scope: placed.scope }),
    revision: node.tip,
    ...tipView(header),
    commitCount: standing.commitCount,
    ...(lines && { linesAdded: lines.added, linesDeleted: lines.deleted }),
    ...(pullRequest && { pr: { ...pullRequest, observedAt: new Date(metadataReadAtMs).toISOString() } }),
    ...(distance && {
      remoteStatus: {
        ahead: distance.ahead,
        behind: distance.behind,
        diverged: distance.ahead > 0 && distance.behind > 0,
        missingRemote: distance.missing,
      },
    }),
    ...(facts.inWorktree && { inWorktree: true }),
    edge: {
      sources: edge.voices.map(({ source, parent, readAtMs }) => ({
        source,
        parent,
        observedAt: readAtMs === undefined ? observedAt : new Date(readAtMs).toISOString(),
      })),
      agreed: edge.agreed,
      ...(edge.believed && { believed: edge.believed }),
      reason: explainEdge(edge),
    },
    restack: restackView(standing, facts),
    ...(node.landed && { landed: landedView(node.landed) }),
    ...(node.problems.length > 0 && { problems: [...node.problems] }),
  };
}

export function landedView({ how, commit, landedAtMs, seenAtMs }: Landed): LandedBranch {
  return {
    how,
    commit,
    date: new Date(landedAtMs).toISOString(),
    observedAt: new Date(seenAtMs).toISOString(),
  };
}

export function landedLayer({ departed, landed }: Ghost): LandedLayer {
  const { name, title, tip, prNumber } = departed;
  return { name, title, revision: tip, ...(prNumber !== undefined && { prNumber }), ...landedView(landed) };
}

function restackView(
  standing: BranchFacts["placed"]["node"]["standing"],
  { preview, merge }: Pick<BranchFacts, "preview" | "merge">,
): Restack {
  return {
    state: standing.state,
    reason: standing.reason,
    ...(standing.recorded !== undefined && { recorded: standing.recorded }),
    ...(standing.actual !== undefined && { actual: standing.actual }),
    ...(preview && { preview: previewView(preview) }),
    ...(merge && { trunkMerge: mergeView(merge) }),
  };
}

function previewView(preview: RestackPreview): NonNullable<Restack["preview"]> {
  if (preview.state !== "conflicts") return { ...preview };
  const { state, commit, files } = preview;
  return { state, commit, files: files.slice(0, MAX_FILES), fileCount: files.length };
}

/** It is tried as one commit, which is none of the branch's. */
function mergeView(merge: RestackPreview): NonNullable<Restack["trunkMerge"]> {
  const { commit: _, ...told } = previewView(merge);
  return told;
}

/** A tip whose object this clone does not hold has no date, author or message. */
export function tipView(
  header: CommitFacts | undefined,
): Pick<Branch, "commitDate" | "commitAuthor" | "commitMessage"> {
  return {
    commitDate: new Date(header?.committedAtMs ?? 0).toISOString(),
    commitAuthor: header?.author ?? "",
    commitMessage: header?.subject ?? "",
  };
}

export function commitView(commit: CommitFacts): Commit {
  return {
    sha: commit.oid,
    message: commit.subject,
    author: commit.author,
    date: new Date(commit.committedAtMs).toISOString(),
  };
}

/** What the branch adds to its parent, newest first: by first parents, and all of a branch that has merges. */
export function ownCommits(history: History, facts: BranchFacts): Commit[] {
  const { tip, standing } = facts.placed.node;
  if (standing.hasMerges) {
    const except = standing.base === undefined ? undefined : reachable(history, standing.base);
    return [...reachable(history, tip, except)]
      .flatMap((oid) => history.commit(oid) ?? [])
      .sort((a, b) => b.committedAtMs - a.committedAtMs)
      .map(commitView);
  }
  const commits: Commit[] = [];
  for (const commit of firstParents(history, tip)) {
    if (commit.oid === standing.base) break;
    commits.push(commitView(commit));
  }
  return commits;
}
