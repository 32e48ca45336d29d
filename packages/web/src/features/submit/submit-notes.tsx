import type { Submission } from "stackit/contract/submit";
import { Button } from "../../ui/button.tsx";
import { Coded } from "../../ui/coded.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { Until } from "../../ui/time.tsx";
import type { SubmitFlow } from "./submit-flow.ts";

/** What there is to know before the table is read: why it is looked at again, who else is at it, what went wrong for all of it. */
export function SubmitNotes({
  flow,
  submission,
  lost,
  isStale,
  others,
  unreachable,
  onReview,
  onFollow,
}: {
  flow: SubmitFlow;
  submission: Submission | undefined;
  lost: unknown;
  isStale: boolean;
  /** Somebody's who submits the stack while its plan is looked at. */
  others: Submission | undefined;
  unreachable: string | undefined;
  onReview: () => void;
  onFollow: (submission: Submission) => void;
}) {
  switch (flow.step) {
    case "planning":
    case "sending":
      return null;
    case "unplanned":
      return <ProblemBox error={flow.problem} what="The plan" onRetry={onReview} />;
    case "review":
      return (
        <>
          {flow.problem !== undefined && (
            <ProblemBox error={flow.problem} what="The stack" done="submitted" />
          )}
          {flow.note === "nothing-possible" && (
            <Note tone="warn" title="Nothing of this can be submitted.">
              What stands in the way of each branch is told below.
            </Note>
          )}
          {others ? (
            <Note tone="warn" title={`${others.requestedBy ?? "Somebody"} is submitting this stack.`}>
              Wait until it is over, then look at what is left.{" "}
              <Button size="small" onClick={() => onFollow(others)}>
                Watch it
              </Button>
            </Note>
          ) : (
            isStale && (
              <Note tone="warn" title="Plan changed, review again.">
                The stack or its remote moved since this plan was made. Your titles are kept.
              </Note>
            )
          )}
        </>
      );
    case "following":
      if (!submission) {
        return lost ? <ProblemBox error={lost} what="The submit" onRetry={onReview} /> : null;
      }
      return (
        <>
          {flow.isOthers && submission.state !== "finished" && (
            <Note tone="idle" title={`${submission.requestedBy ?? "Somebody"} was first.`}>
              The stack is being submitted already; this is how far that is.
            </Note>
          )}
          {unreachable !== undefined && submission.state !== "finished" && (
            <Note tone="warn" title={`${unreachable}.`}>
              The server goes on by itself. The result is shown here as soon as it can be asked for.
            </Note>
          )}
          {submission.error && <Failure error={submission.error} />}
        </>
      );
  }
}

function Failure({ error: { title, detail, retryAt } }: { error: NonNullable<Submission["error"]> }) {
  return (
    <Note tone="bad" title={`${title}.`}>
      <Coded text={detail} />
      {retryAt !== undefined && (
        <>
          {" "}
          You may try again <Until at={retryAt} />.
        </>
      )}
    </Note>
  );
}

const signs = { idle: "queued", warn: "late", bad: "failing" } as const;

function Note({
  tone,
  title,
  children,
}: {
  tone: keyof typeof signs;
  title: string;
  children: React.ReactNode;
}) {
  return (
    <div className={`callout ${tone}`} role="alert">
      <Sign name={signs[tone]} />
      <p>
        <strong>{title}</strong> {children}
      </p>
    </div>
  );
}
