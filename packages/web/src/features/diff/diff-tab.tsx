import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type RefObject, useEffect, useMemo, useRef, useState } from "react";
import type { Branch, BranchDiff } from "stackit/contract/view";
import { diffQuery } from "../../api/queries.ts";
import type { ShortcutId } from "../../keyboard/shortcuts.ts";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import { count } from "../../lib/words.ts";
import type { BranchSearch } from "../../routes/location.ts";
import { Sign } from "../../ui/glyphs.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { useStored } from "../../ui/use-stored.ts";
import "./diff.css";
import type { DiffSurfaceHandle, SurfaceFile } from "./diff-surface.ts";
import { DiffToolbar } from "./diff-toolbar.tsx";
import { foldReasons } from "./file-facts.ts";
import { treeOrder } from "./file-tree.ts";
import { FileTreeView } from "./file-tree-view.tsx";
import { FindBar, useFinding } from "./find-bar.tsx";
import { NewPush } from "./new-push.tsx";
import { type FileDiff, parsePatch } from "./parse-patch.ts";
import { RowSurface } from "./row-surface.tsx";
import { useWidth } from "./use-width.ts";
import { useViewedMarks } from "./viewed-marks.ts";

/** Two sides, or a tree beside the diff, need at least so much room. */
const SPLIT_MIN_PX = 620;
const AUTO_SPLIT_PX = 900;
const TREE_MIN_PX = 820;
const TREE_PX = 260;
/** Below this the tree stands above the diff. */
const STACKED_MAX_PX = 560;
/** So many are found in the tree rather than by scrolling. */
const MANY_FILES = 500;
const WHITESPACE_ONLY = "Only whitespace changes";

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

  const whitespaceOnly = files?.filter(({ foldReason }) => foldReason === WHITESPACE_ONLY).length ?? 0;
  const newer = useQuery({
    ...diffQuery(repoId, question, branch.revision),
    enabled: newPushAt !== undefined && diff.data !== undefined,
  });
  const marks = useViewedMarks(repoId);
  const viewed = useMemo(
    () => new Set(files?.filter((file) => marks.has(file)).map(({ path }) => path)),
    [files, marks],
  );

  const frame = useRef<HTMLDivElement>(null);
  const surface = useRef<DiffSurfaceHandle>(null);
  const width = useWidth(frame);
  const [tree, setTree] = useStored("stackit.tree", "auto", ["auto", "shown", "hidden"]);
  const [visibleFile, setVisibleFile] = useState<string>();
  const isNarrow = width < STACKED_MAX_PX;
  const several = (files?.length ?? 0) > 1;
  const wantsTree =
    tree === "auto" ? width >= TREE_MIN_PX || (files?.length ?? 0) > MANY_FILES : tree === "shown";
  const showsTree = several && wantsTree;
  const room = showsTree && !isNarrow ? width - TREE_PX : width;
  const wanted = search.layout ?? (room >= AUTO_SPLIT_PX ? "split" : "unified");
  const layout = room >= SPLIT_MIN_PX ? wanted : "unified";
  const marked = useMemo(
    () => (search.file && search.line ? { path: search.file, line: search.line } : undefined),
    [search.file, search.line],
  );
  const goTo = (path: string | undefined) => {
    if (path !== undefined && surface.current?.scrollTo(path)) onSearch({ file: path, line: undefined });
  };
  const finding = useFinding(files, surface);
  const setViewed = (file: FileDiff, isViewed: boolean) => marks.set(file, isViewed);

  usePlaceInAddress(search, files !== undefined, surface);
  const step = (by: 1 | -1) => {
    const file = surface.current?.step(by);
    if (file !== undefined) onSearch({ file, line: undefined });
  };
  const stepChange = (by: 1 | -1) => {
    const place = surface.current?.stepChange(by);
    if (place) onSearch({ file: place.path, line: place.line });
  };
  const viewedAndOn = () => {
    const index = files?.findIndex(({ path }) => path === visibleFile) ?? -1;
    const file = files?.[index];
    if (!file) return;
    setViewed(file, true);
    goTo(files?.[index + 1]?.path);
  };
  useAction("nextFile", () => step(1));
  useAction("previousFile", () => step(-1));
  useAction("nextChange", () => stepChange(1));
  useAction("previousChange", () => stepChange(-1));
  useAction("markViewed", viewedAndOn);
  useAction("toggleLayout", () => onSearch({ layout: layout === "split" ? "unified" : "split" }));
  useAction("toggleWhitespace", () => onSearch({ ignoreWhitespace: !ignoreWhitespace }));
  useAction("toggleWrap", () => onSearch({ wrap: !search.wrap }));
  useAction("toggleTree", () => {
    // What had the focus in the tree goes with it.
    if (document.activeElement?.closest(".tree-pane")) {
      frame.current?.querySelector<HTMLElement>(".diff-scroller")?.focus();
    }
    setTree(showsTree ? "hidden" : "shown");
  });

  return (
    <div ref={frame} className="diff-tab">
      <DiffToolbar
        files={files}
        diff={diff.data}
        branch={branch}
        trunk={trunk}
        search={search}
        layout={layout}
        canSplit={room >= SPLIT_MIN_PX}
        isNarrow={isNarrow}
        viewedCount={viewed.size}
        tree={several ? showsTree : undefined}
        onSearch={onSearch}
        onTree={(shown) => setTree(shown ? "shown" : "hidden")}
        onFind={finding.open}
      />
      {finding.isOpen && <FindBar {...finding} />}
      {newPushAt !== undefined && (
        <NewPush at={newPushAt} read={diff.data} newer={newer.data} onShow={() => setSeen(branch.revision)} />
      )}
      {whitespaceOnly > 0 && (
        <p className="diff-bar plain">
          {count(whitespaceOnly, "file has", "files have")} only whitespace changes.
        </p>
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
          {ignoreWhitespace && ", whitespace aside"}.
        </p>
      )}
      {files && files.length > 0 && (
        <div
          className={isNarrow ? "diff-panes stacked" : "diff-panes"}
          data-waiting={diff.isPlaceholderData || undefined}
        >
          {showsTree && <FileTreeView files={files} viewed={viewed} visible={visibleFile} onOpen={goTo} />}
          <RowSurface
            ref={surface}
            files={files}
            layout={layout}
            wrap={search.wrap}
            viewed={viewed}
            marked={marked}
            finding={finding.shown}
            onViewed={setViewed}
            onLine={({ path, line }) => onSearch({ file: path, line })}
            onVisibleFile={setVisibleFile}
          />
        </div>
      )}
    </div>
  );
}

function useAction(id: ShortcutId, action: () => void): void {
  useShortcut(id, () => {
    action();
    return true;
  });
}

/** The files in the order of the tree; those that vanish with the whitespace stay, and say so. */
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
    foldReason: known.has(file.path) ? reasons[index] : WHITESPACE_ONLY,
  }));
}

/** When a newer revision than the one that is read was first noticed here. */
function useTimeOf(revision: string, seen: string): string | undefined {
  const [noticed, setNoticed] = useState({ revision, at: "" });
  if (noticed.revision !== revision) setNoticed({ revision, at: new Date().toISOString() });
  return revision === seen ? undefined : noticed.at || new Date().toISOString();
}

/** Goes to the file and line that the address names, once, when they are there. */
function usePlaceInAddress(
  { file, line }: BranchSearch,
  loaded: boolean,
  surface: RefObject<DiffSurfaceHandle | null>,
): void {
  const first = useRef(file === undefined ? undefined : { file, line });
  useEffect(() => {
    if (!loaded || first.current === undefined) return;
    surface.current?.scrollTo(first.current.file, first.current.line);
    first.current = undefined;
  }, [loaded, surface]);
}
