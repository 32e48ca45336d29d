import { Suspense } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import { useBrowserLocation } from "wouter/use-browser-location";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import { formatRoute, type RepositoryRoute } from "../../routes/location.ts";
import { ErrorBoundary } from "../../ui/error-boundary.tsx";
import { lazyPart } from "../../ui/lazy-part.tsx";

const SyncHistory = lazyPart(async () => (await import("./sync-history.tsx")).SyncHistory);

/** The sync history over whatever is shown of a repository. */
export function HistoryLayer({ repo, route }: { repo: RepoSummary; route: RepositoryRoute }) {
  const [, navigate] = useBrowserLocation();
  useShortcut("history", () => {
    const sync = route.sync === undefined ? "all" : undefined;
    navigate(formatRoute({ ...route, sync }), { replace: true, state: history.state });
    return true;
  });
  if (route.sync === undefined) return null;
  return (
    <ErrorBoundary part="The sync history" resetKey={repo.id}>
      <Suspense fallback={null}>
        <SyncHistory key={repo.id} repo={repo} route={route} />
      </Suspense>
    </ErrorBoundary>
  );
}
