import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Branch, BranchDiff } from "stackit/contract/view";
import { diffQuery } from "../../api/queries.ts";
import { count } from "../../lib/words.ts";
import type { BranchSearch } from "../../routes/location.ts";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { Segments } from "../../ui/segments.tsx";
import { CutNote } from "./cut-note.tsx";
import "./diff.css";
import { useLooking } from "../pushes/last-looked.ts";
import type { MenuChoice } from "./diff-menu.tsx";
import { DiffPanes } from "./diff-panes.tsx";
import type { SurfaceFile } from "./diff-surface.ts";
import { DiffToolbar } from "./diff-toolbar.tsx";
import { FindBar } from "./find-bar.tsx";
import { NewPush } from "./new-push.tsx";
import { pictureOf } from "./picture.ts";
import { surfaceFiles, WHITESPACE_ONLY } from "./surface-files.ts";
import { useAction, useDiffReading } from "./use-diff-reading.ts";
import { useFileContext } from "./use-file-context.ts";

export function DiffTab({
  repoId,
  branch,
  trunk,
  search,
  onSearch,
}: {
  repoId: string;
  branch: Branch;
  trunk: string;
  search: BranchSearch;
  onSearch: (change: Partial<BranchSearch>) => void;
}) {
  const [seen, setSeen] = useState(branch.revision);
  const newPushAt = useTimeOf(branch.revision, seen);
  const { base, ignoreWhitespace } = search;
  const question = { branch: branch.name, base, ignoreWhitespace };
  const diff = useQuery({ ...diffQuery(repoId, question, seen), placeholderData: keepPreviousData });
  const whole = useQuery({
    ...diffQuery(repoId, { ...question, ignoreWhitespace: false }, seen),
    enabled: ignoreWhitespace,
  });
  const patched = useMemo(
    () =>
      diff.data ? filesOf(repoId, base, diff.data, ignoreWhitespace ? whole.data : undefined) : undefined,
    [repoId, base, diff.data, ignoreWhitespace, whole.data],
  );
  const context = useFileContext(repoId, question, patched);
  const { files, reach } = context;
  const reading = useDiffReading({ repoId, files, reach, search, onSearch });
  const { finding } = reading;
  useLooking(repoId, branch.name, diff.data && !diff.isPlaceholderData ? seen : undefined);

  const whitespaceOnly = files?.filter(({ foldReason }) => foldReason === WHITESPACE_ONLY).length ?? 0;
  const newer = useQuery({
    ...diffQuery(repoId, question, branch.revision),
    enabled: newPushAt !== undefined && diff.data !== undefined,
  });
  const whitespace: MenuChoice = {
    label: "Ignore whitespace",
    id: "toggleWhitespace",
    on: ignoreWhitespace,
    set: (on) => onSearch({ ignoreWhitespace: on }),
  };
  useAction(whitespace.id, () => whitespace.set(!whitespace.on));

  return (
    <div ref={reading.frame} className="diff-tab">
      <DiffToolbar reading={reading} diff={diff.data} whitespace={whitespace}>
        {branch.depth > 1 && (
          <Segments
            name="Compare with"
            value={base}
            choices={[
              { value: "parent", label: "Parent", title: `Against ${branch.parent ?? trunk}` },
              { value: "trunk", label: "Trunk", title: `Against ${trunk}: the whole stack below` },
            ]}
            onChoose={(chosen) => onSearch({ base: chosen })}
          />
        )}
      </DiffToolbar>
      {finding.isOpen && <FindBar {...finding} />}
      {newPushAt !== undefined && (
        <NewPush at={newPushAt} read={diff.data} newer={newer.data} onShow={() => setSeen(branch.revision)} />
      )}
      {whitespaceOnly > 0 && (
        <p className="diff-bar plain">
          {count(whitespaceOnly, "file has", "files have")} only whitespace changes.
        </p>
      )}
      {diff.data?.truncated && <CutNote />}
      {diff.error && <ProblemBox error={diff.error} what="The diff" onRetry={() => void diff.refetch()} />}
      {!files && !diff.error && <p className="loading meta">Loading the diff…</p>}
      {files?.length === 0 && (
        <p className="loading meta">
          No difference from <bdi className="mono">{base === "trunk" ? trunk : (branch.parent ?? trunk)}</bdi>
          {ignoreWhitespace && ", whitespace aside"}.
        </p>
      )}
      <DiffPanes reading={reading} isWaiting={diff.isPlaceholderData} onMore={context.show} />
    </div>
  );
}

function filesOf(
  repoId: string,
  base: "parent" | "trunk",
  diff: BranchDiff,
  whole: BranchDiff | undefined,
): SurfaceFile[] {
  const question = { branch: diff.branch, base };
  return surfaceFiles(diff, { whole, pictureOf: (file, sizes) => pictureOf(file, sizes, repoId, question) });
}

/** When a newer revision than the one that is read was first noticed here. */
function useTimeOf(revision: string, seen: string): string | undefined {
  const [noticed, setNoticed] = useState({ revision, at: "" });
  if (noticed.revision !== revision) setNoticed({ revision, at: new Date().toISOString() });
  return revision === seen ? undefined : noticed.at || new Date().toISOString();
}
