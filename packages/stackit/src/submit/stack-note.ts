import type { ForgePullRequest } from "../forge/pull-requests-of-heads.ts";
import type { PlacedStack } from "../stacks/order-stacks.ts";
import { hasSection, withSection } from "../stacks/section-in-text.ts";
import { type SectionMember, stackSections } from "../stacks/stack-section.ts";

type PullRequests = ReadonlyMap<string, Pick<ForgePullRequest, "number" | "body" | "state">>;

/**
 * The body of a branch's pull request with what it says of the stack as these open pull requests make it up. What landed is not told of: once what stood
 * on it stands on the trunk, no submit would know of it. One that is alone has nothing to tell, unless it told something before.
 */
export function bodyWithStack({ members }: PlacedStack, pullRequests: PullRequests, name: string): string {
  const pr = pullRequests.get(name);
  if (!pr) return "";
  const parents = new Map(members.map(({ node }) => [node.name, node.parent]));
  const listed = members.flatMap(({ node }): SectionMember[] => {
    const own = pullRequests.get(node.name);
    if (own?.state !== "open") return [];
    let { parent } = node;
    while (pullRequests.has(parent) && pullRequests.get(parent)?.state !== "open")
      parent = parents.get(parent) ?? "";
    return [{ name: node.name, parent, number: own.number }];
  });
  if (listed.length < 2 && !hasSection(pr.body)) return pr.body;
  return withSection(pr.body, stackSections(listed, name));
}
