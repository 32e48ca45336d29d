import type { PlannedBranch, Submission, SubmitPlan } from "stackit/contract/submit";
import { canBeChosen, chosenBranches, untouched } from "./choice.ts";
import { leftOver } from "./submit-rows.ts";

/**
 * What of a fresh plan does once more what is left of a submission, and nothing else. Undefined where not all of it can be done, or more
 * would be needed: then a person has to look.
 */
export function repetition(plan: SubmitPlan, submission: Submission): PlannedBranch[] | undefined {
  const left = new Set(leftOver(submission));
  const again = plan.branches.filter(({ name }) => left.has(name));
  const wanted = again.filter(canBeChosen);
  const others = plan.branches.filter((branch) => !wanted.includes(branch)).map(({ name }) => name);
  const chosen = chosenBranches(plan, { ...untouched, out: new Set(others) });
  const isBarred = again.some(({ action }) => action === "cannot");
  return chosen.length === wanted.length && wanted.length > 0 && !isBarred ? wanted : undefined;
}

/** Both as one: what was done before is not left out, only because it was not done once more. */
export function together(before: Submission | undefined, again: Submission): Submission {
  const known = new Map(before?.branches.map((branch) => [branch.name, branch]));
  const branches = again.branches.map((branch) => {
    const earlier = known.get(branch.name);
    return branch.state === "skipped" && earlier?.state === "done" ? earlier : branch;
  });
  return { ...again, branches };
}
