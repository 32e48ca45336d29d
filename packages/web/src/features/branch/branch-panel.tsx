import { useQuery } from "@tanstack/react-query";
import { Suspense, useEffect, useRef, useState } from "react";
import type { StackDetail, View } from "stackit/contract/view";
import { useBrowserLocation } from "wouter/use-browser-location";
import { branchQuery } from "../../api/queries.ts";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import { shortSha } from "../../lib/words.ts";
import { type BranchSearch, formatRoute, type RepositoryRoute, viewOfOther } from "../../routes/location.ts";
import { useServices } from "../../services.ts";
import { Button } from "../../ui/button.tsx";
import { ErrorBoundary } from "../../ui/error-boundary.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { lazyPart } from "../../ui/lazy-part.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { Age } from "../../ui/time.tsx";
import { useMedia } from "../../ui/use-window.ts";
import { BranchHead } from "./branch-head.tsx";
import { CheckList } from "./check-list.tsx";
import { CommitList } from "./commit-list.tsx";
import { absenceOf, findBranch } from "./find-branch.ts";
import { Nearest, NotInAStack } from "./not-in-a-stack.tsx";

const PushesTab = lazyPart(async () => (await import("../pushes/pushes-tab.tsx")).PushesTab);
const DiffTab = lazyPart(async () => (await import("../diff/diff-tab.tsx")).DiffTab);

export function BranchPanel({
  repoId,
  name,
  view,
  route,
  onClose,
}: {
  repoId: string;
  name: string;
  view: View;
  route: RepositoryRoute;
  onClose: () => void;
}) {
  const [, navigate] = useBrowserLocation();
  const found = findBranch(view, name);
  const [place, setPlace] = useState(found);
  if (found && found !== place && found.branch !== place?.branch) setPlace(found);
  const shown = found ?? place;
  const covers = useMedia("(max-width: 899.9px)");
  const panel = useRef<HTMLElement>(null);

  const change = (next: Partial<BranchSearch>) =>
    navigate(formatRoute({ ...route, view: { ...route.view, ...next } }), {
      replace: true,
      state: history.state,
    });
  const goTo = (branch: string | undefined) => {
    if (branch === undefined) return false;
    navigate(formatRoute({ ...route, branch, view: viewOfOther(route.view) }), {
      replace: true,
      state: history.state,
    });
    return true;
  };

  useShortcut("close", () => {
    onClose();
    return true;
  });
  useShortcut("towardsTrunk", () => goTo(shown?.below?.name));
  useShortcut("towardsLeaf", () => goTo(shown?.above?.name));
  useShortcut("showDiff", () => {
    change({ tab: "diff" });
    return true;
  });
  useShortcut("comparePushes", () => {
    change({ tab: "pushes" });
    return true;
  });

  // On a small screen the panel lies over the list, and the row with the focus is no longer to be seen.
  useEffect(() => {
    if (covers) panel.current?.focus();
  }, [covers]);

  return (
    <section ref={panel} className="panel" aria-label={`Branch ${name}`} tabIndex={-1}>
      <div className="panel-bar">
        <Button
          look="quiet"
          size="small"
          aria-label={covers ? undefined : "Close the branch"}
          title="Close (Esc)"
          onClick={onClose}
        >
          <Sign name={covers ? "left" : "close"} />
          {covers && "Back to the list"}
        </Button>
        <span className="spring" />
        {shown && <Steps below={shown.below?.name} above={shown.above?.name} onGo={goTo} />}
      </div>
      {!found && shown && (
        <Gone
          branch={name}
          view={view}
          revision={shown.branch.revision}
          stack={view.stacks.find(({ id }) => id === shown.stack.id)}
          route={route}
        />
      )}
      {shown ? (
        <>
          <BranchHead
            place={shown}
            trunk={view.repo.trunk}
            hrefOf={(branch) => formatRoute({ ...route, branch, view: viewOfOther(route.view) })}
          />
          <Tabs
            name="Branch"
            value={route.view.tab}
            tabs={[
              { value: "diff", label: "Diff" },
              { value: "commits", label: "Commits", count: shown.branch.commitCount },
              { value: "pushes", label: "Pushes" },
              ...(shown.branch.ci ? [{ value: "checks" as const, label: "Checks" }] : []),
            ]}
            onChoose={(tab) => change({ tab })}
          >
            {route.view.tab === "diff" ? (
              <ErrorBoundary part="The diff" resetKey={shown.branch.revision}>
                <Suspense fallback={<p className="loading meta">Loading the diff…</p>}>
                  <DiffTab
                    repoId={repoId}
                    branch={shown.branch}
                    trunk={view.repo.trunk}
                    search={route.view}
                    onSearch={change}
                  />
                </Suspense>
              </ErrorBoundary>
            ) : route.view.tab === "pushes" ? (
              <ErrorBoundary part="The pushes" resetKey={shown.branch.revision}>
                <Suspense fallback={<p className="loading meta">Loading the pushes…</p>}>
                  <PushesTab key={name} repoId={repoId} branch={name} search={route.view} onSearch={change} />
                </Suspense>
              </ErrorBoundary>
            ) : route.view.tab === "checks" ? (
              <ErrorBoundary part="The checks" resetKey={shown.branch.revision}>
                <Checks repoId={repoId} name={name} />
              </ErrorBoundary>
            ) : (
              <ErrorBoundary part="The commits" resetKey={shown.branch.revision}>
                <Commits repoId={repoId} name={name} />
              </ErrorBoundary>
            )}
          </Tabs>
        </>
      ) : (
        <NotInAStack repoId={repoId} name={name} view={view} route={route} />
      )}
    </section>
  );
}

