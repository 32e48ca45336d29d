import { useQuery } from "@tanstack/react-query";
import { type Ref, useRef } from "react";
import type { Freshness, RepoStatus } from "stackit/contract/repo";
import type { SyncRun } from "stackit/contract/sync-run";
import { Link } from "wouter";
import { runQuery } from "../../api/queries.ts";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import { formatDuration } from "../../lib/durations.ts";
import { count } from "../../lib/words.ts";
import { formatRoute, type RepositoryRoute, repositoryRoute } from "../../routes/location.ts";
import { useServices, useTicking } from "../../services.ts";
import { Button } from "../../ui/button.tsx";
import { Coded } from "../../ui/coded.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { Key } from "../../ui/key.tsx";
import { Age, Until } from "../../ui/time.tsx";
import type { Barred } from "./barred.ts";
import { FailureNotice } from "./failure-notice.tsx";
import { activityWords, describeHealth, hostWords, intervalWords, watchingWords } from "./freshness-words.ts";
import { HeldChange } from "./held-change.tsx";
import { ProgressBar } from "./progress-bar.tsx";
import { progressName, shortProgressWords } from "./progress-words.ts";
import { describeFlow, peopleWords, refCount, triggerWords } from "./sync-flow.ts";
import { useLasting } from "./use-lasting.ts";
import { useObstacle } from "./use-obstacle.ts";
import { type Sync, useSync } from "./use-sync.ts";

export function FreshnessHeader({
  status,
  route,
  barred,
}: {
  status: RepoStatus;
  route: RepositoryRoute;
  barred: Barred | undefined;
}) {
  const { freshness } = status;
  const sync = useSync(status.id, status.displayName);
  const button = useRef<HTMLButtonElement>(null);
  const lastRunId = freshness.lastAttempt?.runId;
  const lastRun = useQuery({
    ...runQuery(status.id, lastRunId ?? ""),
    enabled: lastRunId !== undefined,
  }).data;

  return (
    <>
      <header className="freshness">
        <div className="freshness-lines">
          <h1 className="repo-title cut">
            {status.owner && <span className="repo-owner">{status.owner}/</span>}
            <b>{status.repo ?? status.displayName}</b>
          </h1>
          <StateLine freshness={freshness} run={lastRun} sync={sync} route={route} />
          <SecondLine status={status} route={route} />
        </div>
        {barred === undefined && <SyncButton sync={sync} kind={status.kind} ref={button} />}
        {barred === "reader" && (
          <p className="meta freshness-reader">You may look at this repository, not have it synced.</p>
        )}
        {freshness.progress && freshness.activity !== "cloning" && (
          <ProgressBar
            look="rule"
            name={`${progressName(freshness)} ${status.displayName}`}
            progress={freshness.progress}
          />
        )}
      </header>
      <FailureNotice status={status} run={lastRun} sync={sync} barred={barred} />
      <HeldChange
        status={status}
        run={lastRun}
        sync={sync}
        barred={barred}
        onLetThrough={() => button.current?.focus()}
      />
    </>
  );
}

function StateLine({
  freshness,
  run,
  sync,
  route,
}: {
  freshness: Freshness;
  run: SyncRun | undefined;
  sync: Sync;
  route: RepositoryRoute;
}) {
  const { ticker } = useServices();
  useTicking((now) => (sync.flow.step === "following" ? Math.floor(now / 1000) : 0));
  const health = describeHealth(freshness, ticker.now());
  useTicking((now) => describeHealth(freshness, now).word);
  const isAtWork = freshness.activity === "running";
  const words = describeFlow(sync.flow, run?.durationMs, ticker.now(), isAtWork);
  // What failed is told below, with all that belongs to it.
  const told = words?.run?.outcome === "failed" && freshness.health === "failing" ? undefined : words;
  const underWay = useLasting(activityWords(freshness.activity, freshness.health === "failing"), 300);
  // How far a first clone is stands large below.
  const isFirst = freshness.activity === "cloning";
  const activity = underWay && ((!isFirst && shortProgressWords(freshness)) || underWay);

  if (told) {
    return (
      <p className={`state-line ${told.tone}`}>
        <Sign name={toneSigns[told.tone]} />
        <strong>
          <Coded text={told.text} />
        </strong>
        {told.run && told.run.state === "finished" && (
          <ChangedRefs run={told.run} route={route} words="see which" />
        )}
        {told.offer === "retry" && (
          <Button size="small" onClick={sync.press}>
            Try again
          </Button>
        )}
        {told.offer === "look" && told.run && (
          <Link className="link" href={formatRoute({ ...route, sync: told.run.id })} replace>
            See how far it is
          </Link>
        )}
        {told.offer === "check" && (
          <Button size="small" onClick={sync.check}>
            Check again
          </Button>
        )}
      </p>
    );
  }
  return (
    <p className={`state-line ${health.tone}`}>
      <Sign name={health.sign} />
      <strong>
        {health.word}{" "}
        {freshness.lastSuccessAt && health.instead === undefined && (
          <Age at={freshness.lastSuccessAt} focusable />
        )}
      </strong>
      {activity && (
        <span className="activity">
          <Sign name="running" /> {activity}
        </span>
      )}
      {run?.state === "finished" && (
        <span className="meta parts">
          <span>{triggerWords(run.triggers)}</span>
          {peopleWords(run).map((words) => (
            <span key={words}>{words}</span>
          ))}
          {run.durationMs !== undefined && <span>{formatDuration(run.durationMs)}</span>}
          <ChangedRefs run={run} route={route} words={`${count(refCount(run), "ref")} changed`} />
        </span>
      )}
    </p>
  );
}

