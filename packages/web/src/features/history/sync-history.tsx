import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import type { SyncRun } from "stackit/contract/sync-run";
import { useBrowserLocation } from "wouter/use-browser-location";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import { dayName } from "../../lib/days.ts";
import { formatClock, formatDuration } from "../../lib/durations.ts";
import { count } from "../../lib/words.ts";
import { formatRoute, type RepositoryRoute, viewOfOther } from "../../routes/location.ts";
import { useServices } from "../../services.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { Segments } from "../../ui/segments.tsx";
import { useAtTop } from "../../ui/use-at-top.ts";
import { useHeldTop } from "../../ui/use-held-top.ts";
import { useMedia } from "../../ui/use-window.ts";
import { peopleWords, triggerWords } from "../freshness/sync-flow.ts";
import type { PushPair } from "../pushes/chosen-pushes.ts";
import { groupRuns, isIn, type RunFilter, type RunGroup, typicalMs } from "./group-runs.ts";
import "./history.css";
import { RunDetail } from "./run-detail.tsx";
import { describeRun } from "./run-words.ts";
import { useRuns } from "./use-runs.ts";

const filters: readonly { value: RunFilter; label: string }[] = [
  { value: "all", label: "All" },
  { value: "changed", label: "Changed" },
  { value: "failed", label: "Failed" },
];

/** Every sync of a repository that is kept, beside its page; on a phone in its place. */
export function SyncHistory({ repo, route }: { repo: RepoSummary; route: RepositoryRoute }) {
  const [, navigate] = useBrowserLocation();
  const isPhone = useMedia("(max-width: 639.9px)");
  const close = () =>
    navigate(formatRoute({ ...route, sync: undefined }), { replace: true, state: history.state });
  const runs = <Runs repo={repo} route={route} keepsOpen={!isPhone} />;
  return isPhone ? (
    <Dialog title="Sync history" className="history-dialog" onClose={close}>
      {runs}
    </Dialog>
  ) : (
    <Drawer onClose={close}>{runs}</Drawer>
  );
}

