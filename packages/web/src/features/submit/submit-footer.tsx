import { useEffect, useRef } from "react";
import type { Submission } from "stackit/contract/submit";
import { count } from "../../lib/words.ts";
import { useTicking } from "../../services.ts";
import { Button } from "../../ui/button.tsx";
import { type Choice, canBeChosen, chosenBranches, untitled } from "./choice.ts";
import { leftOver } from "./submit-rows.ts";
import { progressWords, summaryWords } from "./submit-words.ts";
import type { Submit } from "./use-submit.ts";

interface Act {
  label: string;
  unavailable?: string | undefined;
  run: () => void;
}

/** In one sentence what would be done or is, and the one thing to press, which stays in its place whatever it comes to mean. */
export function SubmitFooter({
  submit,
  choice,
  obstacle,
  isStale,
  onClose,
}: {
  submit: Submit;
  choice: Choice;
  /** Why it cannot be submitted now, whatever was chosen. */
  obstacle: string | undefined;
  isStale: boolean;
  onClose: () => void;
}) {
  const { flow, submission } = submit;
  const retryAt = flow.step === "following" ? submission?.error?.retryAt : undefined;
  const mustWait = useTicking((now) => retryAt !== undefined && Date.parse(retryAt) > now);
  const { words, act } = described();
  const isAsking = flow.step === "planning" && flow.last !== undefined;
  return (
    <footer className="submit-footer">
      <p role="status">{words}</p>
      <div className="choices">
        {(isStale || isAsking) && (
          <Button
            unavailable={isAsking ? "The plan is being made" : undefined}
            onClick={() => submit.review()}
          >
            {isAsking ? "Looking again…" : "Review again"}
          </Button>
        )}
        <Button look="ink" unavailable={act.unavailable} onClick={act.run}>
          {act.label}
        </Button>
      </div>
    </footer>
  );

  function described(): { words: string; act: Act } {
    switch (flow.step) {
      case "planning":
        return {
          words: "Looking what a submit would do…",
          act: { label: "Submit", unavailable: "The plan is being made", run: onClose },
        };
      case "unplanned":
        return { words: "", act: { label: "Close", run: onClose } };
      case "review": {
        const { plan } = flow;
        const chosen = chosenBranches(plan, choice);
        const nameless = untitled(plan, choice);
        if (!plan.branches.some(canBeChosen)) {
          const isDone = plan.branches.every(({ action }) => action === "nothing");
          const words = isDone ? "Nothing to do: the remote has all of it" : "Nothing can be submitted now";
          return { words, act: { label: "Close", run: onClose } };
        }
        const empty = chosen.length === 0 ? "Choose a branch first" : undefined;
        const wordless = nameless === undefined ? undefined : `Give ${nameless} a title first`;
        return {
          words: empty ? "No branch is chosen" : summaryWords(chosen),
          act: {
            label: `Submit ${count(chosen.length, "branch", "branches")}`,
            unavailable: obstacle ?? empty ?? wordless,
            run: () => submit.send(chosen),
          },
        };
      }
      case "sending":
        return {
          words: "Making sure that nothing moved…",
          act: { label: "Submitting…", unavailable: "It is being submitted", run: onClose },
        };
      case "following":
        if (!submission) return { words: "", act: { label: "Close", run: onClose } };
        return { words: progressWords(submission), act: afterwards(submission) };
    }
  }

  function afterwards(now: Submission): Act {
    const { state, outcome } = now;
    if (state !== "finished") {
      return { label: "Submitting…", unavailable: "It goes on, also when this is closed", run: onClose };
    }
    const left = leftOver(now).length;
    if (outcome === "submitted" || left === 0) return { label: "Done", run: onClose };
    const label = outcome === "interrupted" ? "Submit what is left" : `Retry ${left} failed`;
    return {
      label,
      unavailable: mustWait ? "Not before the time that was told" : obstacle,
      run: submit.retry,
    };
  }
}

/** Whether to lose what was chosen and worded. */
export function Leaving({ onStay, onLeave }: { onStay: () => void; onLeave: () => void }) {
  const stay = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    stay.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <footer className="submit-footer">
      <p role="alert">Close, and lose what you changed?</p>
      <div className="choices">
        <Button ref={stay} onClick={onStay}>
          Keep editing
        </Button>
        <Button look="ink" onClick={onLeave}>
          Discard
        </Button>
      </div>
    </footer>
  );
}
