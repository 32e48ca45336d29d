import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import type { OpsRoute } from "../../routes/location.ts";
import { Empty } from "../../ui/empty.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { Audit } from "./audit.tsx";
import { OpsParts } from "./ops-parts.tsx";
import { Overview } from "./overview.tsx";
import "./ops.css";
import { isRefusal, opsQuery } from "./queries.ts";

/** How the server is doing, and what its operators do about it. */
export function OpsPage({ repos, route }: { repos: readonly RepoSummary[]; route: OpsRoute }) {
  const ops = useQuery(opsQuery);
  useEffect(() => {
    document.title = "Operator page · Stackit";
  }, []);
  return (
    <main className="workspace">
      <div className="list-pane">
        <div className="list-content narrow ops-page">
          <h1 className="page-title">
            <b>Operator page</b>
          </h1>
          {isRefusal(ops.error) ? (
            <Empty title="You need operator access">
              <p className="meta">Whoever runs this server names its operators when it starts.</p>
            </Empty>
          ) : (
            <>
              <OpsParts route={route} />
              {route.part === "audit" && <Audit repos={repos} />}
              {route.part === "overview" && ops.data && <Overview repos={repos} ops={ops.data} />}
              {route.part === "overview" && ops.error && !ops.data && (
                <ProblemBox
                  error={ops.error}
                  what="How the server is doing"
                  onRetry={() => void ops.refetch()}
                />
              )}
            </>
          )}
        </div>
      </div>
    </main>
  );
}
