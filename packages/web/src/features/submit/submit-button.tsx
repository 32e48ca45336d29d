import { Suspense, useEffect, useRef, useState } from "react";
import type { StackDetail } from "stackit/contract/view";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import { useServices } from "../../services.ts";
import { Button } from "../../ui/button.tsx";
import { ErrorBoundary } from "../../ui/error-boundary.tsx";
import { Key } from "../../ui/key.tsx";
import { lazyPart } from "../../ui/lazy-part.tsx";
import { progressWords } from "./submit-words.ts";
import { useLastSubmission } from "./use-submit.ts";

const SubmitDialog = lazyPart(async () => (await import("./submit-dialog.tsx")).SubmitDialog);

/** Leads to the plan, or to the submission that goes on. */
export function SubmitButton({ repoId, stack }: { repoId: string; stack: StackDetail }) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const last = useLastSubmission(repoId, stack.rootBranch);
  const isUnderWay = last !== undefined && last.state !== "finished";
  const { announcer } = useServices();
  const saidOf = useRef<string>(undefined);
  useShortcut("submitStack", () => {
    setOpen(true);
    return true;
  });
  // What ends while nobody looks at it is said all the same.
  useEffect(() => {
    if (!last) return;
    if (last.state !== "finished") saidOf.current = last.id;
    else if (saidOf.current === last.id) {
      saidOf.current = undefined;
      if (!isOpen) announcer.say(`${stack.title}: ${progressWords(last)}`);
    }
  }, [last, isOpen, announcer, stack.title]);

  function close() {
    setOpen(false);
    // It may have been opened by a key, or from the palette.
    button.current?.focus();
  }

  return (
    <>
      <Button ref={button} look="ink" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {isUnderWay ? "Submitting…" : "Submit stack"} <Key id="submitStack" />
      </Button>
      {isOpen && (
        <ErrorBoundary part="The submit">
          <Suspense>
            <SubmitDialog repoId={repoId} stack={stack} last={last} onClose={close} />
          </Suspense>
        </ErrorBoundary>
      )}
    </>
  );
}
