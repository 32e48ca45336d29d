import type { ForgePullRequest } from "../forge/pull-requests-of-heads.ts";
import { parseCommit } from "../git/commit-object.ts";
import type { ObjectPool } from "../git/object-pool.ts";
import type { GraphSnapshot } from "../repos/graph-snapshot.ts";
import { pullRequestText } from "../stacks/pull-request-text.ts";
import { HEADS } from "../stacks/ref-reading.ts";
import { hasSection } from "../stacks/section-in-text.ts";
import type { KnownPullRequest, SubmittedState } from "./plan-branches.ts";
import type { RestackedMembers } from "./restack-members.ts";
import type { Member } from "./stack-members.ts";

export interface StatesInput {
  readonly snapshot: GraphSnapshot;
  readonly restacked: RestackedMembers;
  readonly remoteRefs: ReadonlyMap<string, string>;
  readonly pullRequests: ReadonlyMap<string, ForgePullRequest>;
  /** Of who submits. */
  readonly login: string;
  readonly objects: ObjectPool;
  readonly signal: AbortSignal;
}

/** Each branch as `planBranches` wants to know it, in the order of `members`. @throws {GitError} */
export async function statesOf(members: readonly Member[], input: StatesInput): Promise<SubmittedState[]> {
  const { snapshot, restacked, remoteRefs, pullRequests, login } = input;
  const texts = await textsOf(members, input);
  return members.map(({ name, tip, parent, layer, obstacle }) => {
    const outcome = restacked.outcome(name);
    const pr = pullRequests.get(name);
    return {
      name,
      tip,
      parent,
      becomes: outcome && "to" in outcome ? outcome.to : tip,
      restack: layer !== undefined,
      commitCount:
        (snapshot.branch(name)?.commitCount ?? 0) - (outcome && "to" in outcome ? outcome.droppedCount : 0),
      remoteTip: remoteRefs.get(HEADS + name),
      obstacle: obstacle ?? (outcome && "code" in outcome ? outcome : undefined),
      pr: pr && known(pr, login),
      text: texts.get(name) ?? { title: name, body: "" },
    };
  });
}

function known(pr: ForgePullRequest, login: string): KnownPullRequest {
  return { ...pr, mayTellOfStack: pr.author === login || hasSection(pr.body) };
}

/** What the pull requests of these branches would say, those that have none. */
async function textsOf(
  members: readonly Member[],
  { snapshot, pullRequests, objects, signal }: StatesInput,
): Promise<Map<string, { title: string; body: string }>> {
  const own = members
    .filter(({ name }) => pullRequests.get(name)?.state !== "open")
    .map(({ name }) => ({ name, shas: (snapshot.branch(name)?.commits ?? []).map(({ sha }) => sha) }));
  const read = await objects.read([...new Set(own.flatMap(({ shas }) => shas))], { signal });
  return new Map(
    own.map(({ name, shas }) => {
      const messages = shas.toReversed().flatMap((sha) => {
        const content = read.get(sha)?.content;
        return content ? [parseCommit(sha, content).message] : [];
      });
      return [name, pullRequestText(messages, name)];
    }),
  );
}
