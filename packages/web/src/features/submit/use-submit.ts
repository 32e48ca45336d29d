import { useQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useReducer } from "react";
import type { PlannedBranch, Submission, SubmitPlan } from "stackit/contract/submit";
import { ApiError, postJson } from "../../api/client.ts";
import { paths } from "../../api/paths.ts";
import { lastSubmissionQuery, submissionQuery } from "../../api/queries.ts";
import { keepAnswered } from "../../api/receive.ts";
import { membersOf } from "../../api/submissions.ts";
import { useServices } from "../../services.ts";
import { type Choice, requestOf } from "./choice.ts";
import { repetition, together } from "./repetition.ts";
import { advanceSubmit, firstFlow, type SubmitEvent, type SubmitFlow } from "./submit-flow.ts";

/** A plan is made of what the remote says now, which may be slow to say it. */
const ANSWER_WITHIN_MS = 120_000;

export interface Submit {
  flow: SubmitFlow;
  /** The one that is followed, as far as it is, with what it does the rest of. */
  submission: Submission | undefined;
  /** Why it is not known how far it is. */
  lost: unknown;
  /** Asks for a fresh plan; `ready`: that drafts be said to be ready for review, if another than the choice so far. */
  review: (ready?: boolean) => void;
  send: (branches: readonly PlannedBranch[]) => void;
  /** Does once more what is left of the submission: at once where a fresh plan allows all of it. */
  retry: () => void;
  follow: (submission: Submission) => void;
}

/** Plans the submit of a stack, asks for it, and follows it by its events. What was asked for is finished by the server, whatever the page does. */
export function useSubmit(
  repoId: string,
  root: string,
  choice: Choice,
  underWay: Submission | undefined,
): Submit {
  const { queries, session } = useServices();
  const [flow, step] = useReducer(advanceSubmit, underWay, firstFlow);
  const followed = flow.step === "following" ? flow.id : undefined;
  const told = useQuery({ ...submissionQuery(repoId, followed ?? ""), enabled: followed !== undefined });

  async function ask(ready = choice.ready): Promise<SubmitPlan | undefined> {
    step({ type: "asked" });
    try {
      return await postJson<SubmitPlan>(paths.submitPlan(repoId, root), {
        body: { ready },
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
    } catch (problem) {
      session.hear(problem);
      step({ type: "unplanned", problem });
      return undefined;
    }
  }

  async function review(ready?: boolean) {
    const plan = await ask(ready);
    if (plan) step({ type: "planned", plan, isOther: ready !== undefined });
  }

  async function send(plan: SubmitPlan, branches: readonly PlannedBranch[], before?: Submission) {
    step({ type: "sent", plan, ...(before && { before }) });
    try {
      const accepted = await postJson<Submission>(paths.submit(repoId, root), {
        body: requestOf(plan, choice, branches),
        headers: { Prefer: "respond-async" },
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      keepAnswered(queries, accepted);
      step({ type: "accepted", id: accepted.id });
    } catch (error) {
      session.hear(error);
      const { submission } = error instanceof ApiError ? membersOf(error) : {};
      if (submission) keepAnswered(queries, submission);
      step(refusalOf(error));
    }
  }

  async function retry(before: Submission) {
    const plan = await ask();
    if (!plan) return;
    const branches = repetition(plan, before);
    if (branches) await send(plan, branches, before);
    else step({ type: "planned", plan });
  }

  const begin = useEffectEvent(() => {
    if (flow.step === "planning") void review();
  });
  useEffect(() => begin(), []);

  const before = flow.step === "following" ? flow.before : undefined;
  const submission = told.data && together(before, told.data);

  return {
    flow,
    submission,
    lost: told.data ? undefined : told.error,
    review: (ready) => void review(ready),
    send: (branches) => {
      if (flow.step === "review") void send(flow.plan, branches);
    },
    retry: () => {
      if (submission) void retry(submission);
    },
    follow: (submission) => step({ type: "overtaken", id: submission.id }),
  };
}

function refusalOf(error: unknown): SubmitEvent {
  if (!(error instanceof ApiError)) return { type: "not-sent", problem: error };
  const { plan, submission } = membersOf(error);
  if (submission) return { type: "overtaken", id: submission.id };
  if (plan) return { type: "nothing-possible", plan };
  return error.code === "submit/plan-changed"
    ? { type: "plan-changed" }
    : { type: "not-sent", problem: error };
}

/** The submission of a stack that was told of last, as far as it is. */
export function useLastSubmission(repoId: string, root: string): Submission | undefined {
  const id = useQuery(lastSubmissionQuery(repoId, root)).data;
  return useQuery({ ...submissionQuery(repoId, id ?? ""), enabled: id !== undefined }).data;
}
