import type { RepoSummary } from "stackit/contract/repo";
import { Link } from "wouter";
import { useBrowserLocation } from "wouter/use-browser-location";
import { useConfig } from "../api/queries.ts";
import { barredFrom } from "../features/freshness/barred.ts";
import { countRepos, findRepos, isIn } from "../features/repositories/attention.ts";
import { RepoTable } from "../features/repositories/repo-table.tsx";
import { SyncAllLate } from "../features/repositories/sync-all-late.tsx";
import { useSteadyRepos } from "../features/repositories/use-steady-repos.ts";
import { count, formatNumber } from "../lib/words.ts";
import { useServices, useTicking } from "../services.ts";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { FilterBox } from "../ui/filter-box.tsx";
import { Segments } from "../ui/segments.tsx";
import { formatRoute, type RepoFilter, type RepositoriesRoute, repositoriesRoute } from "./location.ts";

const stateNames: Record<RepoFilter, string> = {
  all: "All",
  failing: "Failing",
  late: "Late",
  working: "Working",
};
const states: readonly RepoFilter[] = ["all", "failing", "late", "working"];

export function RepositoriesPage({
  repos,
  route,
}: {
  repos: readonly RepoSummary[];
  route: RepositoriesRoute;
}) {
  return (
    <main className="workspace">
      <div className="list-pane" data-scroller>
        <div className="list-content narrow">
          {repos.length === 0 ? <NoRepositories /> : <Repositories repos={repos} route={route} />}
        </div>
      </div>
    </main>
  );
}

function NoRepositories() {
  const config = useConfig();
  return (
    <>
      <h1 className="page-title">
        <b>Repositories</b>
      </h1>
      {config?.readOnly === false ? (
        <Empty title="No repositories yet">
          <p className="meta">
            {config.authRequired
              ? "Those appear here that you can read on GitHub and that somebody added. You can add one."
              : "Add one by its URL. The server keeps a copy of its own and shows the stacks in it."}
          </p>
          <p>
            <Link className="button ink" href="/add">
              Add a repository
            </Link>
          </p>
          {config.contact !== undefined && <p className="meta">{config.contact}</p>}
        </Empty>
      ) : (
        <Empty title="No repositories are served to you">
          <p className="meta">Whoever runs this server decides which repositories it serves, and to whom.</p>
          {config?.contact !== undefined && <p>{config.contact}</p>}
        </Empty>
      )}
    </>
  );
}

function Repositories({ repos, route }: { repos: readonly RepoSummary[]; route: RepositoriesRoute }) {
  const config = useConfig();
  const { ticker } = useServices();
  const [, navigate] = useBrowserLocation();
  // What is fresh becomes late by the clock alone.
  useTicking((now) => countRepos(repos, now).late);
  const now = ticker.now();
  const counts = countRepos(repos, now);
  const writable = repos.filter((repo) => barredFrom(repo, config) === undefined);
  const { found, outOfOrder, resort, readingProps } = useSteadyRepos(
    findRepos(repos, route, now),
    `${route.state} ${route.q}`,
  );
  const search = (change: Partial<RepositoriesRoute>) =>
    navigate(formatRoute({ ...route, ...change }), { replace: true, state: history.state });
  const shown = states.filter((state) => state === "all" || state === route.state || counts[state] > 0);

  return (
    <div {...readingProps}>
      <div className="repositories-head">
        <h1 className="page-title">
          <b>{count(repos.length, "repository", "repositories")}</b>
          <Summary counts={counts} />
        </h1>
        <div className="repositories-actions">
          {writable.length > 0 && (
            <SyncAllLate late={writable.filter(({ freshness }) => isIn("late", freshness, now))} />
          )}
          {config?.readOnly === false && (
            <Link className="button plain" href="/add">
              Add a repository
            </Link>
          )}
        </div>
      </div>
      <div className="list-toolbar">
        <FilterBox
          name="Filter repositories"
          placeholder="Filter by name or trunk"
          text={route.q}
          onChange={(q) => search({ q })}
        />
        {shown.length > 1 && (
          <Segments
            name="Freshness"
            value={route.state}
            choices={shown.map((state) => ({
              value: state,
              label: (
                <>
                  {stateNames[state]} <span className="count">{formatNumber(counts[state])}</span>
                </>
              ),
            }))}
            onChoose={(state) => search({ state })}
          />
        )}
        <span className="found meta" role="status">
          {(route.q || route.state !== "all") && count(found.length, "repository", "repositories")}
        </span>
        {outOfOrder && (
          <Button size="small" onClick={resort}>
            Re-sort
          </Button>
        )}
      </div>
      {found.length === 0 ? (
        <NothingFound route={route} onClear={() => search(repositoriesRoute)} />
      ) : (
        <RepoTable repos={found} config={config} />
      )}
    </div>
  );
}

/** What needs somebody, each a link to exactly those. */
function Summary({ counts }: { counts: Readonly<Record<RepoFilter, number>> }) {
  const told = states.filter((state) => state !== "all" && counts[state] > 0);
  return (
    <span className="meta parts">
      {told.length === 0 && <span>all as fresh as they should be</span>}
      {told.map((state) => (
        <Link key={state} className="link" href={formatRoute({ ...repositoriesRoute, state })}>
          {formatNumber(counts[state])} {state}
        </Link>
      ))}
    </span>
  );
}

function NothingFound({ route, onClear }: { route: RepositoriesRoute; onClear: () => void }) {
  return (
    <Empty title={route.q ? `No repository matches “${route.q}”` : `No repository is ${route.state}`}>
      {route.q && route.state !== "all" && (
        <p className="meta">Only those that are {route.state} are looked at.</p>
      )}
      <Button onClick={onClear}>Clear the filter</Button>
    </Empty>
  );
}
