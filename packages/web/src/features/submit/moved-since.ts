import type { PlannedBranch, SubmitPlan } from "stackit/contract/submit";
import type { View } from "stackit/contract/view";

/** Whether the stack is another than it was when the plan was made, as far as the page can see. */
export function hasMovedSince(plan: SubmitPlan, view: View): boolean {
  if (view.generation <= plan.generation) return false;
  const stack = view.stacks.find(({ rootBranch }) => rootBranch === plan.rootBranch);
  if (!stack) return true;
  const left = new Map(
    stack.branches.filter(({ restack }) => restack.state !== "merged").map((branch) => [branch.name, branch]),
  );
  if (left.size !== plan.branches.length) return true;
  return plan.branches.some(({ name, revision, restack, action }) => {
    const now = left.get(name);
    return now?.revision !== revision || (now.needsRestack && !restack && action !== "cannot");
  });
}

/** Names of the branches of which a fresh plan says something else than the one before it. */
export function changedSince(before: SubmitPlan, plan: SubmitPlan): Set<string> {
  const known = new Map(before.branches.map((branch) => [branch.name, gist(branch)]));
  return new Set(
    plan.branches.filter((branch) => known.get(branch.name) !== gist(branch)).map(({ name }) => name),
  );
}

function gist({ action, base, revision, restack, push, pr, reason, changes }: PlannedBranch): string {
  return JSON.stringify([action, base, revision, restack, push, pr?.number, reason?.code, changes]);
}
