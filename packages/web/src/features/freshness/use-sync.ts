import { useQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";
import type { SyncRequest, SyncRun } from "stackit/contract/sync-run";
import { ApiError, request } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import { paths } from "../../api/paths.ts";
import { runQuery } from "../../api/queries.ts";
import { useServices } from "../../services.ts";
import { advanceFlow, describeResult, RESULT_MS, type SyncFlow, type SyncFlowEvent } from "./sync-flow.ts";

/** That a run was taken is told at once, however long it will take. */
const ANSWER_WITHIN_MS = 20_000;

export interface Sync {
  flow: SyncFlow;
  press: () => void;
  /** Asks for a sync that lets a hold through. */
  confirm: (holdId: string) => void;
  /** Asks for the run itself, when no word of it came. */
  check: () => void;
}

/** Asks for a sync and follows the run by its events. What was asked is finished by the server, whatever the page does. */
export function useSync(repoId: string, repoName: string): Sync {
  const { queries, session, announcer, ticker } = useServices();
  const [flow, setFlow] = useState<SyncFlow>({ step: "idle" });
  const runId = flow.step === "following" ? flow.run.id : undefined;
  const run = useQuery({ ...runQuery(repoId, runId ?? ""), enabled: runId !== undefined });
  const step = (event: SyncFlowEvent) => setFlow((now) => advanceFlow(now, event, ticker.now()));
  const heard = useEffectEvent((data: SyncRun) => step({ type: "heard", run: data }));

  useEffect(() => {
    if (run.data) heard(run.data);
  }, [run.data]);

  useEffect(() => {
    if (flow.step !== "done") return;
    announcer.say(`${repoName}: ${describeResult(flow.run).text}`);
    const timer = setTimeout(() => setFlow((now) => advanceFlow(now, { type: "settled" }, 0)), RESULT_MS);
    return () => clearTimeout(timer);
  }, [flow, announcer, repoName]);

  async function send(key: string, body: SyncRequest) {
    try {
      const response = await request(paths.sync(repoId), {
        method: "POST",
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        headers: {
          "Content-Type": "application/json",
          Prefer: "respond-async",
          "Idempotency-Key": key,
        },
        body: JSON.stringify(body),
      });
      const accepted = (await response.json()) as SyncRun;
      queries.setQueryData<SyncRun>(keys.run(repoId, accepted.id), (known) =>
        known?.state === "finished" ? known : accepted,
      );
      step({ type: "accepted", run: accepted });
    } catch (error) {
      session.hear(error);
      const problem = error instanceof ApiError ? error : undefined;
      const title = problem?.title ?? "No answer from the server";
      announcer.say(`${repoName} was not synced: ${title}`);
      step({
        type: "refused",
        title,
        detail: problem && problem.message !== title ? problem.message : undefined,
      });
    }
  }

  function begin(body: SyncRequest) {
    const key = newKey();
    const next = advanceFlow(flow, { type: "pressed", key }, ticker.now());
    if (next === flow) return;
    setFlow(next);
    void send(key, body);
  }

  return {
    flow,
    press: () => begin({}),
    confirm: (holdId) => begin({ confirm: holdId }),
    check: () => void run.refetch(),
  };
}

/** `crypto.randomUUID` exists only where the page is secure, and a server in the local network is not. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
