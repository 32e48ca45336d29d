import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Branch, StackDetail } from "stackit/contract/view";
import { Link } from "wouter";
import { branchQuery } from "../../api/queries.ts";
import { listed } from "../../lib/words.ts";
import { Coded } from "../../ui/coded.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import type { Rung } from "./ladder.ts";
import { quoted, restackCommand } from "./restack-command.ts";

/** What somebody can do about the branch that holds up the stack. */
export function NextStep({
  repoId,
  stack,
  rung: { branch, obstacle },
  trunk,
  hrefOf,
}: {
  repoId: string;
  stack: StackDetail;
  rung: Rung;
  trunk: string;
  hrefOf: (branch: string, tab?: "checks") => string;
}) {
  switch (obstacle?.kind) {
    case "moved":
    case "conflict":
      return (
        <Step title="Put it on its parent again">
          <Command text={restackCommand(branch, stack, trunk)} />
          <Expected branch={branch} />
        </Step>
      );
    case "unpushed":
      if (branch.remoteStatus?.diverged) return null;
      return (
        <Step title="Push it">
          <Command text={`git push --set-upstream origin ${quoted(branch.name)}`} />
        </Step>
      );
    case "checks":
    case "running":
      return <Checks repoId={repoId} branch={branch} href={hrefOf(branch.name, "checks")} />;
    case "review":
    case "changes":
      return <Reviews repoId={repoId} branch={branch} />;
    case "draft":
      return (
        <Step title="Mark it as ready for review">
          <PullLink branch={branch} />
        </Step>
      );
    case "problem": {
      const detail = branch.problems?.[0]?.detail;
      return detail === undefined ? null : (
        <p className="meta next-step">
          <Coded text={detail} />
        </p>
      );
    }
    default:
      return null;
  }
}

function Step({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="next-step" aria-label="Next step">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Command({ text }: { text: string }) {
  return (
    <p className="command">
      <code>{text}</code>
      <CopyButton text={text} what="the command" />
    </p>
  );
}

/** What was found when a restack was tried. */
function Expected({ branch: { restack } }: { branch: Branch }) {
  const { preview } = restack;
  if (preview?.state === "clean") return <p className="meta">It was tried: it would apply cleanly.</p>;
  if (preview?.state !== "conflicts") return null;
  const { files = [] } = preview;
  return (
    <p className="meta">
      It was tried: it would conflict in{" "}
      {files.length === 1 ? <code>{files[0]}</code> : `${preview.fileCount ?? files.length} files`}.
    </p>
  );
}

function Checks({ repoId, branch, href }: { repoId: string; branch: Branch; href: string }) {
  const { data } = useQuery(branchQuery(repoId, branch.name));
  const wanted = branch.ci?.status === "failing" ? "failing" : "pending";
  const checks = (data?.ci?.checks ?? []).filter(({ state }) => state === wanted);
  return (
    <Step title={wanted === "failing" ? "Look at what failed" : "Wait for what runs"}>
      <ul>
        {checks.map(({ name, url }) => (
          <li key={`${name} ${url ?? ""}`}>
            {url ? (
              <a className="link" href={url} target="_blank" rel="noreferrer">
                {name} <Sign name="external" />
              </a>
            ) : (
              name
            )}
          </li>
        ))}
        <li>
          <Link className="link" href={href} state={{ opened: true }}>
            All its checks
          </Link>
        </li>
      </ul>
    </Step>
  );
}

function Reviews({ repoId, branch }: { repoId: string; branch: Branch }) {
  const { data } = useQuery(branchQuery(repoId, branch.name));
  const { reviews = [] } = data?.ci ?? {};
  const objectors = reviews.filter(({ state }) => state === "CHANGES_REQUESTED").map(({ author }) => author);
  const others = reviews.filter(({ state }) => state !== "CHANGES_REQUESTED").map(({ author }) => author);
  const title = objectors.length > 0 ? `Answer ${listed(objectors)}` : "Ask for a review";
  return (
    <Step title={title}>
      {data && objectors.length === 0 && (
        <p className="meta">
          {others.length === 0
            ? "Nobody has reviewed it yet."
            : `Reviewed by ${listed(others)}; more is asked for.`}
        </p>
      )}
      <PullLink branch={branch} />
    </Step>
  );
}

function PullLink({ branch: { pr } }: { branch: Branch }) {
  if (!pr?.url) return null;
  return (
    <p className="pull-link">
      <a className="link" href={pr.url} target="_blank" rel="noreferrer">
        Open #{pr.number} <Sign name="external" />
      </a>
      <CopyButton text={pr.url} what="the link to the pull request" />
    </p>
  );
}
