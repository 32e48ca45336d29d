import { useInfiniteQuery } from "@tanstack/react-query";
import type { AuditEntry } from "stackit/contract/audit";
import type { RepoSummary } from "stackit/contract/repo";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { Age } from "../../ui/time.tsx";
import { RepoLink } from "./concerns.tsx";
import { auditQuery } from "./queries.ts";

/** Who did what, newest first. */
export function Audit({ repos }: { repos: readonly RepoSummary[] }) {
  const audit = useInfiniteQuery(auditQuery);
  if (audit.error && !audit.data)
    return <ProblemBox error={audit.error} what="The audit" onRetry={() => void audit.refetch()} />;
  const entries = audit.data?.pages.flatMap((page) => page.entries) ?? [];
  if (audit.data && entries.length === 0) {
    return (
      <Empty title="Nothing was written down yet">
        <p className="meta">Sign-ins, syncs by hand, tokens and added repositories will stand here.</p>
      </Empty>
    );
  }
  return (
    <section aria-label="Audit">
      <table className="ops-table">
        <caption className="vh">Audit</caption>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">Of</th>
            <th scope="col" className="ops-wide">
              From
            </th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <Row key={entry.id} entry={entry} repo={repos.find(({ id }) => id === entry.target)} />
          ))}
        </tbody>
      </table>
      {audit.hasNextPage && (
        <Button
          size="small"
          unavailable={audit.isFetchingNextPage ? "More is being read" : undefined}
          onClick={() => void audit.fetchNextPage()}
        >
          Show older
        </Button>
      )}
    </section>
  );
}

function Row({ entry, repo }: { entry: AuditEntry; repo: RepoSummary | undefined }) {
  const { action, outcome, actor, target, detail, address, at } = entry;
  return (
    <tr>
      <td>
        <Age at={at} />
      </td>
      <th scope="row">{actor?.name ?? "somebody"}</th>
      <td>
        {action.replaceAll("-", " ")}
        {outcome === "refused" && !action.endsWith("refused") && " refused"}
      </td>
      <td>
        {repo ? <RepoLink repo={repo} /> : target}
        {detail !== undefined && <span className="meta">{detail}</span>}
      </td>
      <td className="ops-wide mono">{address === "" ? "this machine" : address}</td>
    </tr>
  );
}
