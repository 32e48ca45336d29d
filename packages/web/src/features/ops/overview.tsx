import type { Ops } from "stackit/contract/ops";
import type { RepoSummary } from "stackit/contract/repo";
import { Link } from "wouter";
import { formatSpan } from "../../lib/durations.ts";
import { formatBytes, formatNumber } from "../../lib/words.ts";
import { formatRoute, repositoriesRoute } from "../../routes/location.ts";
import { useServices, useTicking } from "../../services.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { countRepos } from "../repositories/attention.ts";
import { concernsOf, needsWords } from "./attention.ts";
import { Concerns } from "./concerns.tsx";
import { Queue } from "./queue.tsx";
import { ServedRepos } from "./served-repos.tsx";

export function Overview({ repos, ops }: { repos: readonly RepoSummary[]; ops: Ops }) {
  const { ticker } = useServices();
  // What is fresh becomes late by the clock alone.
  useTicking((now) => countRepos(repos, now).late);
  const concerns = concernsOf(repos, ops, ticker.now());
  return (
    <>
      <p className="ops-health">
        <Sign name={concerns.length === 0 ? "ok" : "late"} />
        <strong role="status">{needsWords(concerns)}</strong>
        <span className="meta">
          <a className="link" href="#queue">
            {formatNumber(ops.queue.running)} running, {formatNumber(ops.queue.waiting)} waiting
          </a>
          {" · "}
          <Link className="link" href={formatRoute(repositoriesRoute)}>
            {formatNumber(repos.length)} {repos.length === 1 ? "repository" : "repositories"}
          </Link>
        </span>
      </p>
      {concerns.length > 0 && <Concerns concerns={concerns} />}
      <Queue ops={ops} repos={repos} />
      <ServedRepos repos={repos} />
      <Server ops={ops} />
    </>
  );
}

function Server({ ops }: { ops: Ops }) {
  const { version, node, startedAt, streams, git, forge, disk, settings } = ops;
  const uptime = useTicking((now) => formatSpan(now - Date.parse(startedAt)));
  const facts: [string, string][] = [
    ["Version", version],
    ["Node", node],
    ["Up for", uptime],
    ["Connected streams", `${formatNumber(streams.open)} of ${formatNumber(streams.limit)}`],
    ["Git processes", formatNumber(git.running)],
    ["Asked of GitHub", `${formatNumber(forge.requests)} requests since the start`],
  ];
  if (forge.quotaRemaining !== undefined)
    facts.push(["GitHub’s quota", `${formatNumber(forge.quotaRemaining)} requests left this hour`]);
  if (disk) facts.push(["Disk", `${formatBytes(disk.freeBytes)} of ${formatBytes(disk.totalBytes)} free`]);
  const all = [...facts, ...settings.map(({ name, value }): [string, string] => [name, value])];
  return (
    <section aria-labelledby="ops-server">
      <header className="ops-head">
        <h2 id="ops-server">Server</h2>
        <CopyButton
          text={all.map(([name, value]) => `${name}: ${value}`).join("\n")}
          what="the diagnostics"
          label="Copy diagnostics"
        />
      </header>
      <dl className="ops-facts">
        {all.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
