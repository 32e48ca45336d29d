import type { Submission, SubmitPlan } from "stackit/contract/submit";
import { changedSince } from "./moved-since.ts";

/**
 * - `planning`: the plan is asked for; `last` is the one before. `unplanned`: none could be had.
 * - `review`: it is looked at. `note` says why it is looked at once more, `problem` why it could not be submitted.
 * - `sending`: the server was asked to carry it out. `following`: it does, or did. `before`: what this one does the rest of.
 */
export type SubmitFlow =
  | { step: "planning"; last: SubmitPlan | undefined }
  | { step: "unplanned"; problem: unknown }
  | Review
  | { step: "sending"; plan: SubmitPlan; before: Submission | undefined }
  | {
      step: "following";
      plan: SubmitPlan | undefined;
      before: Submission | undefined;
      id: string;
      isOthers: boolean;
    };

export interface Review {
  step: "review";
  plan: SubmitPlan;
  /** Branches that were otherwise in the plan before it. */
  changed: ReadonlySet<string>;
  note: "changed" | "nothing-possible" | undefined;
  problem: unknown;
}

export type SubmitEvent =
  | { type: "asked" }
  /** `isOther`: something else was asked for than before, so that what differs is no change. */
  | { type: "planned"; plan: SubmitPlan; isOther?: boolean }
  | { type: "unplanned"; problem: unknown }
  | { type: "sent"; plan: SubmitPlan; before?: Submission }
  | { type: "accepted"; id: string }
  | { type: "overtaken"; id: string }
  | { type: "plan-changed" }
  | { type: "nothing-possible"; plan: SubmitPlan }
  | { type: "not-sent"; problem: unknown };

/** `under way`: a submission of the stack that is known to go on. */
export function firstFlow(underWay: Submission | undefined): SubmitFlow {
  if (!underWay) return { step: "planning", last: undefined };
  return { step: "following", plan: undefined, before: undefined, id: underWay.id, isOthers: false };
}

export function advanceSubmit(flow: SubmitFlow, event: SubmitEvent): SubmitFlow {
  const plan = planOf(flow);
  switch (event.type) {
    case "asked":
      return { step: "planning", last: plan };
    case "planned":
      return review(event.plan, event.isOther ? undefined : plan);
    case "unplanned":
      return { step: "unplanned", problem: event.problem };
    case "sent":
      return { step: "sending", plan: event.plan, before: event.before };
    case "accepted":
      return {
        step: "following",
        plan,
        before: flow.step === "sending" ? flow.before : undefined,
        id: event.id,
        isOthers: false,
      };
    case "overtaken":
      return { step: "following", plan, before: undefined, id: event.id, isOthers: true };
    case "plan-changed":
      return plan ? { ...review(plan), note: "changed" } : flow;
    case "nothing-possible":
      return { ...review(event.plan, plan), note: "nothing-possible" };
    case "not-sent":
      return plan ? { ...review(plan), problem: event.problem } : flow;
  }
}

function review(plan: SubmitPlan, before?: SubmitPlan): Review {
  const changed = before ? changedSince(before, plan) : new Set<string>();
  return { step: "review", plan, changed, note: undefined, problem: undefined };
}

/** The one that is shown, or was last. */
export function planOf(flow: SubmitFlow): SubmitPlan | undefined {
  if (flow.step === "planning") return flow.last;
  return flow.step === "unplanned" ? undefined : flow.plan;
}