const toneSigns = { run: "running", ok: "ok", warn: "late", bad: "failing" } as const;

function ChangedRefs({ run, route, words }: { run: SyncRun; route: RepositoryRoute; words: string }) {
  const refs = refCount(run);
  // Of a run that failed, the cause is told instead.
  if (refs === 0 && (words === "see which" || run.outcome === "failed")) return null;
  if (refs === 0) return <span>{withoutRefs(run)}</span>;
  const open = route.sync === run.id;
  return (
    <Link
      className="link"
      href={formatRoute({ ...route, sync: open ? undefined : run.id })}
      replace
      aria-expanded={open}
      aria-label={words === "see which" ? `${count(refs, "ref")} changed, see which` : words}
    >
      {words}
    </Link>
  );
}

/** The first reading of a process has nothing to be compared with; a switch of branches changes no ref. */
function withoutRefs({ outcome, triggers }: SyncRun): string {
  if (outcome === "unchanged") return "no change";
  if (outcome === "held") return "held back";
  return triggers.includes("startup") ? "first reading" : "no ref changed";
}

function SecondLine({ status, route }: { status: RepoStatus; route: RepositoryRoute }) {
  const { freshness, remotes, kind } = status;
  const { waitingFor } = freshness;
  const watching = watchingWords(freshness);
  const hosts = [...new Set(remotes.map((remote) => remote.host ?? remote.name))];
  return (
    <p className="meta parts">
      {freshness.lastChangeAt && (
        <span>
          Changed <Age at={freshness.lastChangeAt} focusable />
        </span>
      )}
      {watching && <span className="watching">{watching}</span>}
      {waitingFor && (
        <span>
          {hostWords(waitingFor)} {waitingFor.until && <Until at={waitingFor.until} focusable />}
        </span>
      )}
      {!freshness.watching && !waitingFor && freshness.nextDueAt && freshness.health !== "failing" && (
        <span>
          next check <Until at={freshness.nextDueAt} focusable />
          {freshness.interval && `, ${intervalWords(freshness.interval)}`}
        </span>
      )}
      {status.trunk && (
        <span>
          trunk <bdi className="mono">{status.trunk}</bdi>
        </span>
      )}
      {hosts.length > 0 && (
        <span>
          {kind === "working-copy" ? `remote ${hosts.join(", ")}, not contacted` : hosts.join(", ")}
        </span>
      )}
      <span>
        <Link className="link" href={formatRoute({ ...repositoryRoute(route.repo), activity: "all" })}>
          activity
        </Link>
      </span>
      <span>
        <Link className="link" href={formatRoute({ ...route, sync: "all" })} title="Sync history (h)" replace>
          sync history
        </Link>
      </span>
    </p>
  );
}

function SyncButton({
  sync,
  kind,
  ref,
}: {
  sync: Sync;
  kind: RepoStatus["kind"];
  ref: Ref<HTMLButtonElement>;
}) {
  const obstacle = useObstacle(sync);
  useShortcut("sync", () => {
    if (obstacle === undefined) sync.press();
    return true;
  });

  const meaning =
    kind === "working-copy"
      ? "Re-reads the refs of this clone. It contacts nobody and changes nothing in it."
      : "Contacts the remote and makes this copy equal to it.";
  return (
    <div className="freshness-actions">
      <Button
        ref={ref}
        look="ink"
        className="sync-button"
        title={`${meaning} (s)`}
        unavailable={obstacle}
        onClick={sync.press}
      >
        Sync now <Key id="sync" />
      </Button>
    </div>
  );
}
