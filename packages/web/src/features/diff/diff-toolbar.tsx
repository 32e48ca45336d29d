import type { Branch, BranchDiff } from "stackit/contract/view";
import { firstKey } from "../../keyboard/shortcuts.ts";
import { count } from "../../lib/words.ts";
import type { BranchSearch } from "../../routes/location.ts";
import { Button, Toggle } from "../../ui/button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { Segments } from "../../ui/segments.tsx";
import { LineCounts } from "../stacks/line-counts.tsx";
import { DiffMenu, type MenuChoice } from "./diff-menu.tsx";
import type { Layout } from "./diff-rows.ts";
import type { SurfaceFile } from "./diff-surface.ts";

export function DiffToolbar({
  files,
  diff,
  branch,
  trunk,
  search,
  layout,
  canSplit,
  isNarrow,
  viewedCount,
  tree,
  onSearch,
  onTree,
  onFind,
}: {
  files: readonly SurfaceFile[] | undefined;
  diff: BranchDiff | undefined;
  branch: Branch;
  trunk: string;
  search: BranchSearch;
  layout: Layout;
  canSplit: boolean;
  /** Then what is seldom pressed is in the menu. */
  isNarrow: boolean;
  viewedCount: number;
  /** Whether it is shown; undefined where there is no need for it. */
  tree: boolean | undefined;
  onSearch: (change: Partial<BranchSearch>) => void;
  onTree: (shown: boolean) => void;
  onFind: () => void;
}) {
  const added = files?.reduce((sum, file) => sum + file.added, 0);
  const deleted = files?.reduce((sum, file) => sum + file.deleted, 0);
  const whitespace: MenuChoice = {
    label: "Ignore whitespace",
    id: "toggleWhitespace",
    on: search.ignoreWhitespace,
    set: (ignoreWhitespace) => onSearch({ ignoreWhitespace }),
  };
  return (
    <div className="diff-toolbar">
      {branch.depth > 1 && (
        <Segments
          name="Compare with"
          value={search.base}
          choices={[
            { value: "parent", label: "Parent", title: `Against ${branch.parent ?? trunk}` },
            { value: "trunk", label: "Trunk", title: `Against ${trunk}: the whole stack below` },
          ]}
          onChoose={(base) => onSearch({ base })}
        />
      )}
      {files && (
        <span className="meta diff-totals">
          {count(files.length, "file")} <LineCounts added={added} deleted={deleted} />
          {viewedCount > 0 && ` · ${viewedCount} of ${files.length} viewed`}
        </span>
      )}
      <span className="spring" />
      {canSplit && (
        <Segments
          name="Layout"
          value={layout}
          choices={[
            { value: "unified", label: "Unified", title: `${firstKey("toggleLayout")} switches` },
            { value: "split", label: "Split", title: `${firstKey("toggleLayout")} switches` },
          ]}
          onChoose={(chosen) => onSearch({ layout: chosen })}
        />
      )}
      {!isNarrow && (
        <Toggle
          look="quiet"
          size="small"
          pressed={whitespace.on}
          title={`${whitespace.label} (${firstKey(whitespace.id)})`}
          onClick={() => whitespace.set(!whitespace.on)}
        >
          {whitespace.label}
        </Toggle>
      )}
      <Button
        look="quiet"
        size="small"
        aria-label="Find in diff"
        title={`Find in diff (${firstKey("findInDiff")})`}
        onClick={onFind}
      >
        <Sign name="search" />
      </Button>
      <DiffMenu
        diff={diff}
        choices={[
          ...(isNarrow ? [whitespace] : []),
          { label: "Wrap lines", id: "toggleWrap", on: search.wrap, set: (wrap) => onSearch({ wrap }) },
          ...(tree === undefined
            ? []
            : [{ label: "File tree", id: "toggleTree" as const, on: tree, set: onTree }]),
        ]}
      />
    </div>
  );
}
