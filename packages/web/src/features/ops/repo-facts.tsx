import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { HookHealth, RepoStatus } from "stackit/contract/repo";
import { Link } from "wouter";
import { runQuery, useConfig } from "../../api/queries.ts";
import { count } from "../../lib/words.ts";
import { formatRoute, repositoryRoute } from "../../routes/location.ts";
import { refOf } from "../../routes/repo-ref.ts";
import { Age, Until } from "../../ui/time.tsx";
import { forgeWords } from "../freshness/forge-note.tsx";
import { intervalWords, watchingWords } from "../freshness/freshness-words.ts";
import { describeRun } from "../history/run-words.ts";
import { RunLink } from "./run-link.tsx";

/** Where a repository comes from, and how it is kept fresh. */
export function RepoFacts({ status, source }: { status: RepoStatus; source: string }) {
  const { id, kind, trunk, counts, freshness, forge, webhook, hook } = status;
  const { interval, nextDueAt, lastChangeAt } = freshness;
  const takesWebhooks = useConfig()?.webhooks ?? false;
  return (
    <section aria-label="Facts">
      <dl className="ops-facts">
        <Fact name="Source">{source}</Fact>
        <Fact name="Kind">{kind === "mirror" ? "Mirror" : "Working copy"}</Fact>
        <Fact name="Id">
          <span className="mono">{id}</span>
        </Fact>
        <Fact name="Trunk">{trunk === "" ? "none" : <span className="mono">{trunk}</span>}</Fact>
        <Fact name="Holds">
          <Link className="link" href={formatRoute(repositoryRoute(refOf(status)))}>
            {count(counts.branches, "branch", "branches")}, {count(counts.stacks, "stack")}
          </Link>
        </Fact>
        <Fact name="Last run">
          <LastRun status={status} />
        </Fact>
        <Fact name="Last change">{lastChangeAt ? <Age at={lastChangeAt} focusable /> : "none seen"}</Fact>
        <Fact name="Updates">
          {interval ? intervalWords(interval) : (watchingWords(freshness) ?? "in time")}
        </Fact>
        {nextDueAt && (
          <Fact name="Next look">
            <Until at={nextDueAt} focusable />
          </Fact>
        )}
        {forge && <Fact name="Pull requests">{forgeWords(forge) ?? "current"}</Fact>}
        {hook && (
          <Fact name="Webhook">
            <Hook hook={hook} />
          </Fact>
        )}
        {kind === "mirror" && takesWebhooks && (
          <Fact name="Last delivery">
            {webhook ? (
              <>
                {webhook.event}, <Age at={webhook.at} focusable />
              </>
            ) : (
              "none since the start"
            )}
          </Fact>
        )}
      </dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Hook({ hook: { health, lastPushAt, silentSince } }: { hook: HookHealth }) {
  if (health === "silent" && silentSince) {
    return (
      <>
        silent for <Age at={silentSince} short focusable />
      </>
    );
  }
  if (health === "none" || !lastPushAt) return "none heard of";
  return (
    <>
      announced a push <Age at={lastPushAt} focusable />
    </>
  );
}

function LastRun({ status }: { status: RepoStatus }) {
  const { lastAttempt } = status.freshness;
  const { runId = "", at = "" } = lastAttempt ?? {};
  const run = useQuery({ ...runQuery(status.id, runId), enabled: lastAttempt !== undefined }).data;
  if (!lastAttempt) return "none";
  return (
    <RunLink repo={status} runId={runId}>
      {run ? describeRun(run).word : "Run"}, <Age at={at} />
    </RunLink>
  );
}
