import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { Submission } from "stackit/contract/submit";
import type { StackDetail } from "stackit/contract/view";
import { viewQuery } from "../../api/queries.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { useUnreachable } from "../freshness/use-obstacle.ts";
import { type Choice, canBeChosen, hasDrafts, isEdited, untouched } from "./choice.ts";
import { hasMovedSince } from "./moved-since.ts";
import { planOf, type SubmitFlow } from "./submit-flow.ts";
import { Leaving, SubmitFooter } from "./submit-footer.tsx";
import { SubmitNotes } from "./submit-notes.tsx";
import { submitRows } from "./submit-rows.ts";
import { SubmitTable } from "./submit-table.tsx";
import { asWords, wishWords } from "./submit-words.ts";
import { useSubmit } from "./use-submit.ts";
import "./submit.css";

/** What a submit of the stack would do, then how far it is and what came of it. */
export function SubmitDialog({
  repoId,
  stack,
  last,
  onClose,
}: {
  repoId: string;
  stack: StackDetail;
  /** The submission of the stack that was told of last. */
  last: Submission | undefined;
  onClose: () => void;
}) {
  const underWay = last && last.state !== "finished" ? last : undefined;
  const [choice, setChoice] = useState<Choice>(untouched);
  const [isLeaving, setLeaving] = useState(false);
  const body = useRef<HTMLElement>(null);
  const submit = useSubmit(repoId, stack.rootBranch, choice, underWay);
  const view = useQuery(viewQuery(repoId)).data?.body;
  const unreachable = useUnreachable();
  const { flow, submission } = submit;
  const plan = planOf(flow);
  const isReview = flow.step === "review";
  const isStale =
    isReview && (flow.note === "changed" || (view !== undefined && hasMovedSince(flow.plan, view)));
  const others = isReview ? underWay : undefined;
  const isOthers = flow.step === "following" && flow.isOthers;
  useFirstField(body, flow);

  function mayClose(): boolean {
    if (!isReview || isLeaving || !isEdited(flow.plan, choice)) return true;
    setLeaving(true);
    return false;
  }

  return (
    <Dialog title={`Submit ${stack.title}`} className="submit-dialog" mayClose={mayClose} onClose={onClose}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keyboard too. */}
      <section ref={body} className="submit-body" aria-label="Plan" tabIndex={0}>
        {plan?.branches.some(canBeChosen) && !isOthers && (
          <p className="meta submit-as">{[asWords(plan), ...wishWords(plan)].join(". ")}.</p>
        )}
        {isReview && hasDrafts(flow.plan) && (
          <label className="submit-ready">
            <input
              type="checkbox"
              checked={choice.ready}
              onChange={({ target: { checked: ready } }) => {
                setChoice({ ...choice, ready });
                submit.review(ready);
              }}
            />
            Mark drafts as ready for review
          </label>
        )}
        <SubmitNotes
          flow={flow}
          submission={submission}
          lost={submit.lost}
          isStale={isStale}
          others={others}
          unreachable={unreachable}
          onReview={() => submit.review()}
          onFollow={submit.follow}
        />
        {(plan || submission) && (
          <SubmitTable
            rows={submitRows(plan, flow.step === "following" ? submission : undefined)}
            plan={plan}
            choice={choice}
            told={submission?.error?.detail}
            changed={isReview ? flow.changed : undefined}
            onChoice={isReview ? setChoice : undefined}
          />
        )}
        {flow.step === "planning" && !plan && <Skeleton />}
      </section>
      {isLeaving ? (
        <Leaving onStay={() => setLeaving(false)} onLeave={onClose} />
      ) : (
        <SubmitFooter
          submit={submit}
          choice={choice}
          obstacle={obstacleOf({ isStale, isTaken: others !== undefined, unreachable })}
          isStale={isStale}
          onClose={onClose}
        />
      )}
    </Dialog>
  );
}

function obstacleOf({
  isStale,
  isTaken,
  unreachable,
}: {
  isStale: boolean;
  isTaken: boolean;
  unreachable: string | undefined;
}): string | undefined {
  if (isTaken) return "It is being submitted already";
  return isStale ? "The plan changed: review it again first" : unreachable;
}

function Skeleton() {
  return (
    <div className="submit-skeleton" aria-hidden="true">
      {["a", "b", "c"].map((key) => (
        <div key={key} />
      ))}
    </div>
  );
}

/** When a plan comes, the focus goes to the first thing that can be worded, unless somebody is at work; and it is never lost to what went. */
function useFirstField(body: React.RefObject<HTMLElement | null>, flow: SubmitFlow): void {
  useEffect(() => {
    const { activeElement: place } = document;
    const isAtWork = place !== body.current && place?.closest(".submit-body, .submit-footer");
    if (isAtWork) return;
    const field = body.current?.querySelector<HTMLElement>("input[type=text]");
    if (field && flow.step === "review") field.focus();
    else if (place === document.body) body.current?.focus();
  }, [body, flow]);
}
