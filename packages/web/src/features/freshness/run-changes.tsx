import { useQuery } from "@tanstack/react-query";
import type { RefChange, SyncRun } from "stackit/contract/sync-run";
import { Link } from "wouter";
import { runQuery } from "../../api/queries.ts";
import { formatDuration } from "../../lib/durations.ts";
import { count, shortSha } from "../../lib/words.ts";
import { formatRoute, type RepositoryRoute } from "../../routes/location.ts";
import { Sign } from "../../ui/glyphs.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { Age } from "../../ui/time.tsx";
import { refCount, triggerWords } from "./sync-flow.ts";

const kinds: Record<RefChange["kind"], string> = {
  created: "created",
  forward: "moved forward",
  rewritten: "rewritten",
  deleted: "deleted",
};

/** What one sync run changed, below the header. */
export function RunChanges({
  repoId,
  runId,
  route,
}: {
  repoId: string;
  runId: string;
  route: RepositoryRoute;
}) {
  const { data: run, error, refetch } = useQuery(runQuery(repoId, runId));
  return (
    <section className="run-changes" aria-label="What this sync changed">
      <Link
        href={formatRoute({ ...route, sync: undefined })}
        replace
        className="button quiet small"
        aria-label="Close what this sync changed"
      >
        <Sign name="close" />
      </Link>
      {run ? <Changes run={run} route={route} /> : null}
      {error && <ProblemBox error={error} what="The sync run" onRetry={() => void refetch()} />}
    </section>
  );
}

function Changes({ run, route }: { run: SyncRun; route: RepositoryRoute }) {
  const { queueMs, fetchMs, readMs, deriveMs } = run.phases;
  const phases = [
    ["waited", queueMs],
    ["fetched", fetchMs],
    ["read", readMs],
    ["derived", deriveMs],
  ] as const;
  return (
    <>
      <p className="meta parts">
        <span>
          {count(refCount(run), "ref")} changed <Age at={run.finishedAt ?? run.requestedAt} />
        </span>
        <span>asked for by {triggerWords(run.triggers)}</span>
        {phases
          .filter(([, ms]) => ms > 0)
          .map(([name, ms]) => (
            <span key={name}>
              {name} {formatDuration(ms)}
            </span>
          ))}
      </p>
      <ul>
        {run.refs.changes.map((change) => (
          <li key={change.ref}>
            <span
              className={`chip ${change.kind === "rewritten" ? "warn" : change.kind === "deleted" ? "bad" : "idle"}`}
            >
              {kinds[change.kind]}
            </span>
            <RefName refName={change.ref} route={route} gone={change.kind === "deleted"} />
            <code className="subtle">
              {[change.old, change.new]
                .map((sha) => (sha ? shortSha(sha) : ""))
                .filter(Boolean)
                .join(" → ")}
            </code>
          </li>
        ))}
      </ul>
      {run.refs.truncated && (
        <p className="meta">There were more; the first {run.refs.changes.length} are shown.</p>
      )}
    </>
  );
}

function RefName({ refName, route, gone }: { refName: string; route: RepositoryRoute; gone: boolean }) {
  const branch = refName.startsWith("refs/heads/") ? refName.slice("refs/heads/".length) : undefined;
  if (branch === undefined || gone) return <bdi className="mono cut">{branch ?? refName}</bdi>;
  return (
    <Link className="link mono cut" href={formatRoute({ ...route, branch })}>
      <bdi>{branch}</bdi>
    </Link>
  );
}
