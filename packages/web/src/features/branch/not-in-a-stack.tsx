import { useQuery } from "@tanstack/react-query";
import type { ActivityEvent } from "stackit/contract/activity";
import type { StackDetail, View } from "stackit/contract/view";
import { Link } from "wouter";
import { deletionQuery, runQuery, stackQuery } from "../../api/queries.ts";
import { shortSha } from "../../lib/words.ts";
import { formatRoute, type RepositoryRoute, repositoryRoute } from "../../routes/location.ts";
import { Empty } from "../../ui/empty.tsx";
import { Age } from "../../ui/time.tsx";
import { absenceOf } from "./find-branch.ts";

/** In the place of a branch that a link led to: why it is in no stack, or since when it is gone, and the nearest that there is. */
export function NotInAStack({
  repoId,
  name,
  view,
  route,
}: {
  repoId: string;
  name: string;
  view: View;
  route: RepositoryRoute;
}) {
  const { title, words, stack, isUnknown = false } = absenceOf(view, name);
  const asRoot = useQuery({ ...stackQuery(repoId, name), enabled: isUnknown });
  const asked = useQuery({ ...deletionQuery(repoId, name), enabled: isUnknown });
  const heir = (isUnknown && asRoot.data) || undefined;
  const deletion = (isUnknown && asked.data) || undefined;
  const former = view.stacks.find(({ id }) => id === deletion?.stack?.id);
  return (
    <Empty title={deletion ? "This branch is gone" : title}>
      <p className="meta">
        <bdi className="mono">{name}</bdi>{" "}
        {heir ? (
          "was the root of a stack that has another one now."
        ) : deletion ? (
          <>
            was deleted <Age at={deletion.at} />, or has another name since.
          </>
        ) : (
          words
        )}
      </p>
      {deletion && <LastKnown repoId={repoId} deletion={deletion} />}
      <p>
        <Nearest stack={stack ?? heir ?? former} route={route} />
      </p>
    </Empty>
  );
}

/** What is still known of it; nothing when that is nothing. */
function LastKnown({ repoId, deletion }: { repoId: string; deletion: ActivityEvent }) {
  const { branch, pr, runId } = deletion;
  const run = useQuery({ ...runQuery(repoId, runId ?? ""), enabled: runId !== undefined }).data;
  const head = run?.refs.changes.find(({ ref }) => ref === `refs/heads/${branch}`)?.old;
  if (head === undefined && !pr) return null;
  return (
    <p className="meta parts">
      {head !== undefined && (
        <span>
          Last known head <code title={head}>{shortSha(head)}</code>
        </span>
      )}
      {pr && (
        <a className="link" href={pr.url}>
          #{pr.number} {pr.title}
        </a>
      )}
    </p>
  );
}

/** The way from a branch that is gone to what is there: the stack it was in, else all of them. */
export function Nearest({ stack, route }: { stack: StackDetail | undefined; route: RepositoryRoute }) {
  const all = repositoryRoute(route.repo);
  return stack ? (
    <Link className="link" href={formatRoute({ ...all, stack: stack.id })}>
      Show the stack “{stack.title}”
    </Link>
  ) : (
    <Link className="link" href={formatRoute(all)}>
      Show all stacks
    </Link>
  );
}
