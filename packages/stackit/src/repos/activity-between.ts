import type { ActivityEvent } from "../contract/activity.ts";
import type { BranchNode } from "../stacks/build-graph.ts";
import { reachable } from "../stacks/history.ts";
import type { PullRequest } from "../stacks/pull-request.ts";
import { HEADS } from "../stacks/ref-reading.ts";
import type { GraphSnapshot } from "./graph-snapshot.ts";
import { commitsOf, kindOfChanges } from "./ref-changes.ts";

/** What happened, without when and where; `people` are those who did it and those whose it is. */
export type Happened = Omit<ActivityEvent, "id" | "at" | "repoId"> & { readonly people: string[] };

/** Of one reading; how many more there were is told in one. */
const MAX_AT_ONCE = 200;
/** What is older was only not known here before. */
const NEW_FOR_MS = 24 * 60 * 60 * 1000;

/** What happened between two snapshots of a repository, as a team would tell it. */
export function activityBetween(before: GraphSnapshot, after: GraphSnapshot, nowMs: number): Happened[] {
  const all = [
    ...movedBranches(before, after),
    ...pullRequestNews(before, after, nowMs),
    ...standingNews(before, after),
    ...landedStacks(before, after),
  ];
  if (all.length <= MAX_AT_ONCE) return all;
  return [...all.slice(0, MAX_AT_ONCE), { kind: "more", count: all.length - MAX_AT_ONCE, people: [] }];
}

function movedBranches(before: GraphSnapshot, after: GraphSnapshot): Happened[] {
  const [old, now] = [before.parts, after.parts];
  if (old.reading.refs === now.reading.refs) return [];
  const kindOf = kindOfChanges({ ...commitsOf(now), keepsTrunk: old.epoch === now.epoch });
  const happened: Happened[] = [];
  for (const [ref, oid] of old.reading.refs) {
    if (!ref.startsWith(HEADS) || now.reading.refs.has(ref)) continue;
    const branch = ref.slice(HEADS.length);
    happened.push({ kind: "branch-deleted", ...about(before, branch), ...prOf(before, branch, oid) });
  }
  for (const [ref, oid] of now.reading.refs) {
    const was = old.reading.refs.get(ref);
    if (!ref.startsWith(HEADS) || was === oid) continue;
    const branch = ref.slice(HEADS.length);
    const author = authorOf(after, branch, oid);
    const { people, ...place } = about(after, branch);
    const common = {
      ...place,
      ...(author !== undefined && { actor: author }),
      people: [...people, ...(author === undefined ? [] : [author])],
    };
    const own = now.graph.nodes.get(branch)?.standing.commitCount;
    if (was === undefined) {
      const parent = now.graph.nodes.get(branch)?.parent;
      happened.push({
        kind: "branch-created",
        ...common,
        ...(own !== undefined && { commits: own }),
        ...(parent !== undefined && { parent }),
      });
      continue;
    }
    const rewritten = kindOf({ ref, old: was, new: oid }) === "rewritten";
    const came = rewritten ? own : newCommits(after, was, oid);
    happened.push({
      kind: "pushed",
      ...common,
      ...(came !== undefined && { commits: came }),
      ...(rewritten && { rewritten }),
    });
  }
  return happened;
}

/** Undefined where the trunk has them, whose commits are not all known here. */
function newCommits({ parts: { history } }: GraphSnapshot, old: string, now: string): number | undefined {
  const count = reachable(history, now, reachable(history, old)).size;
  return count > 0 ? count : undefined;
}