function Drawer({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  const drawer = useRef<HTMLElement>(null);
  useShortcut("close", () => {
    onClose();
    return true;
  });
  useEffect(() => {
    const before = document.activeElement;
    drawer.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <aside ref={drawer} className="history" aria-label="Sync history" tabIndex={-1}>
      <header>
        <h2>Sync history</h2>
        <Button
          look="quiet"
          size="small"
          aria-label="Close the sync history"
          title="Close (Esc)"
          onClick={onClose}
        >
          <Sign name="close" />
        </Button>
      </header>
      {children}
    </aside>
  );
}

function Runs({ repo, route, keepsOpen }: { repo: RepoSummary; route: RepositoryRoute; keepsOpen: boolean }) {
  const [, navigate] = useBrowserLocation();
  const scroller = useRef<HTMLDivElement>(null);
  const isAtTop = useAtTop(scroller);
  const [filter, setFilter] = useState<RunFilter>("all");
  const wanted = route.sync === "all" ? undefined : route.sync;
  const { runs, error, retry, older, isMissing } = useRuns(repo.id, wanted);
  const { top, release } = useHeldTop(runs?.[0]?.id, isAtTop);
  const shown = runs?.filter(({ id }) => top === undefined || id <= top) ?? [];
  const unseen = (runs?.length ?? 0) - shown.length;
  const found = shown.filter((run) => isIn(filter, run));
  const choose = (id: string) =>
    navigate(formatRoute({ ...route, sync: id === wanted ? "all" : id }), {
      replace: true,
      state: history.state,
    });
  const ofBranch = {
    ...route,
    activity: undefined,
    view: viewOfOther(route.view),
    sync: keepsOpen ? route.sync : undefined,
  };
  const common = {
    wanted,
    onChoose: choose,
    typical: typicalMs(shown),
    trunk: repo.trunk,
    branchHref: (branch: string) => formatRoute({ ...ofBranch, branch }),
    pushesHref: (branch: string, pair: PushPair) =>
      formatRoute({
        ...ofBranch,
        sync: undefined,
        branch,
        view: { ...ofBranch.view, tab: "pushes", compare: { ...pair, mode: "range" } },
      }),
  };

  return (
    <>
      <div className="history-bar">
        <Segments name="Which runs" value={filter} choices={filters} onChoose={setFilter} />
      </div>
      <div className="history-scroller" ref={scroller}>
        {unseen > 0 && (
          <div className="unseen">
            <Button
              size="small"
              look="ink"
              onClick={() => {
                release();
                scroller.current?.scrollTo(0, 0);
              }}
            >
              {count(unseen, "new run")}
            </Button>
          </div>
        )}
        {isMissing && (
          <p className="callout warn">
            <Sign name="late" />
            <span>This run is not kept any more. Runs are kept 30 days, 500 of each repository.</span>
          </p>
        )}
        {error && !runs ? <ProblemBox error={error} what="The sync history" onRetry={retry} /> : null}
        <Days runs={found} scroller={scroller} {...common} />
        {runs && found.length === 0 && <Nothing filter={filter} looked={shown.length} hasOlder={older.has} />}
        {runs && (
          <p className="history-end meta">
            {older.has ? (
              <Button
                size="small"
                unavailable={older.isLoading ? "Loading…" : undefined}
                onClick={older.load}
              >
                Show older
              </Button>
            ) : (
              "Runs are kept 30 days, 500 of each repository."
            )}
          </p>
        )}
      </div>
    </>
  );
}

function Nothing({ filter, looked, hasOlder }: { filter: RunFilter; looked: number; hasOlder: boolean }) {
  if (filter === "all") return <Empty title="Not synced yet" />;
  const word = filter === "changed" ? "changed anything" : "failed";
  return <Empty title={`None of the ${hasOlder ? "last " : ""}${count(looked, "run")} ${word}`} />;
}

interface Shared {
  /** The run that the address names. */
  wanted: string | undefined;
  onChoose: (runId: string) => void;
  typical: number | undefined;
  trunk: string;
  branchHref: (branch: string) => string;
  pushesHref: (branch: string, pair: PushPair) => string;
}

function Days({
  runs,
  scroller,
  ...shared
}: Shared & { runs: readonly SyncRun[]; scroller: RefObject<HTMLElement | null> }) {
  const { ticker } = useServices();
  const { wanted } = shared;
  const isThere = runs.some(({ id }) => id === wanted);
  // A link leads to its run; what is pressed here is in view already.
  useEffect(() => {
    if (!isThere || !wanted) return;
    const row = scroller.current?.querySelector(`[data-run="${CSS.escape(wanted)}"]`);
    row?.scrollIntoView({ block: "nearest" });
  }, [isThere, wanted, scroller]);
  return groupRuns(runs).map((day) => (
    <section key={day.key} aria-label={dayName(day.at, ticker.now())}>
      <h3 className="day-rule">{dayName(day.at, ticker.now())}</h3>
      <ul className="runs">
        {day.groups.map((group) =>
          group.kind === "run" ? (
            <Run key={group.id} run={group.runs[0]} {...shared} />
          ) : (
            <Several key={group.id} group={group} {...shared} />
          ),
        )}
      </ul>
    </section>
  ));
}

function Several({ group: { kind, runs }, ...shared }: Shared & { group: RunGroup }) {
  const [open, setOpen] = useState<boolean>();
  const isOpen = open ?? runs.some(({ id }) => id === shared.wanted);
  const [newest] = runs;
  const oldest = runs.at(-1) ?? newest;
  const { sign, tone } = describeRun(newest);
  const [from, to] = [oldest, newest].map(({ requestedAt }) => formatClock(Date.parse(requestedAt)));
  const words =
    kind === "unchanged"
      ? `${count(runs.length, "check")} without change`
      : `${newest.error?.title ?? "Failed"}, ${count(runs.length, "time")}`;
  return (
    <li>
      <button
        type="button"
        className={`run-row several ${tone}`}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Sign name={sign} />
        <span className="run-word">{words}</span>
        <span className="meta run-when">{from === to ? from : `${from}\u2013${to}`}</span>
        <Sign name={isOpen ? "down" : "right"} className="run-fold" />
      </button>
      {isOpen && (
        <ul className="runs inner">
          {runs.map((run) => (
            <Run key={run.id} run={run} {...shared} />
          ))}
        </ul>
      )}
    </li>
  );
}

function Run({ run, wanted, onChoose, typical, trunk, branchHref, pushesHref }: Shared & { run: SyncRun }) {
  const { sign, tone, word, effect } = describeRun(run);
  const isOpen = run.id === wanted;
  return (
    <li data-run={run.id}>
      <button
        type="button"
        className={`run-row ${tone}`}
        aria-expanded={isOpen}
        onClick={() => onChoose(run.id)}
      >
        <Sign name={sign} />
        <span className="run-word">
          {word} {effect && <span className="meta">{effect}</span>}
        </span>
        <span className="meta run-by cut">
          {[triggerWords(run.triggers), ...peopleWords(run)].join(" · ")}
        </span>
        <Took ms={run.durationMs} typical={typical} />
        <span className="meta run-when">{formatClock(Date.parse(run.requestedAt))}</span>
        <Sign name={isOpen ? "down" : "right"} className="run-fold" />
      </button>
      {isOpen && <RunDetail run={run} trunk={trunk} branchHref={branchHref} pushesHref={pushesHref} />}
    </li>
  );
}

/** How long it took, beside a bar that is half full for what is usual. */
function Took({ ms, typical }: { ms: number | undefined; typical: number | undefined }) {
  if (ms === undefined) return <span className="run-took" />;
  const share = typical ? Math.min(1, ms / (2 * typical)) : 0;
  const usual = typical === undefined ? undefined : `usually ${formatDuration(typical)}`;
  return (
    <span className="run-took meta" title={usual}>
      <i aria-hidden="true">
        <b style={{ width: `${Math.round(share * 100)}%` }} />
      </i>
      {formatDuration(ms)}
    </span>
  );
}
