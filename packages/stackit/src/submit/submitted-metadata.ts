import type { PlannedBranch } from "../contract/submit.ts";
import type { ForgePullRequest } from "../forge/pull-requests-of-heads.ts";
import type { RefPush } from "../git/push.ts";
import { HEADS, STACKIT_METADATA } from "../stacks/ref-reading.ts";
import { type MetadataNews, rewriteMetadata } from "../stacks/rewrite-metadata.ts";
import type { StackReading } from "./read-stack.ts";

type PullRequests = ReadonlyMap<string, ForgePullRequest>;

/**
 * What is to be written down of branches whose team writes such things down, on top of what stands there now: nothing of it is lost. `refs`: full
 * name → object id, where that is. A branch without such a record gets none, and neither does one whose record is not here.
 */
export async function metadataPushes(
  reading: StackReading,
  refs: ReadonlyMap<string, string>,
  branches: readonly PlannedBranch[],
  pullRequests: PullRequests,
  signal: AbortSignal,
): Promise<RefPush[]> {
  const { workshop } = reading;
  const pushes: RefPush[] = [];
  for (const { name, base } of branches) {
    const ref = STACKIT_METADATA + name;
    const old = refs.get(ref);
    const text = old === undefined ? undefined : await workshop.readText(old, signal);
    const news = newsOf(reading, name, base, pullRequests);
    if (old === undefined || text === undefined || !news) continue;
    const now = rewriteMetadata(text, news);
    if (now !== undefined && now !== text)
      pushes.push({ ref, old, new: await workshop.putText(now, signal) });
  }
  return pushes;
}

function newsOf(
  { members, states, remoteRefs }: StackReading,
  name: string,
  base: string,
  pullRequests: PullRequests,
): MetadataNews | undefined {
  const member = members.find((one) => one.name === name);
  const onto = member?.layer?.onto;
  const parentRevision =
    states.find((state) => state.name === base)?.becomes ??
    (onto && "commit" in onto ? onto.commit : member?.node.standing.base) ??
    remoteRefs.get(HEADS + base);
  if (parentRevision === undefined) return undefined;
  const pr = pullRequests.get(name);
  return {
    parent: base,
    parentRevision,
    pullRequest: pr && {
      number: pr.number,
      url: pr.url,
      base: pr.base,
      title: pr.title,
      state: pr.state.toUpperCase(),
      isDraft: pr.isDraft,
    },
  };
}