function Steps({
  below,
  above,
  onGo,
}: {
  below: string | undefined;
  above: string | undefined;
  onGo: (branch: string | undefined) => boolean;
}) {
  return (
    <>
      <Button
        look="quiet"
        size="small"
        title="To the parent ([)"
        aria-label="To the parent"
        unavailable={below === undefined ? "The parent is the trunk" : undefined}
        onClick={() => onGo(below)}
      >
        <Sign name="down" />
      </Button>
      <Button
        look="quiet"
        size="small"
        title="To the child (])"
        aria-label="To the child"
        unavailable={above === undefined ? "This is the leaf of the stack" : undefined}
        onClick={() => onGo(above)}
      >
        <Sign name="down" className="up" />
      </Button>
    </>
  );
}

function Commits({ repoId, name }: { repoId: string; name: string }) {
  const { data, error, refetch } = useQuery(branchQuery(repoId, name));
  return <CommitList branch={data} error={error} onRetry={() => void refetch()} />;
}

function Checks({ repoId, name }: { repoId: string; name: string }) {
  const { data, error, refetch } = useQuery(branchQuery(repoId, name));
  return <CheckList branch={data} error={error} onRetry={() => void refetch()} />;
}

function Gone({
  branch,
  view,
  revision,
  stack,
  route,
}: {
  branch: string;
  view: View;
  revision: string;
  /** The one it was in, as long as that is there. */
  stack: StackDetail | undefined;
  route: RepositoryRoute;
}) {
  const { announcer, ticker } = useServices();
  const [noticedAt] = useState(() => new Date(ticker.now()).toISOString());
  const { title, words, isUnknown = false } = absenceOf(view, branch);
  useEffect(() => announcer.say(`The branch ${branch} is gone`), [announcer, branch]);
  return (
    <div className="callout warn">
      <Sign name="late" />
      <p>
        {isUnknown ? (
          <>
            <strong>
              This branch was deleted <Age at={noticedAt} />
            </strong>
            , or has another name since.
          </>
        ) : (
          <>
            <strong>{title}.</strong> <bdi className="mono">{branch}</bdi> {words}
          </>
        )}{" "}
        What you see is its last known state, at <code>{shortSha(revision)}</code>.{" "}
        <Nearest stack={stack} route={route} />
      </p>
    </div>
  );
}
