import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Ops, PendingRun } from "stackit/contract/ops";
import type { RepoSummary } from "stackit/contract/repo";
import { Link } from "wouter";
import { ApiError, request } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import { paths } from "../../api/paths.ts";
import { formatNumber } from "../../lib/words.ts";
import { formatRoute, repositoryRoute } from "../../routes/location.ts";
import { refOf } from "../../routes/repo-ref.ts";
import { useServices } from "../../services.ts";
import { Button } from "../../ui/button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { Age, Until } from "../../ui/time.tsx";
import { triggerWords } from "../freshness/sync-flow.ts";
import { nameOf } from "../repositories/attention.ts";

const priorities = [
  "Low: an interval asked",
  "Normal: the start or a file watch",
  "High: a webhook asked",
  "First: a person waits",
];

/** Runs at work and those that wait, the next one first. */
export function Queue({ ops, repos }: { ops: Ops; repos: readonly RepoSummary[] }) {
  const { queue } = ops;
  const { runs } = queue;
  const more = queue.running + queue.waiting - runs.length;
  return (
    <section aria-labelledby="queue">
      <header className="ops-head">
        <h2 id="queue">Queue</h2>
        <span className="meta">
          {formatNumber(queue.running)} of {formatNumber(queue.slots)} slots at work, at most{" "}
          {formatNumber(queue.slotsPerHost)} on one host
        </span>
      </header>
      {runs.length === 0 ? (
        <p className="meta">Nothing is at work and nothing waits.</p>
      ) : (
        <table className="ops-table">
          <caption className="vh">Queue</caption>
          <thead>
            <tr>
              <th scope="col">Repository</th>
              <th scope="col">State</th>
              <th scope="col" className="ops-wide">
                Asked by
              </th>
              <th scope="col" className="ops-wide">
                Priority
              </th>
              <th scope="col" className="num">
                For
              </th>
              <th scope="col">
                <span className="vh">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <Row key={run.runId} run={run} repo={repos.find(({ id }) => id === run.repoId)} />
            ))}
          </tbody>
        </table>
      )}
      {more > 0 && <p className="meta">and {formatNumber(more)} more</p>}
    </section>
  );
}

function Row({ run, repo }: { run: PendingRun; repo: RepoSummary | undefined }) {
  const name = repo ? nameOf(repo) : run.repoId;
  const cancel = useCancel(run, name);
  return (
    <tr>
      <th scope="row">
        {repo ? (
          <Link
            className="link cut"
            href={formatRoute({ ...repositoryRoute(refOf(repo)), sync: run.runId })}
            title="Its run in the sync history"
          >
            {name}
          </Link>
        ) : (
          name
        )}
      </th>
      <td>
        <span className={`state-word ${run.state === "running" ? "run" : "idle"}`}>
          <Sign name={run.state === "running" ? "running" : "queued"} />
          <State run={run} />
        </span>
      </td>
      <td className="ops-wide">
        {triggerWords(run.triggers)}
        {run.requestedBy !== undefined && ` · ${run.requestedBy}`}
      </td>
      <td className="ops-wide">{priorities[run.priority]}</td>
      <td className="num">
        <Age at={run.startedAt ?? run.requestedAt} short />
      </td>
      <td className="ops-actions">
        <Button
          size="small"
          aria-label={`Cancel run of ${name}`}
          unavailable={cancel.isAsked ? "It is ending" : undefined}
          onClick={cancel.ask}
        >
          {cancel.isAsked ? "Ending…" : "Cancel"}
        </Button>
      </td>
    </tr>
  );
}

function State({ run }: { run: PendingRun }) {
  if (run.state === "running") return "Running";
  if (run.waitsFor === "time" && run.dueAt !== undefined) {
    return (
      <>
        Begins <Until at={run.dueAt} />
      </>
    );
  }
  const place = run.position === 1 ? "Next" : `Number ${run.position}`;
  return run.waitsFor === "host" ? `${place}, when its host may be asked` : place;
}

function useCancel({ repoId, runId }: PendingRun, name: string): { isAsked: boolean; ask: () => void } {
  const { session, announcer } = useServices();
  const client = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const ask = async () => {
    setAsked(true);
    try {
      await request(paths.cancelRun(repoId, runId), { method: "POST" });
      announcer.say(`The run of ${name} was cancelled`);
    } catch (error) {
      session.hear(error);
      setAsked(false);
      // It may have ended by itself, which is as good.
      const isOver = error instanceof ApiError && error.code === "run/not-found";
      announcer.say(isOver ? "The run has ended already" : "The run could not be cancelled");
    }
    await client.invalidateQueries({ queryKey: keys.ops });
  };
  return { isAsked, ask: () => void ask() };
}
