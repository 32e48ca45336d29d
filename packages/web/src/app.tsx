import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import { Link } from "wouter";
import { navigate, useLocationProperty, usePathname, useSearch } from "wouter/use-browser-location";
import { reposQuery, statusQuery, useConfig } from "./api/queries.ts";
import { HistoryLayer } from "./features/history/history-layer.tsx";
import { PaletteLayer } from "./features/palette/palette-layer.tsx";
import { Strip } from "./features/shell/connection.tsx";
import { TopBar } from "./features/shell/top-bar.tsx";
import { formatRoute, parseLocation, type Route, repositoryRoute } from "./routes/location.ts";
import { findRepo, refOf } from "./routes/repo-ref.ts";
import { RepositoriesPage } from "./routes/repositories-page.tsx";
import { RepositoryPage } from "./routes/repository-page.tsx";
import { useServices, useStore } from "./services.ts";
import { Empty } from "./ui/empty.tsx";
import { ErrorBoundary } from "./ui/error-boundary.tsx";
import { ProblemBox } from "./ui/problem-box.tsx";

const SignInPage = lazy(async () => ({
  default: (await import("./features/account/sign-in-page.tsx")).SignInPage,
}));
const ActivityPage = lazy(() =>
  import("./features/activity/activity-page.tsx").then((module) => ({ default: module.ActivityPage })),
);

export function App() {
  const { session } = useServices();
  const state = useStore(session.state);
  if (state === "open") return <Served />;
  return (
    <Suspense>
      <SignInPage state={state} />
    </Suspense>
  );
}

/** What is served to whoever is here. Until the server says who may see it, only its frame. */
function Served() {
  const pathname = usePathname();
  const hash = useLocationProperty(() => location.hash);
  const route = parseLocation(pathname, useSearch(), hash);
  const repos = useQuery(reposQuery);
  const config = useConfig();
  const only = repos.data?.length === 1 ? repos.data[0] : undefined;
  const repo = route.page === "repository" && repos.data ? findRepo(repos.data, route.repo) : undefined;
  const status = useQuery({ ...statusQuery(repo?.id ?? ""), enabled: repo !== undefined });
  const isActivity =
    route.page === "activity" || (route.page === "repository" && route.activity !== undefined);
  useTidyAddress(route, only);
  useOnward(route, repos.data !== undefined);

  return (
    <div className="app">
      <header className="app-head">
        <TopBar
          place={status.data?.path}
          readOnly={config?.readOnly ?? false}
          linkHome={!(config?.singleRepo || only) || isActivity}
        />
        <Strip />
      </header>
      <ErrorBoundary part="The page" resetKey={pathname}>
        {repos.data ? (
          <Page route={route} repo={repo} repos={repos.data} />
        ) : (
          <Plain title="Stackit">
            {repos.error && (
              <ProblemBox
                error={repos.error}
                what="The list of repositories"
                onRetry={() => void repos.refetch()}
              />
            )}
          </Plain>
        )}
      </ErrorBoundary>
      {route.page === "repository" && repo && <HistoryLayer repo={repo} route={route} />}
      <PaletteLayer repos={repos.data ?? []} route={route} />
      <Announcements />
    </div>
  );
}

function Page({
  route,
  repo,
  repos,
}: {
  route: Route;
  repo: RepoSummary | undefined;
  repos: readonly RepoSummary[];
}) {
  if (route.page === "repositories") return <RepositoriesPage repos={repos} route={route} />;
  if (route.page === "sign-in") return <Plain title="Stackit" />;
  if (route.page === "activity" || (route.page === "repository" && repo && route.activity !== undefined)) {
    return (
      <Suspense fallback={<Plain title="Activity" />}>
        <ActivityPage key={repo?.id} repos={repos} repo={repo} route={route} />
      </Suspense>
    );
  }
  if (route.page === "repository" && repo) return <RepositoryPage key={repo.id} repo={repo} route={route} />;
  return (
    <Plain title="Not here">
      <Empty
        title={
          route.page === "repository"
            ? "There is no such repository, or you may not see it"
            : "There is no such page"
        }
      >
        <p>
          <Link className="link" href="/">
            {repos.length === 1 ? "Go to the repository" : "Go to the repositories"}
          </Link>
        </p>
      </Empty>
    </Plain>
  );
}

function Plain({ title, children }: { title: string; children?: React.ReactNode }) {
  return (
    <main className="workspace">
      <div className="list-pane">
        <div className="list-content">
          <h1 className="vh">{title}</h1>
          {children}
        </div>
      </div>
    </main>
  );
}

/** Where there is only one repository, the list of them is that repository; unknown values leave the address. */
function useTidyAddress(route: Route, only: RepoSummary | undefined): void {
  const target = route.page === "repositories" && only ? repositoryRoute(refOf(only)) : route;
  const address = formatRoute(target);
  useEffect(() => {
    const now = location.pathname + location.search + location.hash;
    if (address !== now) navigate(address, { replace: true, state: history.state });
  }, [address]);
}

/** Who is signed in and comes to the sign-in goes on to where it was to lead, which may be a page of the server's. */
function useOnward(route: Route, isLetIn: boolean): void {
  const target = isLetIn && route.page === "sign-in" ? route.returnTo : undefined;
  useEffect(() => {
    if (target !== undefined) location.replace(target);
  }, [target]);
}

function Announcements() {
  const { announcer } = useServices();
  const { text, number } = useStore(announcer.latest);
  return (
    <div className="vh" role="status" aria-live="polite">
      <span key={number}>{text}</span>
    </div>
  );
}
