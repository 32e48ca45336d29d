import { problemOf } from "stackit/contract/problems";
import type { RefChange, SyncRun } from "stackit/contract/sync-run";
import { Link } from "wouter";
import { formatAbsolute, formatDuration } from "../../lib/durations.ts";
import { shortSha } from "../../lib/words.ts";
import { Coded } from "../../ui/coded.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Until } from "../../ui/time.tsx";

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

/** All that is known of one run. */
export function RunDetail({
  run,
  branchHref,
  trunk,
}: {
  run: SyncRun;
  branchHref: (branch: string) => string;
  trunk: string;
}) {
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
              <Ref key={change.ref} change={change} branchHref={branchHref} trunk={trunk} />
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
  const mend = problemOf(error.code)?.mend;
  const details = [error.title, error.detail, mend, `Code: ${error.code}`, `Run: ${run.id}`];
  return (
    <div className="run-error">
      <p>
        <strong>{error.title}.</strong> <Coded text={error.detail} />
      </p>
      {mend && (
        <p>
          <span className="meta">What to do</span> <Coded text={mend} />
        </p>
      )}
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

function Ref({
  change: { ref, kind, old, new: now },
  branchHref,
  trunk,
}: {
  change: RefChange;
  branchHref: (branch: string) => string;
  trunk: string;
}) {
  const branch = ref.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : undefined;
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
      <td className="mono subtle">
        {[old, now].flatMap((sha) => (sha === undefined ? [] : [shortSha(sha)])).join(" → ")}
      </td>
    </tr>
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
