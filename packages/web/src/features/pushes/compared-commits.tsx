import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { ComparedCommit, PushComparison } from "stackit/contract/pushes";
import type { PushesQuestion } from "../../api/paths.ts";
import { shortSha } from "../../lib/words.ts";
import { Button } from "../../ui/button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { RowSurface } from "../diff/row-surface.tsx";
import { surfaceFiles } from "../diff/surface-files.ts";
import { changeOf, hasNothingInCommon, isCutIn, summaryOf, verdictOf } from "./comparison-words.ts";
import { Computing } from "./computing.tsx";
import { messageParts, patchLines } from "./inner-diff.ts";
import { InnerDiffView } from "./inner-diff-view.tsx";
import { commitQuery } from "./queries.ts";

interface Asked {
  repoId: string;
  question: PushesQuestion;
}

export function ComparedCommits({
  comparison,
  onTrees,
  ...asked
}: Asked & { comparison: PushComparison; onTrees: () => void }) {
  const { commits, truncated } = comparison;
  const verdict = verdictOf(comparison);
  return (
    <>
      {verdict !== undefined && <p className="push-verdict">{verdict}</p>}
      <p className={verdict === undefined ? "push-verdict" : "meta"}>{summaryOf(comparison)}</p>
      {hasNothingInCommon(comparison) && (
        <div className="callout">
          <p>These pushes have no commit in common.</p>
          <Button size="small" onClick={onTrees}>
            Compare the two trees
          </Button>
        </div>
      )}
      {truncated && (
        <div className="callout warn">
          <Sign name="late" />
          <p>The comparison was cut at the size limit: what is missing is at its end.</p>
          <Button size="small" onClick={onTrees}>
            Compare the two trees
          </Button>
        </div>
      )}
      {commits.some(({ patchDiff }) => patchDiff !== "") && <Legend />}
      {commits.length > 0 && (
        <ol className="compared-commits" aria-label="Commits, oldest first">
          {commits.map((commit) => (
            <Pair
              key={`${commit.fromSha} ${commit.toSha}`}
              commit={commit}
              isCut={isCutIn(comparison, commit)}
              {...asked}
            />
          ))}
        </ol>
      )}
    </>
  );
}

function Legend() {
  return (
    <dl className="push-legend meta">
      <dt>First column</dt>
      <dd>
        <code>+</code> the patch gained the line, <code>−</code> it lost it
      </dd>
      <dt>Second column</dt>
      <dd>
        <code>+</code> the patch adds the line, <code>−</code> it removes it
      </dd>
    </dl>
  );
}

const tones = { same: "idle", changed: "warn", new: "ok", dropped: "bad" } as const;

function Pair({ commit, isCut, ...asked }: Asked & { commit: ComparedCommit; isCut: boolean }) {
  const { state, moved, title, fromSha, toSha } = commit;
  const [open, setOpen] = useState(state === "changed");
  const shas = [fromSha, toSha].flatMap((sha) => (sha === undefined ? [] : [shortSha(sha)]));
  return (
    <li>
      <button type="button" className="compared-commit" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Sign name={open ? "down" : "right"} />
        <span className={`chip ${tones[state]}`}>{state}</span>
        <span className="row-title cut" title={title}>
          {title}
        </span>
        {moved && <span className="chip idle">moved</span>}
        <code className="subtle shas">{shas.join(" → ")}</code>
      </button>
      {open && (
        <div className="compared-detail">
          {state === "changed" ? (
            <Change commit={commit} isCut={isCut} />
          ) : (
            <CommitPatch sha={toSha ?? fromSha ?? ""} {...asked} />
          )}
        </div>
      )}
    </li>
  );
}

function Change({ commit, isCut }: { commit: ComparedCommit; isCut: boolean }) {
  const { messageDiff, patchDiff } = commit;
  const { author, message } = useMemo(() => messageParts(messageDiff), [messageDiff]);
  const patch = useMemo(() => patchLines(patchDiff), [patchDiff]);
  return (
    <>
      <p className="meta">{changeOf(commit, isCut)}</p>
      {author.length > 0 && <InnerDiffView name="Author" lines={author} />}
      {message.length > 0 && <InnerDiffView name="Message" lines={message} />}
      {patch.length > 0 && <InnerDiffView name="Patch" lines={patch} hasMarkers />}
    </>
  );
}

/** What a commit changes that there is but once, or alike in both pushes. */
function CommitPatch({ repoId, question, sha }: Asked & { sha: string }) {
  const { data, error, refetch } = useQuery(commitQuery(repoId, question, sha));
  const files = useMemo(() => data && surfaceFiles(data), [data]);
  if (error && !data) return <ProblemBox error={error} what="The patch" onRetry={() => void refetch()} />;
  if (!files) return <Computing what="Reading the patch" />;
  if (files.length === 0) return <p className="meta">This commit changes no file.</p>;
  return (
    <div className="compared-patch">
      <RowSurface name={`Patch of ${shortSha(sha)}`} files={files} layout="unified" wrap={false} />
      {data?.truncated && <p className="meta">The patch is larger than this server sends.</p>}
    </div>
  );
}
