import type { RepoSummary } from "stackit/contract/repo";
import { Link } from "wouter";
import { forgeWords } from "../features/freshness/forge-note.tsx";
import {
  describeHealth,
  failureWords,
  heldWords,
  watchingWords,
} from "../features/freshness/freshness-words.ts";
import { ProgressBar } from "../features/freshness/progress-bar.tsx";
import { progressName, shortProgressWords } from "../features/freshness/progress-words.ts";
import { count } from "../lib/words.ts";
import { useServices, useTicking } from "../services.ts";
import { Empty } from "../ui/empty.tsx";
import { Sign } from "../ui/glyphs.tsx";
import { Age } from "../ui/time.tsx";
import { formatRoute, repositoryRoute } from "./location.ts";
import { refOf } from "./repo-ref.ts";

export function RepositoriesPage({ repos }: { repos: readonly RepoSummary[] }) {
  return (
    <main className="workspace">
      <div className="list-pane">
        <div className="list-content narrow">
          <h1 className="page-title">
            <b>Repositories</b>
            <span className="meta">{count(repos.length, "repository", "repositories")}</span>
          </h1>
          {repos.length === 0 ? (
            <Empty title="No repositories are served to you">
              <p className="meta">
                Whoever runs this server decides which repositories it serves, and to whom.
              </p>
            </Empty>
          ) : (
            <table className="repositories" aria-label="Repositories">
              <thead className="vh">
                <tr>
                  <th>Repository</th>
                  <th>Freshness</th>
                  <th>Changed</th>
                </tr>
              </thead>
              <tbody>
                {repos.map((repo) => (
                  <RepositoryRow key={repo.id} repo={repo} />
                ))}
              </tbody>
            </table>
          )}
        </div>
      </div>
    </main>
  );
}

function Trunk({ repo: { trunk, freshness } }: { repo: RepoSummary }) {
  if (trunk) return <bdi className="mono cut">{trunk}</bdi>;
  return <span className="cut">{freshness.lastSuccessAt ? "no trunk" : "not read yet"}</span>;
}

function RepositoryRow({ repo }: { repo: RepoSummary }) {
  const { ticker } = useServices();
  const { freshness } = repo;
  useTicking((now) => describeHealth(freshness, now).word);
  const health = describeHealth(freshness, ticker.now());
  const held = heldWords(freshness);
  const pulls = forgeWords(repo.forge);
  return (
    <tr data-failing={health.tone === "bad" || undefined}>
      <td>
        <Link className="row-link" href={formatRoute(repositoryRoute(refOf(repo)))}>
          <span className="row-title cut">
            {repo.owner && <span className="subtle">{repo.owner}/</span>}
            {repo.repo ?? repo.displayName}
          </span>
          <span className="row-name">
            <Trunk repo={repo} />
          </span>
        </Link>
      </td>
      <td>
        <span className={`state-line ${health.tone}`}>
          <Sign name={health.sign} />
          <strong>
            {health.word}{" "}
            {freshness.lastSuccessAt && health.instead === undefined && <Age at={freshness.lastSuccessAt} />}
          </strong>
        </span>
        <span className={`meta second ${held ? "warn-text" : ""}`}>
          {shortProgressWords(freshness) ??
            failureWords(freshness) ??
            held ??
            (freshness.activity === "cloning" ? "Cloning…" : watchingWords(freshness))}
        </span>
        {pulls && (
          <span className={`meta second ${repo.forge?.health === "off" ? "" : "warn-text"}`}>{pulls}</span>
        )}
        {freshness.progress && (
          <ProgressBar
            look="rule"
            name={`${progressName(freshness)} ${repo.displayName}`}
            progress={freshness.progress}
          />
        )}
      </td>
      <td className="num meta">
        {freshness.lastChangeAt && (
          <>
            changed <Age at={freshness.lastChangeAt} />
          </>
        )}
      </td>
    </tr>
  );
}
