import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { lastOfStackQuery } from "../../api/queries.ts";
import { formatRoute, type RepositoryRoute, repositoryRoute } from "../../routes/location.ts";
import type { Linked } from "../../routes/use-linked.ts";
import { Sign } from "../../ui/glyphs.tsx";
import { Age } from "../../ui/time.tsx";

/** Says what became of a stack or a pull request that a link led to and that is not here. */
export function LinkNote({
  repoId,
  linked: { stackGone, pull },
  route,
  trunk,
}: {
  repoId: string;
  linked: Linked;
  route: RepositoryRoute;
  trunk: string;
}) {
  if (!stackGone && !pull) return null;
  const landed = pull?.kind === "commit" ? pull.commit : undefined;
  return (
    <div className="callout link-note" role="note">
      <Sign name={landed ? "merged" : "never"} />
      <p>
        {stackGone && (
          <>
            <strong>This stack is gone.</strong> <StackEnd repoId={repoId} stack={route.stack ?? ""} />
          </>
        )}
        {landed && (
          <>
            <strong>Pull request #{route.pull} is merged.</strong> It came to{" "}
            <bdi className="mono">{trunk}</bdi> with <code>{landed.sha}</code> “{landed.message}”{" "}
            <Age at={landed.date} />.
          </>
        )}
        {pull?.kind === "unknown" && (
          <>
            <strong>No stack here has pull request #{route.pull}.</strong> It may be closed, its branch may be
            gone, or it was not read yet.
          </>
        )}{" "}
        <Link
          className="link"
          href={formatRoute({ ...repositoryRoute(route.repo), list: route.list })}
          replace
        >
          Show all stacks
        </Link>
      </p>
    </div>
  );
}

/** What became of its branches, and when where that is remembered. */
function StackEnd({ repoId, stack }: { repoId: string; stack: string }) {
  const last = useQuery(lastOfStackQuery(repoId, stack)).data;
  if (last?.kind === "stack-landed") {
    return (
      <>
        It landed <Age at={last.at} />.
      </>
    );
  }
  if (last?.kind === "branch-deleted") {
    return (
      <>
        Its last branch was deleted or renamed <Age at={last.at} />.
      </>
    );
  }
  return <>Its branches were merged or deleted since the link was made.</>;
}
