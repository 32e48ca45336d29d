import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import { Link } from "wouter";
import { useBrowserLocation } from "wouter/use-browser-location";
import { statusQuery, useConfig } from "../../api/queries.ts";
import { type AddRoute, formatRoute, repositoryRoute } from "../../routes/location.ts";
import { refOf } from "../../routes/repo-ref.ts";
import { Empty } from "../../ui/empty.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { nameOf } from "../repositories/attention.ts";
import "./add.css";
import { FirstSyncStep } from "./first-sync-step.tsx";
import { RepositoryForm } from "./repository-form.tsx";
import { WebhookStep } from "./webhook-step.tsx";

/** From a name to stacks, in three steps. What was begun goes on without this page, and its address leads back to it. */
export function AddPage({ repos, route }: { repos: readonly RepoSummary[]; route: AddRoute }) {
  const readOnly = useConfig()?.readOnly;
  const repo = repos.find(({ id, kind }) => id === route.repo && kind === "mirror");
  const [first] = useState(route.repo);
  useKnownRepo(route, repo);

  useEffect(() => {
    document.title = "Add a repository · Stackit";
  }, []);

  return (
    <main className="workspace">
      <div className="list-pane">
        <div className="list-content narrow">
          <div className="add-column">
            <h1 className="page-title">
              <b>{repos.length === 0 ? "Add the first repository" : "Add a repository"}</b>
            </h1>
            {readOnly ? (
              <Empty title="Nothing can be added here">
                <p className="meta">This server is read-only. Its operator decides what it serves.</p>
              </Empty>
            ) : (
              <>
                <p className="add-about">
                  The server keeps a copy of its own and shows the stacks in it. Clones and working copies
                  have no part in that. You can leave this page at any time.
                </p>
                <Steps key={repo?.id} repo={repo} followsForm={repo?.id !== first} />
              </>
            )}
          </div>
        </div>
      </div>
    </main>
  );
}

/** One that is gone, or that cannot be set up here, leaves the address. */
function useKnownRepo(route: AddRoute, repo: RepoSummary | undefined): void {
  const [, navigate] = useBrowserLocation();
  const isUnknown = route.repo !== undefined && repo === undefined;
  useEffect(() => {
    if (isUnknown) navigate("/add", { replace: true });
  }, [isUnknown, navigate]);
}

function Steps({ repo, followsForm }: { repo: RepoSummary | undefined; followsForm: boolean }) {
  const [, navigate] = useBrowserLocation();
  if (repo) return <Begun repo={repo} followsForm={followsForm} />;
  return (
    <ol className="steps">
      <Step title="Repository" state="now">
        <RepositoryForm
          onAdded={({ id }) => navigate(formatRoute({ page: "add", repo: id }), { replace: true })}
        />
      </Step>
      <Step title="Webhook" state="later" />
      <Step title="First sync" state="later" />
    </ol>
  );
}

function Begun({ repo, followsForm }: { repo: RepoSummary; followsForm: boolean }) {
  const status = useQuery(statusQuery(repo.id));
  const href = formatRoute(repositoryRoute(refOf(repo)));
  const { data } = status;
  const isCopied = data?.freshness.lastSuccessAt !== undefined;
  const isFailing = data?.freshness.health === "failing" && !isCopied;
  return (
    <ol className="steps">
      <Step title="Repository" state="done" takesFocus={followsForm}>
        <p>
          <strong className="mono">{nameOf(repo)}</strong> is served.{" "}
          <Link className="link" href="/add">
            Add another
          </Link>
        </p>
      </Step>
      {data ? (
        <>
          <Step title="Webhook" state={data.webhook ? "done" : "now"}>
            <WebhookStep status={data} />
          </Step>
          <Step title="First sync" state={isCopied ? "done" : isFailing ? "failed" : "now"}>
            <FirstSyncStep status={data} />
            <p>
              <Link className={`button ${isCopied ? "ink" : "plain"}`} href={href}>
                Open {nameOf(repo)}
              </Link>
            </p>
          </Step>
        </>
      ) : (
        status.error && (
          <ProblemBox error={status.error} what="How far it is" onRetry={() => void status.refetch()} />
        )
      )}
    </ol>
  );
}

type StepState = "later" | "now" | "done" | "failed";

/** `takesFocus`: what had it is gone when this comes. */
function Step({
  title,
  state,
  takesFocus = false,
  children,
}: {
  title: string;
  state: StepState;
  takesFocus?: boolean;
  children?: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (takesFocus) heading.current?.focus();
  }, [takesFocus]);
  return (
    <li className={`step ${state}`}>
      <span className="step-node" aria-hidden="true">
        {state === "done" && <Sign name="ok" />}
        {state === "failed" && <Sign name="failing" />}
      </span>
      <h2 ref={heading} tabIndex={takesFocus ? -1 : undefined}>
        {title}
      </h2>
      {children && <div className="step-body">{children}</div>}
    </li>
  );
}
