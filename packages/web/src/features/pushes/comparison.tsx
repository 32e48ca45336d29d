import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Push } from "stackit/contract/pushes";
import type { BranchDiff } from "stackit/contract/view";
import { ApiError } from "../../api/client.ts";
import type { PushesQuestion } from "../../api/paths.ts";
import type { BranchSearch } from "../../routes/location.ts";
import { Button } from "../../ui/button.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import "../diff/diff.css";
import { CutNote } from "../diff/cut-note.tsx";
import { DiffPanes } from "../diff/diff-panes.tsx";
import { DiffToolbar } from "../diff/diff-toolbar.tsx";
import { FindBar } from "../diff/find-bar.tsx";
import { surfaceFiles } from "../diff/surface-files.ts";
import { useDiffReading } from "../diff/use-diff-reading.ts";
import { type PushPair, wayAround } from "./chosen-pushes.ts";
import { ComparedCommits } from "./compared-commits.tsx";
import { Computing } from "./computing.tsx";
import { rangeQuery, treeQuery } from "./queries.ts";

interface Asked {
  repoId: string;
  question: PushesQuestion;
  /** All of the branch. */
  pushes: readonly Push[];
  onPushes: (pushes: PushPair) => void;
}

/** Commit by commit. */
export function RangeComparison({ onTrees, ...asked }: Asked & { onTrees: () => void }) {
  const { repoId, question } = asked;
  const { data, error, refetch } = useQuery(rangeQuery(repoId, question, revisionsOf(asked)));
  if (data) return <ComparedCommits {...asked} comparison={data} onTrees={onTrees} />;
  if (!error) return <Computing what="Comparing the two pushes" />;
  return <Failure error={error} onRetry={() => void refetch()} onTrees={onTrees} {...asked} />;
}

/** Everything between the two trees. */
export function TreeComparison({
  search,
  onSearch,
  ...asked
}: Asked & { search: BranchSearch; onSearch: (change: Partial<BranchSearch>) => void }) {
  const { repoId, question } = asked;
  const { data, error, refetch } = useQuery(treeQuery(repoId, question, revisionsOf(asked)));
  if (data?.patch === "") return <p className="loading">The two trees are identical</p>;
  if (data) return <TreeDiff repoId={repoId} diff={data} search={search} onSearch={onSearch} />;
  if (!error) return <Computing what="Comparing the two trees" />;
  return <Failure error={error} onRetry={() => void refetch()} {...asked} />;
}

function TreeDiff({
  repoId,
  diff,
  search,
  onSearch,
}: {
  repoId: string;
  diff: BranchDiff;
  search: BranchSearch;
  onSearch: (change: Partial<BranchSearch>) => void;
}) {
  const files = useMemo(() => surfaceFiles(diff), [diff]);
  const reading = useDiffReading({ repoId, files, search, onSearch });
  return (
    <div ref={reading.frame} className="diff-tab">
      <DiffToolbar reading={reading} diff={diff} />
      {reading.finding.isOpen && <FindBar {...reading.finding} />}
      {diff.truncated && <CutNote />}
      <DiffPanes reading={reading} />
    </div>
  );
}

function Failure({
  error,
  question,
  pushes,
  onRetry,
  onTrees,
  onPushes,
}: Asked & {
  error: unknown;
  onRetry: () => void;
  /** Absent where it is the trees that could not be compared. */
  onTrees?: () => void;
}) {
  const way = wayAround(error instanceof ApiError ? error.code : undefined, pushes, question);
  return (
    <ProblemBox error={error} what="The comparison" onRetry={onRetry}>
      {way === "trees"
        ? onTrees && (
            <Button size="small" onClick={onTrees}>
              Compare the two trees
            </Button>
          )
        : way && (
            <Button size="small" onClick={() => onPushes(way)}>
              Compare pushes {way.from} and {way.to}
            </Button>
          )}
    </ProblemBox>
  );
}

/** What the numbers stand for. */
function revisionsOf({ question: { from, to }, pushes }: Asked): string[] {
  return [from, to].map((number) => pushes.find((push) => push.number === number)?.sha ?? "");
}
