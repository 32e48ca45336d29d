import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import { Link } from "wouter";
import { useBrowserLocation } from "wouter/use-browser-location";
import type { ActivityQuestion } from "../../api/paths.ts";
import { meQuery, useConfig, viewQuery } from "../../api/queries.ts";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import {
  type ActivityFilter,
  type ActivityRoute,
  formatRoute,
  type RepositoryRoute,
  repositoryRoute,
} from "../../routes/location.ts";
import { refOf } from "../../routes/repo-ref.ts";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { Segments } from "../../ui/segments.tsx";
import { useAtTop } from "../../ui/use-at-top.ts";
import "./activity.css";
import { FeedList } from "./feed-list.tsx";
import { type Feed, useFeed } from "./use-feed.ts";

const filterNames: Record<ActivityFilter, string> = {
  all: "Everything",
  mine: "My stacks",
  failures: "Failures",
};
const filters: readonly ActivityFilter[] = ["all", "mine", "failures"];

/** What happened, in one repository or in all. */
export function ActivityPage({
  repos,
  repo,
  route,
}: {
  repos: readonly RepoSummary[];
  repo: RepoSummary | undefined;
  route: ActivityRoute | RepositoryRoute;
}) {
  const [, navigate] = useBrowserLocation();
  const scroller = useRef<HTMLDivElement>(null);
  const isAtTop = useAtTop(scroller);
  const me = useMe(repo);
  const filter = (route.page === "activity" ? route.show : route.activity) ?? "all";
  const question = useMemo((): ActivityQuestion => {
    return {
      repoId: repo?.id,
      person: filter === "mine" ? me : undefined,
      failures: filter === "failures",
    };
  }, [repo?.id, filter, me]);
  const feed = useFeed(question, isAtTop);
  useTitle(repo);
  const choose = (show: ActivityFilter) => {
    scroller.current?.scrollTo(0, 0);
    const next = route.page === "activity" ? { ...route, show } : { ...route, activity: show };
    navigate(formatRoute(next), { replace: true, state: history.state });
  };

  return (
    <main className="workspace">
      <div className="list-pane" ref={scroller}>
        <div className="list-content narrow activity-page">
          <h1 className="page-title">
            {repo ? (
              <span className="cut">
                {repo.owner && <span className="repo-owner">{repo.owner}/</span>}
                <b>{repo.repo ?? repo.displayName}</b> activity
              </span>
            ) : (
              <b>Activity</b>
            )}
            {repo && (
              <span className="meta">
                <Link className="link" href={formatRoute(repositoryRoute(refOf(repo)))}>
                  Show the stacks
                </Link>
              </span>
            )}
          </h1>
          <div className="list-toolbar">
            <Segments
              name="What is shown"
              value={filter}
              choices={filters
                .filter((value) => value !== "mine" || me !== undefined || filter === "mine")
                .map((value) => ({ value, label: filterNames[value] }))}
              onChoose={choose}
            />
          </div>
          {feed.unseen > 0 && (
            <div className="unseen">
              <Button
                size="small"
                look="ink"
                onClick={() => {
                  feed.showUnseen();
                  scroller.current?.scrollTo(0, 0);
                }}
              >
                {feed.unseen} new
              </Button>
            </div>
          )}
          <Events feed={feed} filter={filter} repos={repos} repo={repo} onAll={() => choose("all")} />
        </div>
      </div>
    </main>
  );
}

function Events({
  feed,
  filter,
  repos,
  repo,
  onAll,
}: {
  feed: Feed;
  filter: ActivityFilter;
  repos: readonly RepoSummary[];
  repo: RepoSummary | undefined;
  onAll: () => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  useShortcut("nextRow", () => step(list.current, 1));
  useShortcut("previousRow", () => step(list.current, -1));
  const { events, error, older } = feed;
  if (!events) return error ? <ProblemBox error={error} what="The activity" onRetry={feed.retry} /> : null;
  if (events.length === 0) {
    return filter === "all" ? (
      <Empty title="Nothing has happened yet">
        <p className="meta">
          What is pushed, reviewed, merged or fails from now on is told here. The first reading of a
          repository tells nothing.
        </p>
      </Empty>
    ) : (
      <Empty title={filter === "mine" ? "Nothing happened to your stacks" : "Nothing has failed"}>
        <p className="meta">Activity is kept 90 days.</p>
        <Button onClick={onAll}>Show everything</Button>
      </Empty>
    );
  }
  return (
    <>
      <FeedList events={events} repos={repos} repo={repo} isLoading={older.isLoading} ref={list} />
      {older.has ? (
        <p className="feed-end">
          <Button size="small" unavailable={older.isLoading ? "Loading…" : undefined} onClick={older.load}>
            Show older
          </Button>
        </p>
      ) : (
        <p className="feed-end meta">Activity is kept 90 days.</p>
      )}
    </>
  );
}

/** Moves the focus among the articles, in the order in which they stand. */
function step(list: HTMLElement | null, by: 1 | -1): boolean {
  const articles = [...(list?.querySelectorAll<HTMLElement>("article") ?? [])];
  const at = articles.findIndex((article) => article.contains(document.activeElement));
  const next = articles[at < 0 ? 0 : Math.min(Math.max(at + by, 0), articles.length - 1)];
  next?.focus();
  return next !== undefined;
}

/** Who reads this, as the server or the clone knows; undefined where nobody can say. */
function useMe(repo: RepoSummary | undefined): string | undefined {
  const authRequired = useConfig()?.authRequired ?? false;
  const me = useQuery({ ...meQuery, enabled: authRequired }).data;
  const isOwn = !authRequired && repo?.kind === "working-copy";
  const view = useQuery({ ...viewQuery(repo?.id ?? ""), enabled: isOwn }).data;
  return me?.login ?? (isOwn ? view?.body.repo.currentUser : undefined);
}

function useTitle(repo: RepoSummary | undefined): void {
  const title = repo ? `Activity · ${repo.displayName} · Stackit` : "Activity · Stackit";
  useEffect(() => {
    document.title = title;
  }, [title]);
}
