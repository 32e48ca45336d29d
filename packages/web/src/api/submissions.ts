import type { Submission, SubmitPlan } from "stackit/contract/submit";

import type { ApiError } from "./client.ts";

/** Of two tellings of one submission that which is further on: an answer may come after an event that is newer. */
export function laterSubmission(known: Submission | undefined, told: Submission): Submission {
  return known && progressOf(known) > progressOf(told) ? known : told;
}

/** Never falls while it goes on. */
function progressOf({ state, branches }: Submission): number {
  if (state === "finished") return Number.POSITIVE_INFINITY;
  const ended = branches.filter((branch) => isOver(branch)).length;
  return state === "queued" ? 0 : 1 + ended;
}

/** Whether nothing more happens to a branch. */
export function isOver({ state }: Submission["branches"][number]): boolean {
  return state === "done" || state === "failed" || state === "skipped";
}

/** What the server adds to the problems of a submit. */
export function membersOf({ code, body }: ApiError): { plan?: SubmitPlan; submission?: Submission } {
  // The server validates what it sends, and these members are only with these codes.
  if (code === "submit/under-way") return body as { submission?: Submission };
  return code === "submit/nothing-possible" ? (body as { plan?: SubmitPlan }) : {};
}