function pullRequestNews(before: GraphSnapshot, after: GraphSnapshot, nowMs: number): Happened[] {
  const [known, told] = [before.parts.forge?.pullRequests, after.parts.forge?.pullRequests];
  // What a forge says for the first time did not happen just now.
  if (!known || !told || known === told) return [];
  const happened: Happened[] = [];
  for (const [branch, now] of told) {
    const old = known.get(branch);
    if (old === now) continue;
    const { people, ...place } = about(after, branch);
    const common = { ...place, pr: prView(now), people };
    if (old?.number !== now.number) {
      if (now.state !== "open" || nowMs - now.createdAtMs > NEW_FOR_MS) continue;
      happened.push({ kind: "pr-opened", ...common, ...(now.author !== undefined && { actor: now.author }) });
      continue;
    }
    if (old.state !== now.state) {
      if (now.state === "merged") happened.push({ kind: "pr-merged", ...common });
      else if (now.state === "closed") happened.push({ kind: "pr-closed", ...common });
      else happened.push({ kind: "pr-opened", ...common });
    }
    if (now.state !== "open") continue;
    if (old.isDraft && !now.isDraft) happened.push({ kind: "pr-ready", ...common });
    for (const { author, state } of now.reviews) {
      if (old.reviews.some((one) => one.author === author && one.state === state)) continue;
      happened.push({ kind: "review", ...common, actor: author, state, people: [...people, author] });
    }
    const { state } = now.checks ?? {};
    if ((state === "failing" || state === "passing") && old.checks?.state !== state) {
      happened.push({ kind: "checks", ...common, state });
    }
  }
  return happened;
}

function standingNews(before: GraphSnapshot, after: GraphSnapshot): Happened[] {
  const [old, now] = [before.parts.graph, after.parts.graph];
  if (old === now) return [];
  const happened: Happened[] = [];
  for (const [branch, node] of now.nodes) {
    const was = old.nodes.get(branch);
    if (!was || was === node || hasMoved(was) === hasMoved(node)) continue;
    // One that landed, or of which nothing is known now, was not restacked.
    if (!hasMoved(node) && node.standing.state !== "in-sync") continue;
    const kind = hasMoved(node) ? "parent-moved" : "parent-fixed";
    happened.push({ kind, ...about(after, branch), parent: node.parent });
  }
  return happened;
}

function hasMoved({ standing: { state } }: BranchNode): boolean {
  return state === "parent-moved" || state === "diverged";
}

function landedStacks(before: GraphSnapshot, after: GraphSnapshot): Happened[] {
  const happened: Happened[] = [];
  for (const { root, members } of before.parts.stacks) {
    const isLanded = (snapshot: GraphSnapshot): boolean =>
      members.every(({ node }) => hasLanded(snapshot, node));
    if (!isLanded(after) || isLanded(before)) continue;
    const { branch: _, ...place } = about(before, root);
    const count = members.length + (before.parts.ghosts.get(root)?.length ?? 0);
    happened.push({ kind: "stack-landed", ...place, count });
  }
  return happened;
}

function hasLanded({ parts: { graph, forge } }: GraphSnapshot, { name, tip }: BranchNode): boolean {
  if (graph.nodes.get(name)?.landed !== undefined || graph.workings.input.landed?.has(tip)) return true;
  const pullRequest = forge?.pullRequests.get(name);
  return (
    pullRequest?.state === "merged" && pullRequest.headOid === tip && pullRequest.base === graph.trunk?.name
  );
}

function about(
  snapshot: GraphSnapshot,
  branch: string,
): Pick<Happened, "stack" | "people"> & { branch: string } {
  const stack = snapshot.stackOf(branch);
  const author = snapshot.parts.forge?.pullRequests.get(branch)?.author;
  return {
    branch,
    ...(stack && { stack: { id: stack.id, title: stack.title } }),
    people: [author, stack?.owner].filter((name) => name !== undefined),
  };
}

function authorOf({ parts }: GraphSnapshot, branch: string, oid: string): string | undefined {
  const isTrunk = branch === parts.info.trunk;
  const header = isTrunk
    ? parts.trunkHeader
    : (parts.facts.get(branch)?.header ?? parts.looseHeaders.get(oid) ?? parts.history.commit(oid));
  return header?.author || undefined;
}

/** Of the pull request that the branch had at that commit. */
function prOf({ parts: { forge } }: GraphSnapshot, branch: string, oid: string): Pick<Happened, "pr"> {
  const pullRequest = forge?.pullRequests.get(branch);
  return pullRequest?.headOid === oid ? { pr: prView(pullRequest) } : {};
}

function prView({ number, title, url, author }: PullRequest): NonNullable<Happened["pr"]> {
  return { number, title, url, ...(author !== undefined && { author }) };
}
