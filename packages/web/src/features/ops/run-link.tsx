import type { ReactNode } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import { Link } from "wouter";
import { formatRoute, repositoryRoute } from "../../routes/location.ts";
import { refOf } from "../../routes/repo-ref.ts";

/** Leads to the run in the history of its repository. */
export function RunLink({
  repo,
  runId,
  children,
}: {
  repo: RepoSummary | undefined;
  runId: string | undefined;
  children: ReactNode;
}) {
  if (!repo || runId === undefined) return null;
  return (
    <Link className="link" href={formatRoute({ ...repositoryRoute(refOf(repo)), sync: runId })}>
      {children}
    </Link>
  );
}
