import { Suspense, useEffect, useState } from "react";
import type { RepoStatus } from "stackit/contract/repo";
import type { Hold, SyncRun } from "stackit/contract/sync-run";
import { Button } from "../../ui/button.tsx";
import { ErrorBoundary } from "../../ui/error-boundary.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { lazyPart } from "../../ui/lazy-part.tsx";
import { Age, Until } from "../../ui/time.tsx";
import type { Barred } from "./barred.ts";
import { describeHold, loserWords, lostWords } from "./hold-words.ts";
import type { Sync } from "./use-sync.ts";

const HoldDialog = lazyPart(async () => (await import("./hold-dialog.tsx")).HoldDialog);

/** That too many branches would vanish, and the way to let it through. */
export function HeldChange({
  status,
  run,
  sync,
  barred,
  onLetThrough,
}: {
  status: RepoStatus;
  /** The last that finished. */
  run: SyncRun | undefined;
  sync: Sync;
  barred: Barred | undefined;
  /** The dialog and its button have gone, and the focus with them. */
  onLetThrough: () => void;
}) {
  const [seen, setSeen] = useState<Hold>();
  const [asked, setAsked] = useState(false);
  const state = seen && describeHold(seen, run, sync.flow);
  const isDone = asked && state?.kind === "over";

  useEffect(() => {
    if (!isDone) return;
    setSeen(undefined);
    onLetThrough();
  }, [isDone, onLetThrough]);

  const open = (hold: Hold) => {
    setAsked(false);
    setSeen(hold);
  };
  return (
    <>
      {status.freshness.lastAttempt?.outcome === "held" && <Notice status={status} run={run} onOpen={open} />}
      {seen && state && (
        <ErrorBoundary part="What is held back">
          <Suspense>
            <HoldDialog
              hold={seen}
              state={state}
              kind={status.kind}
              sync={sync}
              barred={barred}
              onConfirm={() => {
                setAsked(true);
                sync.confirm(seen.id);
              }}
              onShow={open}
              onClose={() => setSeen(undefined)}
            />
          </Suspense>
        </ErrorBoundary>
      )}
    </>
  );
}

function Notice({
  status,
  run,
  onOpen,
}: {
  status: RepoStatus;
  run: SyncRun | undefined;
  onOpen: (hold: Hold) => void;
}) {
  const hold = run?.hold;
  return (
    <section className="callout warn held" aria-label="A change is held back">
      <Sign name="late" />
      <div>
        <p>
          <strong>A change is held back.</strong> {loserWords(status.kind)} has lost{" "}
          {hold ? lostWords(hold) : "more than half of the branches"}. Nothing was changed here, and the last
          state is shown.
        </p>
        {hold && run.finishedAt && (
          <p className="meta">
            Seen <Age at={run.finishedAt} />. It goes through by itself <Until at={hold.confirmsAt} /> if they
            are still gone.
          </p>
        )}
      </div>
      {hold && (
        <Button aria-haspopup="dialog" onClick={() => onOpen(hold)}>
          See which…
        </Button>
      )}
    </section>
  );
}
