import { useQuery } from "@tanstack/react-query";
import { Suspense, useEffect } from "react";
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
import { RepositoryPage } from "./routes/repository-page.tsx";
import { useServices, useStore } from "./services.ts";
import { Empty } from "./ui/empty.tsx";
import { ErrorBoundary } from "./ui/error-boundary.tsx";
import { lazyPart } from "./ui/lazy-part.tsx";
import { ProblemBox } from "./ui/problem-box.tsx";
import { Skeleton } from "./ui/skeleton.tsx";

const RepositoriesPage = lazyPart(
  async () => (await import("./routes/repositories-page.tsx")).RepositoriesPage,
);
const SignInPage = lazyPart(async () => (await import("./features/account/sign-in-page.tsx")).SignInPage);
const ActivityPage = lazyPart(
  async () => (await import("./features/activity/activity-page.tsx")).ActivityPage,
);
const AddPage = lazyPart(async () => (await import("./features/add/add-page.tsx")).AddPage);
const WebhooksPage = lazyPart(async () => (await import("./features/ops/webhooks-page.tsx")).WebhooksPage);
const OpsRepoPage = lazyPart(async () => (await import("./features/ops/repo-page.tsx")).OpsRepoPage);
const OpsPage = lazyPart(async () => (await import("./features/ops/ops-page.tsx")).OpsPage);

export function App() {
  const { session } = useServices();
  const state = useStore(session.state);
  return (
    <ErrorBoundary part="The page" resetKey={state}>
      {state === "open" ? (
        <Served />
      ) : (
        <Suspense>
          <SignInPage state={state} />
        </Suspense>
      )}
    </ErrorBoundary>
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
  const leadsHome = isActivity || route.page === "add" || route.page === "webhooks";
  useTidyAddress(route, only);
  useOnward(route, repos.data !== undefined);

  return (
    <div className="app">
      <header className="app-head">
        <TopBar place={status.data?.path} linkHome={!(config?.singleRepo || only) || leadsHome} />
        <Strip freshness={(status.data ?? repo ?? only)?.freshness} />
      </header>
      <ErrorBoundary part="The page" resetKey={pathname}>
        {repos.data ? (
          <Page route={route} repo={repo} repos={repos.data} />
        ) : (
          <Plain title="Stackit" isList={route.page === "repositories"}>
            {repos.error ? (
              <ProblemBox
                error={repos.error}
                what="The list of repositories"
                onRetry={() => void repos.refetch()}
              />
            ) : (
              <Skeleton />
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
  if (route.page === "repositories") {
    const frame = <Plain title="Repositories" isList />;
    // It is on its way to the only one.
    if (repos.length === 1) return frame;
    return (
      <Suspense fallback={frame}>
        <RepositoriesPage repos={repos} route={route} />
      </Suspense>
    );
  }
  if (route.page === "sign-in") return <Plain title="Stackit" />;
  if (route.page === "add") {
    return (
      <Suspense fallback={<Plain title="Add a repository" />}>
        <AddPage repos={repos} route={route} />
      </Suspense>
    );
  }
  if (route.page === "webhooks") {
    return (
      <Suspense fallback={<Plain title="Webhook deliveries" />}>
        <WebhooksPage repos={repos} route={route} />
      </Suspense>
    );
  }
  if (route.page === "ops") {
    return (
      <Suspense fallback={<Plain title="Operator page" />}>
        <OpsPage repos={repos} route={route} />
      </Suspense>
    );
  }
  if (route.page === "ops-repo") {
    return (
      <Suspense fallback={<Plain title="Operator page" />}>
        <OpsRepoPage repos={repos} route={route} />
      </Suspense>
    );
  }
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

function Plain({
  title,
  isList = false,
  children,
}: {
  title: string;
  /** Whether it stands for the list of repositories, which is as narrow. */
  isList?: boolean;
  children?: React.ReactNode;
}) {
  return (
    <main className="workspace">
      <div className="list-pane">
        <div className={isList ? "list-content narrow" : "list-content"}>
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
  const drawnFor = currentAddress();
  useEffect(() => {
    // A part of the page may have led on since, in the same drawing.
    if (currentAddress() !== drawnFor || address === drawnFor) return;
    navigate(address, { replace: true, state: history.state });
  }, [address, drawnFor]);
}

function currentAddress(): string {
  return location.pathname + location.search + location.hash;
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
