import { useQuery } from "@tanstack/react-query";
import type { RefChange, SyncRun } from "stackit/contract/sync-run";
import { Link } from "wouter";
import { useIsOperator } from "../../api/queries.ts";
import { formatAbsolute, formatDuration } from "../../lib/durations.ts";
import { shortSha } from "../../lib/words.ts";
import { Coded } from "../../ui/coded.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { todoOf } from "../../ui/problem-words.ts";
import { Until } from "../../ui/time.tsx";
import { type PushPair, pushesOfMove } from "../pushes/chosen-pushes.ts";
import { pushesQuery } from "../pushes/queries.ts";

const kinds: Record<RefChange["kind"], string> = {
  created: "created",
  forward: "moved forward",
  rewritten: "rewritten",
  deleted: "deleted",
};

const effects = [
  ["created", "New stacks"],
  ["changed", "Changed stacks"],
  ["removed", "Gone stacks"],
] as const;

/** Of so many rewritten branches of one run it is looked up which pushes they went between. */
const MAX_COMPARED = 20;

interface Hrefs {
  branchHref: (branch: string) => string;
  pushesHref: (branch: string, pair: PushPair) => string;
}

/** All that is known of one run. */
export function RunDetail({ run, trunk, ...hrefs }: Hrefs & { run: SyncRun; trunk: string }) {
  const rewritten = run.refs.changes.filter((change) => {
    const branch = branchOf(change);
    return change.kind === "rewritten" && branch !== undefined && branch !== trunk;
  });
  const compared = new Set(rewritten.slice(0, MAX_COMPARED));
  return (
    <div className="run-detail">
      {run.error && <Failure run={run} error={run.error} />}
      {run.hold && (
        <p>
          It would remove {run.hold.branchesBefore - run.hold.branchesAfter} of {run.hold.branchesBefore}{" "}
          branches, so nothing was changed. The repository's page says what to do.
        </p>
      )}
      {run.refs.changes.length > 0 && (
        <table className="run-refs">
          <caption className="vh">Refs that changed</caption>
          <tbody>
            {run.refs.changes.map((change) => (
              <Ref
                key={change.ref}
                repoId={run.repoId}
                change={change}
                isCompared={compared.has(change)}
                trunk={trunk}
                {...hrefs}
              />
            ))}
          </tbody>
        </table>
      )}
      {run.refs.truncated && (
        <p className="meta">There were more; the first {run.refs.changes.length} are shown.</p>
      )}
      {effects.map(
        ([effect, name]) =>
          run.stacks[effect].length > 0 && (
            <p key={effect} className="run-effect">
              <span className="meta">{name}</span>
              {run.stacks[effect].map((root) => (
                <bdi key={root} className="mono">
                  {root}
                </bdi>
              ))}
            </p>
          ),
      )}
      <Phases run={run} />
      <p className="meta run-foot">
        <time dateTime={run.requestedAt}>{formatAbsolute(Date.parse(run.requestedAt))}</time>
        <span className="mono">{run.id}</span>
        <CopyButton text={run.id} what="the run's id" />
      </p>
    </div>
  );
}

function Failure({ run, error }: { run: SyncRun; error: NonNullable<SyncRun["error"]> }) {
  const todo = todoOf(error.code, useIsOperator());
  const details = [error.title, error.detail, todo, `Code: ${error.code}`, `Run: ${run.id}`];
  return (
    <div className="run-error">
      <p>
        <strong>{error.title}.</strong> <Coded text={error.detail} />
      </p>
      <p>
        <span className="meta">What to do</span> <Coded text={todo} />
      </p>
      <p className="meta parts">
        <span className="mono">{error.code}</span>
        {error.nextAttemptAt && Date.parse(error.nextAttemptAt) > Date.now() && (
          <span>
            tried again <Until at={error.nextAttemptAt} />
          </span>
        )}
      </p>
      <p>
        <CopyButton text={details.filter(Boolean).join("\n")} what="the failure" label="Copy" />
      </p>
    </div>
  );
}

function branchOf({ ref }: RefChange): string | undefined {
  return ref.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : undefined;
}

function Ref({
  repoId,
  change,
  isCompared,
  branchHref,
  pushesHref,
  trunk,
}: Hrefs & { repoId: string; change: RefChange; isCompared: boolean; trunk: string }) {
  const { ref, kind, old, new: now } = change;
  const branch = branchOf(change);
  const tone = kind === "rewritten" ? "warn" : kind === "deleted" ? "bad" : "idle";
  return (
    <tr>
      <th scope="row">
        {branch === undefined || kind === "deleted" ? (
          <bdi className="mono">{branch ?? ref}</bdi>
        ) : (
          <Link className="link mono" href={branchHref(branch)}>
            <bdi>{branch}</bdi>
          </Link>
        )}
      </th>
      <td>
        <span className={`chip ${tone}`}>
          {branch === trunk && branch !== "" ? "trunk " : ""}
          {kinds[kind]}
        </span>
      </td>
      <td>
        <span className="mono subtle">
          {[old, now].flatMap((sha) => (sha === undefined ? [] : [shortSha(sha)])).join(" → ")}
        </span>
        {isCompared && branch !== undefined && (
          <ComparePushes repoId={repoId} branch={branch} change={change} pushesHref={pushesHref} />
        )}
      </td>
    </tr>
  );
}

/** Nothing where the pushes are not remembered, or no longer. */
function ComparePushes({
  repoId,
  branch,
  change,
  pushesHref,
}: Pick<Hrefs, "pushesHref"> & { repoId: string; branch: string; change: RefChange }) {
  const { data } = useQuery(pushesQuery(repoId, branch));
  const pair = data && pushesOfMove(data.pushes, change);
  if (!pair) return null;
  return (
    <Link className="link run-compare" href={pushesHref(branch, pair)}>
      Compare pushes {pair.from} and {pair.to}
    </Link>
  );
}

function Phases({ run: { phases, durationMs } }: { run: SyncRun }) {
  const steps = [
    ["Waited", phases.queueMs],
    ["Fetched", phases.fetchMs],
    ["Read", phases.readMs],
    ["Derived", phases.deriveMs],
  ] as const;
  if (durationMs === undefined && phases.queueMs === 0) return null;
  return (
    <dl className="run-phases">
      {steps.map(([name, ms]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{formatDuration(ms)}</dd>
        </div>
      ))}
    </dl>
  );
}
