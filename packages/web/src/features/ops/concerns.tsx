import type { RepoSummary } from "stackit/contract/repo";
import { Link } from "wouter";
import { useConfig } from "../../api/queries.ts";
import { listed } from "../../lib/words.ts";
import { formatRoute, type Route, repositoryRoute } from "../../routes/location.ts";
import { refOf } from "../../routes/repo-ref.ts";
import { Button } from "../../ui/button.tsx";
import { Coded } from "../../ui/coded.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { barredFrom } from "../freshness/barred.ts";
import { nameOf } from "../repositories/attention.ts";
import { useSyncAll } from "../repositories/use-sync-all.ts";
import { type Concern, concernWords } from "./attention.ts";

/** So many are named; the rest is counted. */
const NAMED = 20;

export function Concerns({ concerns }: { concerns: readonly Concern[] }) {
  return (
    <section aria-labelledby="ops-attention">
      <h2 id="ops-attention">Needs attention</h2>
      <ul className="concerns">
        {concerns.map((concern) => (
          <li key={concern.key} data-tone={concern.tone}>
            <One concern={concern} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function One({ concern }: { concern: Concern }) {
  const { tone, mend, way, repos } = concern;
  const config = useConfig();
  const sync = useSyncAll();
  const synced = way === "sync" ? repos : [];
  const those = synced.map(({ repo }) => repo).filter((repo) => !barredFrom(repo, config));
  const reasons = new Set(repos.flatMap(({ why }) => why ?? []));
  const [first, ...others] = reasons;
  return (
    <>
      <Sign name={tone === "bad" ? "failing" : "late"} />
      <div>
        <h3>{concernWords(concern)}</h3>
        {first !== undefined && others.length === 0 && (
          <p>
            <Coded text={first} />
          </p>
        )}
        {mend !== undefined && (
          <p className="meta">
            <Coded text={mend} />
          </p>
        )}
        {repos.length > 0 && (
          <ul className="concern-repos">
            {repos.slice(0, NAMED).map(({ repo, why }) => (
              <li key={repo.id}>
                <RepoLink repo={repo} {...(way === "look" && { to: operated(repo) })} />
                {others.length > 0 && why !== undefined && (
                  <span className="meta">
                    <Coded text={why} />
                  </span>
                )}
              </li>
            ))}
            {repos.length > NAMED && <li className="meta">and {repos.length - NAMED} more</li>}
          </ul>
        )}
      </div>
      {those.length > 0 && (
        <Button
          size="small"
          aria-label={`Try again: ${listed(those.slice(0, NAMED).map(nameOf))}`}
          unavailable={sync.progress && "They are being tried"}
          onClick={() => sync.start(those)}
        >
          {sync.progress ? `${sync.progress.done} of ${sync.progress.of}` : "Try again"}
        </Button>
      )}
    </>
  );
}

const shown = (repo: RepoSummary): Route => repositoryRoute(refOf(repo));
const operated = ({ id }: RepoSummary): Route => ({ page: "ops-repo", repo: id });

export function RepoLink({ repo, to = shown(repo) }: { repo: RepoSummary; to?: Route }) {
  return (
    <Link className="link cut" href={formatRoute(to)}>
      {nameOf(repo)}
    </Link>
  );
}
