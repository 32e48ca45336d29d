import { memo } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import { Link } from "wouter";
import { formatNumber } from "../../lib/words.ts";
import { formatRoute, repositoryRoute } from "../../routes/location.ts";
import { refOf } from "../../routes/repo-ref.ts";
import { useServices, useTicking } from "../../services.ts";
import { Button } from "../../ui/button.tsx";
import { Coded } from "../../ui/coded.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { Age } from "../../ui/time.tsx";
import { forgeWords } from "../freshness/forge-note.tsx";
import {
  activityWords,
  describeHealth,
  failureWords,
  heldWords,
  intervalWords,
  watchingWords,
} from "../freshness/freshness-words.ts";
import { ProgressBar } from "../freshness/progress-bar.tsx";
import { progressName, shortProgressWords } from "../freshness/progress-words.ts";
import { describeFlow } from "../freshness/sync-flow.ts";
import { useLasting } from "../freshness/use-lasting.ts";
import { useObstacle } from "../freshness/use-obstacle.ts";
import { type Sync, useSync } from "../freshness/use-sync.ts";
import { nameOf } from "./attention.ts";
import { PulseBars } from "./pulse-bars.tsx";

/** `position`: from 1, among all rows, drawn or not. Drawn again only when the repository itself says something else. */
export const RepoRow = memo(function RepoRow({
  repo,
  position,
  mayWrite,
  isCurrent,
  onFocus,
}: {
  repo: RepoSummary;
  position: number;
  mayWrite: boolean;
  isCurrent: boolean;
  onFocus: (id: string) => void;
}) {
  const { freshness, counts, trunk } = repo;
  const name = nameOf(repo);
  const sync = useSync(repo.id, name);
  return (
    <tr
      aria-rowindex={position + 1}
      aria-current={isCurrent ? "true" : undefined}
      data-failing={freshness.health === "failing" || undefined}
      onFocus={() => onFocus(repo.id)}
    >
      <th scope="row">
        <Link
          className="row-link"
          href={formatRoute(repositoryRoute(refOf(repo)))}
          state={{ opened: true }}
          data-row={repo.id}
        >
          <span className="row-title cut">
            {repo.owner && repo.repo && <span className="subtle">{repo.owner}/</span>}
            {repo.repo ?? repo.displayName}
          </span>
          <span className="row-name">
            {trunk ? (
              <bdi className="mono cut">{trunk}</bdi>
            ) : (
              <span className="cut">{freshness.lastSuccessAt ? "no trunk" : "not read yet"}</span>
            )}
          </span>
        </Link>
      </th>
      <td className="state">
        <State repo={repo} sync={sync} />
      </td>
      <td className="bars">
        <PulseBars recent={freshness.recent} />
      </td>
      <td className="num count-cell">{trunk && formatNumber(counts.branches)}</td>
      <td className="num count-cell">{trunk && formatNumber(counts.stacks)}</td>
      <td className="num meta changed">{freshness.lastChangeAt && <Age at={freshness.lastChangeAt} />}</td>
      <td className="act">{mayWrite && <SyncButton name={name} sync={sync} />}</td>
    </tr>
  );
});

/** Health above, what is under way or why it is so below it; for a while the result of a press instead. */
function State({ repo, sync }: { repo: RepoSummary; sync: Sync }) {
  const { ticker } = useServices();
  const { freshness } = repo;
  useTicking((now) => describeHealth(freshness, now).word);
  const health = describeHealth(freshness, ticker.now());
  const activity = useLasting(activityWords(freshness.activity, freshness.health === "failing"), 300);
  const told = sync.flow.step === "done" || sync.flow.step === "refused";
  const result = told ? describeFlow(sync.flow, undefined, ticker.now()) : undefined;
  const reason = reasonOf(repo);
  return (
    <>
      <span className={`state-line ${result?.tone ?? health.tone}`}>
        <Sign name={result ? resultSigns[result.tone] : health.sign} />
        <strong className="cut">
          {result ? (
            <Coded text={result.text} />
          ) : (
            <>
              {health.word}{" "}
              {freshness.lastSuccessAt && health.instead === undefined && (
                <Age at={freshness.lastSuccessAt} />
              )}
            </>
          )}
        </strong>
        {activity && !result && (
          <span className="activity">
            <Sign name={freshness.activity === "queued" ? "queued" : "running"} /> {activity}
          </span>
        )}
      </span>
      <span className={`meta second cut ${reason.warns ? "warn-text" : ""}`} title={reason.text}>
        {reason.text}
      </span>
      {freshness.progress && (
        <ProgressBar
          look="rule"
          name={`${progressName(freshness)} ${repo.displayName}`}
          progress={freshness.progress}
        />
      )}
    </>
  );
}

const resultSigns = { run: "running", ok: "ok", warn: "late", bad: "failing" } as const;

/** The one thing to know beside the health. */
function reasonOf({ freshness, forge }: RepoSummary): { text: string | undefined; warns: boolean } {
  const underWay = shortProgressWords(freshness);
  if (underWay) return { text: underWay, warns: false };
  const failure = failureWords(freshness);
  if (failure) return { text: failure, warns: false };
  const held = heldWords(freshness);
  if (held) return { text: held, warns: true };
  const pulls = forgeWords(forge);
  if (pulls && forge?.health !== "off") return { text: pulls, warns: true };
  const cadence = freshness.interval ? intervalWords(freshness.interval) : watchingWords(freshness);
  return { text: [cadence, pulls].filter(Boolean).join(" · "), warns: false };
}

function SyncButton({ name, sync }: { name: string; sync: Sync }) {
  const obstacle = useObstacle(sync);
  return (
    <Button size="small" aria-label={`Sync ${name} now`} unavailable={obstacle} onClick={sync.press}>
      Sync
    </Button>
  );
}
