import { problemOf } from "stackit/contract/problems";
import type { RepoStatus } from "stackit/contract/repo";
import type { SyncRun } from "stackit/contract/sync-run";
import { count } from "../../lib/words.ts";
import { Button } from "../../ui/button.tsx";
import { ProblemFrame } from "../../ui/problem-frame.tsx";
import { wordsOf } from "../../ui/problem-words.ts";
import { Age, Until } from "../../ui/time.tsx";
import type { Barred } from "./barred.ts";
import { useObstacle } from "./use-obstacle.ts";
import type { Sync } from "./use-sync.ts";

/** Why a repository fails, since when, and what to do; nothing while it does not. */
export function FailureNotice({
  status,
  run,
  sync,
  barred,
}: {
  status: RepoStatus;
  /** The last that finished. */
  run: SyncRun | undefined;
  sync: Sync;
  barred: Barred | undefined;
}) {
  const { freshness } = status;
  const { health, lastAttempt, lastSuccessAt, failingSince, consecutiveFailures, nextDueAt } = freshness;
  if (health !== "failing" || lastAttempt === undefined) return null;
  const code = lastAttempt.code ?? "";
  return (
    <section className="problem" aria-label="What failed">
      <ProblemFrame
        title={`${problemOf(code)?.title ?? run?.error?.title ?? "The last sync failed"}.`}
        detail={lastAttempt.detail}
        since={
          <>
            {failingSince && consecutiveFailures > 1 && (
              <span>
                Failing since <Age at={failingSince} focusable />
              </span>
            )}
            <span>{count(consecutiveFailures, "attempt")}</span>
            <span>
              last tried <Age at={lastAttempt.at} focusable />
            </span>
            {nextDueAt && (
              <span>
                next try <Until at={nextDueAt} focusable />
              </span>
            )}
          </>
        }
        code={code}
        facts={[
          ["Repository", status.displayName],
          ["Run", lastAttempt.runId],
          ["Last tried", lastAttempt.at],
          ["Failing since", failingSince],
          ["Last good sync", lastSuccessAt ?? "never"],
          ["Page", location.href],
        ]}
      >
        {wordsOf(code).ways.includes("retry") && barred === undefined && <Retry sync={sync} />}
      </ProblemFrame>
    </section>
  );
}

function Retry({ sync }: { sync: Sync }) {
  const obstacle = useObstacle(sync);
  return (
    <Button size="small" unavailable={obstacle} onClick={sync.press}>
      Try again
    </Button>
  );
}
