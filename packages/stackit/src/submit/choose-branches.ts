import { Problem } from "../contract/problem-error.ts";
import type { PlannedBranch, SubmitPlan, SubmitRequest } from "../contract/submit.ts";
import { lacksGround } from "./plan-branches.ts";

/**
 * What of the plan is to be done, with what the request says of it.
 * @throws {Problem} `submit/plan-changed`, `submit/nothing-possible`, `request/invalid`
 */
export function chooseBranches(
  plan: SubmitPlan,
  request: SubmitRequest,
  owed: ReadonlySet<string>,
): PlannedBranch[] {
  if (request.plan !== undefined && request.plan !== plan.id) {
    throw new Problem(
      "submit/plan-changed",
      "The stack or the remote is not as it was when the plan was made.",
      {
        members: { plan },
      },
    );
  }
  const asked = new Map(request.branches?.map((one) => [one.name, one]));
  const isAsked = (name: string) => request.branches === undefined || asked.has(name);
  const unknown = [...asked.keys()].find((name) => !plan.branches.some((one) => one.name === name));
  if (unknown !== undefined)
    throw new Problem("request/invalid", "`branches` names one that is not in this stack.");
  const chosen = plan.branches.filter(({ name, action }) => isAsked(name) && action !== "cannot");
  const lacking = lacksGround(plan.branches, new Set(chosen.map(({ name }) => name)));
  if (lacking) {
    throw new Problem(
      "request/invalid",
      `\`branches\` must have ${lacking.needs} too, on which ${lacking.branch} stands.`,
    );
  }
  const able = chosen.filter(({ name, action }) => action !== "nothing" || owed.has(name));
  if (able.length === 0 && plan.branches.some(({ name, action }) => isAsked(name) && action === "cannot")) {
    throw new Problem("submit/nothing-possible", "Something stands in the way of each branch.", {
      members: { plan },
    });
  }
  return able.map((branch) => {
    if (branch.action !== "create") return branch;
    const { title, draft } = asked.get(branch.name) ?? {};
    return { ...branch, ...(title !== undefined && { title }), ...(draft !== undefined && { draft }) };
  });
}
