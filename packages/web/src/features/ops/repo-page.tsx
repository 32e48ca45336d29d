import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { RepoStatus, RepoSummary } from "stackit/contract/repo";
import { runQuery, statusQuery, useConfig } from "../../api/queries.ts";
import { count } from "../../lib/words.ts";
import type { OpsRepoRoute } from "../../routes/location.ts";
import { useServices, useTicking } from "../../services.ts";
import { Coded } from "../../ui/coded.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Age, Until } from "../../ui/time.tsx";
import { barredFrom } from "../freshness/barred.ts";
import { FailureNotice } from "../freshness/failure-notice.tsx";
import { activityWords, describeHealth, healthNow, hostWords } from "../freshness/freshness-words.ts";
import { useSync } from "../freshness/use-sync.ts";
import { useRuns } from "../history/use-runs.ts";
import { nameOf } from "../repositories/attention.ts";
import { Connection } from "./connection.tsx";
import { Mending } from "./mending.tsx";
import { OpsParts } from "./ops-parts.tsx";
import { RepoFacts } from "./repo-facts.tsx";
import { RunLink } from "./run-link.tsx";
import { SilentHook } from "./silent-hook.tsx";
import "./ops.css";
import "./repo-page.css";

/** So many of the failures that are kept are told. */
const FAILURES = 5;

/** What an operator needs of one repository, and what can be done about it. */
export function OpsRepoPage({ repos, route }: { repos: readonly RepoSummary[]; route: OpsRepoRoute }) {
  const repo = repos.find(({ id }) => id === route.repo);
  const name = repo ? nameOf(repo) : "Repository";
  useEffect(() => {
    document.title = `${name} · Operator page · Stackit`;
  }, [name]);
  return (
    <main className="workspace">
      <div className="list-pane">
        <div className="list-content narrow ops-page">
          <h1 className="page-title">
            <b className="cut">{name}</b>
          </h1>
          {repo?.role === "operator" ? (
            <>
              <OpsParts route={route} />
              <Served key={repo.id} repo={repo} />
            </>
          ) : (
            <Empty
              title={repo ? "You need operator access" : "There is no such repository, or you may not see it"}
            >
              <p className="meta">
                {repo
                  ? "Whoever runs this server names its operators when it starts."
                  : "It may have been removed meanwhile."}
              </p>
            </Empty>
          )}
        </div>
      </div>
    </main>
  );
}

function Served({ repo }: { repo: RepoSummary }) {
  const status = useQuery(statusQuery(repo.id));
  if (status.error && !status.data) {
    return <ProblemBox error={status.error} what="Its state" onRetry={() => void status.refetch()} />;
  }
  return status.data ? <Known status={status.data} /> : <Skeleton />;
}

function Known({ status }: { status: RepoStatus }) {
  const { id, freshness } = status;
  const config = useConfig();
  const sync = useSync(id, status.displayName);
  const lastRunId = freshness.lastAttempt?.runId;
  const lastRun = useQuery({ ...runQuery(id, lastRunId ?? ""), enabled: lastRunId !== undefined }).data;
  const source = sourceOf(status);
  return (
    <>
      <State status={status} />
      <FailureNotice status={status} run={lastRun} sync={sync} barred={barredFrom(status, config)} />
      <SilentHook status={status} />
      <RepoFacts status={status} source={source} />
      <Connection status={status} source={source} />
      <Mending status={status} source={source} />
      <Failures status={status} />
    </>
  );
}

/** Where it comes from, without a URL, which could carry a secret. */
function sourceOf({ kind, owner, repo, remotes, path }: RepoStatus): string {
  if (kind === "working-copy") return path ?? "a folder of this machine";
  const host = remotes[0]?.host ?? "its remote";
  return owner && repo ? `${owner}/${repo} on ${host}` : host;
}

function State({ status: { freshness } }: { status: RepoStatus }) {
  const { ticker } = useServices();
  useTicking((now) => healthNow(freshness, now));
  const { tone, sign, word, instead } = describeHealth(freshness, ticker.now());
  const activity = activityWords(freshness.activity, freshness.health === "failing");
  return (
    <p className="ops-health">
      <span className={`state-word ${tone}`}>
        <Sign name={sign} />
        <strong>
          {word} {instead ?? (freshness.lastSuccessAt && <Age at={freshness.lastSuccessAt} focusable />)}
        </strong>
      </span>
      {activity && <span className="meta">{activity}</span>}
      {freshness.waitingFor && (
        <span className="meta">
          {hostWords(freshness.waitingFor)}{" "}
          {freshness.waitingFor.until && <Until at={freshness.waitingFor.until} />}
        </span>
      )}
    </p>
  );
}

function Failures({ status }: { status: RepoStatus }) {
  const { runs, error, retry } = useRuns(status.id, undefined);
  const failed = runs?.filter(({ outcome }) => outcome === "failed") ?? [];
  return (
    <section aria-labelledby="ops-failures">
      <h2 id="ops-failures">Last failures</h2>
      {error && !runs ? <ProblemBox error={error} what="Its runs" onRetry={retry} /> : null}
      {runs && failed.length === 0 && <p className="meta">None in {count(runs.length, "run")}.</p>}
      {failed.length > 0 && (
        <table className="ops-table">
          <caption className="vh">Last failures</caption>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col" className="num">
                When
              </th>
            </tr>
          </thead>
          <tbody>
            {failed.slice(0, FAILURES).map((run) => (
              <tr key={run.id}>
                <td>
                  <RunLink repo={status} runId={run.id}>
                    {run.error?.title ?? "It failed"}
                  </RunLink>
                  {run.error && (
                    <span className="meta">
                      <Coded text={run.error.detail} />
                    </span>
                  )}
                </td>
                <td className="num">
                  <Age at={run.finishedAt ?? run.requestedAt} short />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
