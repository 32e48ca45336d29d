import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { RepoStatus } from "stackit/contract/repo";
import type { SyncRun } from "stackit/contract/sync-run";
import { Link } from "wouter";
import { postJson } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import { paths } from "../../api/paths.ts";
import { runQuery } from "../../api/queries.ts";
import { formatRoute, repositoryRoute } from "../../routes/location.ts";
import { refOf } from "../../routes/repo-ref.ts";
import { useServices } from "../../services.ts";
import { Button } from "../../ui/button.tsx";
import { Coded } from "../../ui/coded.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { ProgressBar } from "../freshness/progress-bar.tsx";
import { progressWords } from "../freshness/progress-words.ts";
import { nameOf } from "../repositories/attention.ts";
import { ActFailure } from "./act-failure.tsx";
import { mendedWords } from "./mended-words.ts";
import { RecloneDialog } from "./reclone-dialog.tsx";

type Mend = "repair" | "reclone";

/** Has the mirror repaired or cloned anew, and tells what becomes of it. The run is the server's, whatever the page does. */
export function Mending({ status, source }: { status: RepoStatus; source: string }) {
  const { id, kind } = status;
  const { queries, session } = useServices();
  const [isAsking, setAsking] = useState(false);
  const [runId, setRunId] = useState<string>();
  const run = useQuery({ ...runQuery(id, runId ?? ""), enabled: runId !== undefined }).data;
  const ask = useMutation({
    mutationFn: (mend: Mend) => postJson<SyncRun>(paths.mend(id, mend)),
    onSuccess: (accepted) => {
      queries.setQueryData<SyncRun>(keys.run(id, accepted.id), (known) => known ?? accepted);
      setRunId(accepted.id);
    },
    onError: (error) => session.hear(error),
  });
  const isUnderWay = ask.isPending || (run !== undefined && run.state !== "finished");
  const begin = (mend: Mend) => {
    setAsking(false);
    setRunId(undefined);
    ask.mutate(mend);
  };
  const busy = isUnderWay ? "It is being mended" : undefined;
  return (
    <section aria-labelledby="ops-files">
      <header className="ops-head">
        <h2 id="ops-files">Files</h2>
        {kind === "mirror" && (
          <div className="ops-buttons">
            <Button size="small" unavailable={busy} onClick={() => begin("repair")}>
              Check and repair
            </Button>
            <Button size="small" aria-haspopup="dialog" unavailable={busy} onClick={() => setAsking(true)}>
              Re-clone…
            </Button>
          </div>
        )}
      </header>
      <p className="meta">
        {kind === "mirror"
          ? "A check removes what a killed git left, reads every object, and clones the mirror anew where one is missing. To re-clone fetches all of it again, whatever its state."
          : "Nobody but its owner changes a working copy, so it is not repaired here."}
      </p>
      {ask.error && <ActFailure error={ask.error} status={status} />}
      {run && <Progress run={run} status={status} mend={ask.variables} />}
      {isAsking && (
        <RecloneDialog
          name={nameOf(status)}
          source={source}
          onConfirm={() => begin("reclone")}
          onClose={() => setAsking(false)}
        />
      )}
    </section>
  );
}

function Progress({ run, status, mend }: { run: SyncRun; status: RepoStatus; mend: Mend | undefined }) {
  const { state, outcome, progress } = run;
  const name = nameOf(status);
  const here = repositoryRoute(refOf(status));
  if (state !== "finished") {
    const { name: what, steps } = mend === "repair" ? checking(name) : cloning(name);
    const { step, amount } = progress ? progressWords(progress) : { step: steps[state], amount: "" };
    return (
      <div className="ops-progress" role="status">
        <ProgressBar look="line" name={what} progress={progress} />
        <p className="meta">
          {step} {amount}
        </p>
      </div>
    );
  }
  const { tone, sign, text, way } = resultOf(run);
  return (
    <p className={`state-word ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <Sign name={sign} />
      <span>
        <Coded text={text} />{" "}
        <Link className="link" href={formatRoute(outcome === "held" ? here : { ...here, sync: run.id })}>
          {way}
        </Link>
      </span>
    </p>
  );
}

function resultOf(run: SyncRun) {
  const { outcome, error } = run;
  if (error) {
    const text = `${error.title}. ${error.detail}`;
    return { tone: "bad", sign: "failing", text, way: "Look at the run" } as const;
  }
  if (outcome === "held") {
    const text = "Held back: most branches would vanish. Nothing was changed.";
    return { tone: "warn", sign: "late", text, way: "Look at what would vanish" } as const;
  }
  return { tone: "ok", sign: "ok", text: mendedWords(run), way: "Look at the run" } as const;
}

const waits = "Waits for its turn";
const cloning = (name: string) => ({
  name: `Cloning ${name} anew`,
  steps: { queued: waits, running: "Asking the remote…" },
});
const checking = (name: string) => ({
  name: `Checking ${name}`,
  steps: { queued: waits, running: "Reading every object…" },
});
