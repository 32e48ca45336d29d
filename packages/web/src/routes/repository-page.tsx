import { useQuery } from "@tanstack/react-query";
import { Suspense, useEffect, useRef, useState } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import type { StackDetail, View } from "stackit/contract/view";
import { useBrowserLocation } from "wouter/use-browser-location";
import { ApiError } from "../api/client.ts";
import { statusQuery, useConfig, viewQuery } from "../api/queries.ts";
import { changedBranches } from "../api/share-view.ts";
import { PanelFrame } from "../features/branch/panel-frame.tsx";
import { barredFrom } from "../features/freshness/barred.ts";
import { ForgeNote } from "../features/freshness/forge-note.tsx";
import { FreshnessHeader } from "../features/freshness/freshness-header.tsx";
import { ProgressBar } from "../features/freshness/progress-bar.tsx";
import { progressWords } from "../features/freshness/progress-words.ts";
import { RepoNotes } from "../features/freshness/repo-notes.tsx";
import { LinkNote } from "../features/stacks/link-note.tsx";
import { StacksView } from "../features/stacks/stacks-view.tsx";
import type { StackListHandle } from "../features/stacks/use-row-focus.ts";
import { maySubmit } from "../features/submit/may-submit.ts";
import { useServices } from "../services.ts";
import { Empty } from "../ui/empty.tsx";
import { ErrorBoundary } from "../ui/error-boundary.tsx";
import { lazyPart } from "../ui/lazy-part.tsx";
import { ProblemBox } from "../ui/problem-box.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { formatRoute, type RepositoryRoute, viewOfOther } from "./location.ts";
import { useLinked } from "./use-linked.ts";

const BranchPanel = lazyPart(async () => (await import("../features/branch/branch-panel.tsx")).BranchPanel);
const StackPanel = lazyPart(async () => (await import("../features/stack/stack-panel.tsx")).StackPanel);

export function RepositoryPage({ repo, route }: { repo: RepoSummary; route: RepositoryRoute }) {
  const status = useQuery(statusQuery(repo.id));
  const view = useQuery(viewQuery(repo.id));
  const config = useConfig();
  const list = useRef<StackListHandle>(null);
  const linked = useLinked(repo.id, route, view.data?.body);
  const stack = useLastStack(linked.stack, route.stack);
  const close = useClosing(route, stack, list);
  useNoticedChanges(view.data?.body);
  useTitle(repo, route.branch ?? stack?.title);

  return (
    <main className="workspace" data-panel={route.branch !== undefined || stack !== undefined || undefined}>
      <div className="list-pane" data-scroller>
        <div className="list-content">
          {status.data ? (
            <FreshnessHeader status={status.data} route={route} barred={barredFrom(status.data, config)} />
          ) : (
            <h1 className="vh">{repo.displayName}</h1>
          )}
          {status.error && !status.data && (
            <ProblemBox error={status.error} what="The state" onRetry={() => void status.refetch()} />
          )}
          {status.data && <RepoNotes notes={status.data.notes} />}
          {status.data && <ForgeNote forge={status.data.forge} />}
          {view.data && !stack && (
            <LinkNote repoId={repo.id} linked={linked} route={route} trunk={view.data.body.repo.trunk} />
          )}
          <ErrorBoundary part="The list of stacks" resetKey={String(view.dataUpdatedAt)}>
            {view.data ? (
              <StacksView view={view.data.body} marked={linked.stack} route={route} list={list} />
            ) : (
              <NoView
                error={view.error ?? view.failureReason}
                repo={status.data ?? repo}
                onRetry={() => void view.refetch()}
              />
            )}
          </ErrorBoundary>
        </div>
      </div>
      {route.branch !== undefined && view.data && (
        <PanelFrame>
          <ErrorBoundary part="The branch" resetKey={route.branch}>
            <Suspense fallback={<p className="loading meta">Loading the branch…</p>}>
              <BranchPanel
                key={route.branch}
                repoId={repo.id}
                name={route.branch}
                view={view.data.body}
                route={route}
                onClose={close}
              />
            </Suspense>
          </ErrorBoundary>
        </PanelFrame>
      )}
      {stack && view.data && (
        <PanelFrame>
          <ErrorBoundary part="The stack" resetKey={stack.id}>
            <Suspense fallback={<p className="loading meta">Loading the stack…</p>}>
              <StackPanel
                key={stack.id}
                repoId={repo.id}
                stack={stack}
                isGone={linked.stackGone}
                trunk={view.data.body.repo.trunk}
                forge={status.data?.forge}
                maySubmit={maySubmit(status.data ?? repo, config)}
                hrefOf={(branch, tab) =>
                  formatRoute({
                    ...route,
                    branch,
                    view: { ...viewOfOther(route.view), ...(tab && { tab }) },
                  })
                }
                onClose={close}
              />
            </Suspense>
          </ErrorBoundary>
        </PanelFrame>
      )}
    </main>
  );
}

