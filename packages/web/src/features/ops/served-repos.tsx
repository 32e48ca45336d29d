import type { RepoSummary } from "stackit/contract/repo";
import { Link } from "wouter";
import { formatRoute } from "../../routes/location.ts";
import { useServices, useTicking } from "../../services.ts";
import { Sign } from "../../ui/glyphs.tsx";
import { Age } from "../../ui/time.tsx";
import { describeHealth, failureWords, intervalWords, watchingWords } from "../freshness/freshness-words.ts";
import { countRepos, findRepos, nameOf } from "../repositories/attention.ts";

/** Every repository, what needs somebody first. */
export function ServedRepos({ repos }: { repos: readonly RepoSummary[] }) {
  const { ticker } = useServices();
  useTicking((now) => countRepos(repos, now).late);
  const now = ticker.now();
  return (
    <section aria-labelledby="ops-repos">
      <h2 id="ops-repos">Repositories</h2>
      <table className="ops-table">
        <caption className="vh">Repositories</caption>
        <thead>
          <tr>
            <th scope="col">Repository</th>
            <th scope="col">State</th>
            <th scope="col" className="ops-wide">
              Asked
            </th>
            <th scope="col" className="num">
              Last good
            </th>
          </tr>
        </thead>
        <tbody>
          {findRepos(repos, { q: "", state: "all" }, now).map((repo) => (
            <Row key={repo.id} repo={repo} now={now} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ repo, now }: { repo: RepoSummary; now: number }) {
  const { freshness } = repo;
  const health = describeHealth(freshness, now);
  const asked = freshness.interval ? intervalWords(freshness.interval) : watchingWords(freshness);
  const [word] = health.word.split(";");
  return (
    <tr>
      <th scope="row">
        <Link className="link cut" href={formatRoute({ page: "ops-repo", repo: repo.id })}>
          {nameOf(repo)}
        </Link>
      </th>
      <td>
        <span className={`state-word ${health.tone}`}>
          <Sign name={health.sign} /> {word}
        </span>
        {failureWords(freshness) && <span className="meta">{failureWords(freshness)}</span>}
      </td>
      <td className="ops-wide">{asked ?? "in time"}</td>
      <td className="num">
        {freshness.lastSuccessAt ? <Age at={freshness.lastSuccessAt} short /> : "never"}
      </td>
    </tr>
  );
}
