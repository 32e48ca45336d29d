import { problemOf } from "stackit/contract/problems";
import type { RepoStatus } from "stackit/contract/repo";
import { count } from "../../lib/words.ts";
import { Coded } from "../../ui/coded.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { Age, Until } from "../../ui/time.tsx";
import { ProgressBar } from "../freshness/progress-bar.tsx";
import { progressWords } from "../freshness/progress-words.ts";

/** How far the first copy is, what came of it, or why it failed and what to do. */
export function FirstSyncStep({ status }: { status: RepoStatus }) {
  const { freshness, counts, displayName } = status;
  const { health, lastSuccessAt, lastAttempt, activity, nextDueAt } = freshness;
  if (lastSuccessAt !== undefined) {
    return (
      <p className="state-line ok" role="status">
        <Sign name="ok" />
        <strong>
          Synced <Age at={lastSuccessAt} />
        </strong>
        <span className="meta parts">
          <span>{count(counts.branches, "branch", "branches")}</span>
          <span>{count(counts.stacks, "stack")}</span>
        </span>
      </p>
    );
  }
  if (health === "failing" && lastAttempt) {
    const problem = problemOf(lastAttempt.code ?? "");
    return (
      <div className="callout bad" role="alert">
        <Sign name="failing" />
        <p>
          <strong>{problem?.title ?? "The first sync failed"}.</strong>{" "}
          <Coded text={[lastAttempt.detail, problem?.mend].filter(Boolean).join(" ")} />
          {activity !== "idle"
            ? " It is being tried again."
            : nextDueAt !== undefined && (
                <>
                  {" "}
                  The next try is <Until at={nextDueAt} />.
                </>
              )}
        </p>
      </div>
    );
  }
  const { progress } = freshness;
  const { step, amount } = progress ? progressWords(progress) : { step: "Asking the remote…", amount: "" };
  return (
    <div className="clone-progress">
      <ProgressBar look="line" name={`Cloning ${displayName}`} progress={progress} />
      <p className="meta">
        <span>{step}</span>
        <span>{amount}</span>
      </p>
    </div>
  );
}