/** The stack that the address names; as it was last, when it went away while it was looked at. */
function useLastStack(here: StackDetail | undefined, named: string | undefined): StackDetail | undefined {
  const [last, setLast] = useState(here);
  if (here && here !== last) setLast(here);
  if (named === undefined) return undefined;
  return here ?? (last?.id === named ? last : undefined);
}

function NoView({
  error,
  repo,
  onRetry,
}: {
  error: unknown;
  repo: Pick<RepoSummary, "displayName" | "freshness">;
  onRetry: () => void;
}) {
  if (error instanceof ApiError && error.code === "repo/not-ready") {
    if (repo.freshness.activity === "cloning") return <Cloning repo={repo} />;
    if (repo.freshness.health === "failing") {
      return (
        <Empty title="Not read yet">
          <p className="meta">The lines above say what failed, what to do, and when it is tried again.</p>
        </Empty>
      );
    }
    return (
      <Empty title="Reading the repository for the first time">
        <p className="meta">The stacks appear here as soon as they are known. You can leave this page.</p>
      </Empty>
    );
  }
  if (error) return <ProblemBox error={error} what="The list of stacks" onRetry={onRetry} />;
  return <Skeleton />;
}

function Cloning({
  repo: { displayName, freshness },
}: {
  repo: Pick<RepoSummary, "displayName" | "freshness">;
}) {
  const { progress } = freshness;
  const { step, amount } = progress ? progressWords(progress) : { step: "Asking the remote…", amount: "" };
  return (
    <Empty title="Cloning for the first time">
      <div className="clone-progress">
        <ProgressBar look="line" name={`Cloning ${displayName}`} progress={progress} />
        <p className="meta">
          <span>{step}</span>
          <span>{amount}</span>
        </p>
      </div>
      <p className="meta">The stacks appear here as soon as they are known. You can leave this page.</p>
    </Empty>
  );
}

/** Closes the panel: one step back when it was opened from here, and the focus returns to what opened it. */
function useClosing(
  route: RepositoryRoute,
  stack: StackDetail | undefined,
  list: React.RefObject<StackListHandle | null>,
) {
  const [, navigate] = useBrowserLocation();
  const shown = useRef<{ branch: string | undefined; stack: string | undefined }>(undefined);
  const { branch } = route;
  const root = stack?.rootBranch;
  useEffect(() => {
    const before = shown.current;
    shown.current = branch === undefined && root === undefined ? undefined : { branch, stack: root };
    if (shown.current || !before) return;
    if (before.branch !== undefined) list.current?.focusBranch(before.branch);
    else if (before.stack !== undefined) list.current?.focusStack(before.stack);
  }, [branch, root, list]);

  return () => {
    if (wasOpenedHere(history.state)) history.back();
    else navigate(formatRoute({ ...route, branch: undefined, stack: undefined }), { replace: true });
  };
}

function wasOpenedHere(state: unknown): boolean {
  return typeof state === "object" && state !== null && "opened" in state;
}

/** Marks what differs from what was on the screen before. */
function useNoticedChanges(view: View | undefined): void {
  const { changes } = useServices();
  const before = useRef(view);
  useEffect(() => {
    if (view && before.current && before.current !== view)
      changes.note(changedBranches(before.current, view));
    before.current = view;
  }, [view, changes]);
}

function useTitle(repo: RepoSummary, part: string | undefined): void {
  const title = part === undefined ? repo.displayName : `${part} · ${repo.displayName}`;
  useEffect(() => {
    document.title = `${title} · Stackit`;
  }, [title]);
}
