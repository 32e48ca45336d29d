import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Branch, BranchDiff } from "stackit/contract/view";
import { diffQuery } from "../../api/queries.ts";
import type { ShortcutId } from "../../keyboard/shortcuts.ts";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import type { BranchSearch } from "../../routes/location.ts";
import { Button } from "../../ui/button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { Age } from "../../ui/time.tsx";
import { useStored } from "../../ui/use-stored.ts";
import "./diff.css";
import type { DiffSurfaceHandle, SurfaceFile } from "./diff-surface.ts";
import { DiffToolbar } from "./diff-toolbar.tsx";
import { foldReasons } from "./file-facts.ts";
import { treeOrder } from "./file-tree.ts";
import { FileTreeView } from "./file-tree-view.tsx";
import { type FileDiff, parsePatch } from "./parse-patch.ts";
import { RowSurface } from "./row-surface.tsx";
import { useWidth } from "./use-width.ts";

/** Two sides, or a tree beside the diff, need at least so much room. */
const SPLIT_MIN_PX = 760;
const AUTO_SPLIT_PX = 1200;
const TREE_MIN_PX = 820;

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
  const files = useMemo(
    () => (diff.data ? filesOf(diff.data, ignoreWhitespace ? whole.data : undefined) : undefined),
    [diff.data, ignoreWhitespace, whole.data],
  );

  const frame = useRef<HTMLDivElement>(null);
  const surface = useRef<DiffSurfaceHandle>(null);
  const width = useWidth(frame);
  const [tree, setTree] = useStored("stackit.tree", "shown", ["shown", "hidden"]);
  const [visibleFile, setVisibleFile] = useState<string>();
  const wanted = search.layout ?? (width >= AUTO_SPLIT_PX ? "split" : "unified");
  const layout = width >= SPLIT_MIN_PX ? wanted : "unified";
  const showsTree = tree === "shown" && width >= TREE_MIN_PX && (files?.length ?? 0) > 1;
  const openFile = (file: string) => {
    if (surface.current?.scrollTo(file)) onSearch({ file });
  };

  useFileInAddress(search.file, files !== undefined, surface);
  const step = (by: 1 | -1) => {
    const file = surface.current?.step(by);
    if (file !== undefined) onSearch({ file });
    return true;
  };
  useShortcut("nextFile", () => step(1));
  useShortcut("previousFile", () => step(-1));
  useToggle("toggleLayout", () => onSearch({ layout: layout === "split" ? "unified" : "split" }));
  useToggle("toggleWhitespace", () => onSearch({ ignoreWhitespace: !ignoreWhitespace }));
  useToggle("toggleWrap", () => onSearch({ wrap: !search.wrap }));
  useToggle("toggleTree", () => setTree(tree === "shown" ? "hidden" : "shown"));

  return (
    <div ref={frame} className="diff-tab">
      <DiffToolbar
        files={files}
        diff={diff.data}
        branch={branch}
        trunk={trunk}
        search={search}
        layout={layout}
        canSplit={width >= SPLIT_MIN_PX}
        tree={width >= TREE_MIN_PX && (files?.length ?? 0) > 1 ? tree === "shown" : undefined}
        onSearch={onSearch}
        onTree={(shown) => setTree(shown ? "shown" : "hidden")}
      />
      {newPushAt !== undefined && (
        <div className="diff-bar" role="status">
          <Sign name="running" />
          <p>
            New push <Age at={newPushAt} />. You are reading the one before.
          </p>
          <Button size="small" onClick={() => setSeen(branch.revision)}>
            Show it
          </Button>
        </div>
      )}
      {diff.data?.truncated && (
        <p className="diff-bar warn">
          <Sign name="late" />
          The diff is larger than this server sends; what is missing is at its end.
        </p>
      )}
      {diff.error && <ProblemBox error={diff.error} what="The diff" onRetry={() => void diff.refetch()} />}
      {!files && !diff.error && <p className="loading meta">Loading the diff…</p>}
      {files?.length === 0 && (
        <p className="loading meta">
          No difference from <bdi className="mono">{base === "trunk" ? trunk : (branch.parent ?? trunk)}</bdi>
          {ignoreWhitespace && ", white space aside"}.
        </p>
      )}
      {files && files.length > 0 && (
        <div className="diff-panes" data-waiting={diff.isPlaceholderData || undefined}>
          {showsTree && <FileTreeView files={files} visible={visibleFile} onOpen={openFile} />}
          <RowSurface
            ref={surface}
            files={files}
            layout={layout}
            wrap={search.wrap}
            onVisibleFile={setVisibleFile}
          />
        </div>
      )}
    </div>
  );
}

function useToggle(id: ShortcutId, toggle: () => void): void {
  useShortcut(id, () => {
    toggle();
    return true;
  });
}

/** The files in the order of the tree; those that vanish with the white space stay, and say so. */
function filesOf(diff: BranchDiff, whole: BranchDiff | undefined): SurfaceFile[] {
  const files = parsePatch(diff.patch);
  const known = new Set(files.map((file) => file.path));
  const vanished = whole ? parsePatch(whole.patch).filter((file) => !known.has(file.path)) : [];
  const all: FileDiff[] = [
    ...files,
    ...vanished.map((file) => ({ ...file, hunks: [], added: 0, deleted: 0 })),
  ];
  const ordered = treeOrder(all.map((file) => file.path)).flatMap((index) => all[index] ?? []);
  const reasons = foldReasons(ordered);
  return ordered.map((file, index) => ({
    ...file,
    foldReason: known.has(file.path) ? reasons[index] : "Only white space changes",
  }));
}

/** When a newer revision than the one that is read was first noticed here. */
function useTimeOf(revision: string, seen: string): string | undefined {
  const [noticed, setNoticed] = useState({ revision, at: "" });
  if (noticed.revision !== revision) setNoticed({ revision, at: new Date().toISOString() });
  return revision === seen ? undefined : noticed.at || new Date().toISOString();
}

/** Goes to the file that the address names, once, when it is there. */
function useFileInAddress(
  file: string | undefined,
  loaded: boolean,
  surface: React.RefObject<DiffSurfaceHandle | null>,
): void {
  const first = useRef(file);
  useEffect(() => {
    if (!loaded || first.current === undefined) return;
    surface.current?.scrollTo(first.current);
    first.current = undefined;
  }, [loaded, surface]);
}
