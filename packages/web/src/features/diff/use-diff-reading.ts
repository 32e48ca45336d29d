import { type RefObject, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import type { ShortcutId } from "../../keyboard/shortcuts.ts";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import type { BranchSearch } from "../../routes/location.ts";
import { useStored } from "../../ui/use-stored.ts";
import type { Layout } from "./diff-rows.ts";
import { type DiffSurfaceHandle, isCalled, type LinePlace, type SurfaceFile } from "./diff-surface.ts";
import { type FindState, useFinding } from "./find-bar.tsx";
import type { FileDiff } from "./parse-patch.ts";
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

/** How a diff is read: what of it is shown in which way, where the reader is, and the keys for that. */
export interface DiffReading {
  files: readonly SurfaceFile[] | undefined;
  /** What the diff is in, whose width decides how much has room. */
  frame: RefObject<HTMLDivElement | null>;
  surface: RefObject<DiffSurfaceHandle | null>;
  layout: Layout;
  canSplit: boolean;
  isNarrow: boolean;
  wrap: boolean;
  /** Whether the tree is shown; undefined where there is no need for it. */
  tree: boolean | undefined;
  viewed: ReadonlySet<string>;
  visibleFile: string | undefined;
  /** The line that the address names. */
  marked: LinePlace | undefined;
  finding: FindState;
  setTree: (shown: boolean) => void;
  setViewed: (file: FileDiff, viewed: boolean) => void;
  setVisibleFile: (path: string) => void;
  goTo: (path: string | undefined) => void;
  onSearch: (change: Partial<BranchSearch>) => void;
}

export function useDiffReading({
  repoId,
  files,
  reach = neverReached,
  search,
  onSearch,
}: {
  repoId: string;
  files: readonly SurfaceFile[] | undefined;
  /** Shows a line that the diff leaves out, and says whether it could. Absent where no more lines are to be had. */
  reach?: (path: string, line: string) => Promise<boolean>;
  search: BranchSearch;
  onSearch: (change: Partial<BranchSearch>) => void;
}): DiffReading {
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
  const canSplit = room >= SPLIT_MIN_PX;
  const layout = canSplit ? wanted : "unified";
  const marked = useMemo(
    () => (search.file && search.line ? { path: search.file, line: search.line } : undefined),
    [search.file, search.line],
  );
  const goTo = (path: string | undefined) => {
    if (path !== undefined && surface.current?.scrollTo(path)) onSearch({ file: path, line: undefined });
  };
  const finding = useFinding(files, surface);
  const setViewed = (file: FileDiff, isViewed: boolean) => marks.set(file, isViewed);

  usePlaceInAddress(search, files, reach, surface);
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
  useAction("toggleWrap", () => onSearch({ wrap: !search.wrap }));
  useAction("toggleTree", () => {
    // What had the focus in the tree goes with it.
    if (document.activeElement?.closest(".tree-pane")) {
      frame.current?.querySelector<HTMLElement>(".diff-scroller")?.focus();
    }
    setTree(showsTree ? "hidden" : "shown");
  });

  return {
    files,
    frame,
    surface,
    layout,
    canSplit,
    isNarrow,
    wrap: search.wrap,
    tree: several ? showsTree : undefined,
    viewed,
    visibleFile,
    marked,
    finding,
    setTree: (shown) => setTree(shown ? "shown" : "hidden"),
    setViewed,
    setVisibleFile,
    goTo,
    onSearch,
  };
}

export function useAction(id: ShortcutId, action: () => void): void {
  useShortcut(id, () => {
    action();
    return true;
  });
}

/** Goes to the file and line that the address names, once, when they are there, and makes a line be shown that the patch leaves out. */
function usePlaceInAddress(
  { file, line }: BranchSearch,
  files: readonly SurfaceFile[] | undefined,
  reach: (path: string, line: string) => Promise<boolean>,
  surface: RefObject<DiffSurfaceHandle | null>,
): void {
  const wanted = useRef(file === undefined ? undefined : { file, line });
  const [asked, setAsked] = useState(false);
  const reachOnce = useEffectEvent((path: string, name: string) => {
    setAsked(true);
    void reach(path, name).then((isReached) => {
      if (!isReached) wanted.current = undefined;
    });
  });
  useEffect(() => {
    if (!files || !wanted.current) return;
    const { file: path, line: name } = wanted.current;
    const isHere = name === undefined || hasLine(files, { path, line: name });
    surface.current?.scrollTo(path, isHere ? name : undefined);
    if (isHere) wanted.current = undefined;
    else if (!asked) reachOnce(path, name);
  }, [files, asked, surface]);
}

async function neverReached(): Promise<boolean> {
  return false;
}

function hasLine(files: readonly SurfaceFile[], { path, line }: LinePlace): boolean {
  const file = files.find((one) => one.path === path);
  return file?.hunks.some(({ lines }) => lines.some((one) => isCalled(one, line))) ?? false;
}
