import type { Branch, BranchDiff } from "stackit/contract/view";
import { firstKey, type ShortcutId } from "../../keyboard/shortcuts.ts";
import { count } from "../../lib/words.ts";
import type { BranchSearch } from "../../routes/location.ts";
import { Toggle } from "../../ui/button.tsx";
import { Segments } from "../../ui/segments.tsx";
import { LineCounts } from "../stacks/line-counts.tsx";
import { DiffMenu } from "./diff-menu.tsx";
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
  tree,
  onSearch,
  onTree,
}: {
  files: readonly SurfaceFile[] | undefined;
  diff: BranchDiff | undefined;
  branch: Branch;
  trunk: string;
  search: BranchSearch;
  layout: Layout;
  canSplit: boolean;
  /** Undefined where there is no room or no need for it. */
  tree: boolean | undefined;
  onSearch: (change: Partial<BranchSearch>) => void;
  onTree: (shown: boolean) => void;
}) {
  const added = files?.reduce((sum, file) => sum + file.added, 0);
  const deleted = files?.reduce((sum, file) => sum + file.deleted, 0);
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
      <KeyToggle
        id="toggleWhitespace"
        label="Ignore whitespace"
        pressed={search.ignoreWhitespace}
        onChange={(ignoreWhitespace) => onSearch({ ignoreWhitespace })}
      />
      {layout === "unified" && (
        <KeyToggle
          id="toggleWrap"
          label="Wrap"
          pressed={search.wrap}
          onChange={(wrap) => onSearch({ wrap })}
        />
      )}
      {tree !== undefined && <KeyToggle id="toggleTree" label="Tree" pressed={tree} onChange={onTree} />}
      <DiffMenu diff={diff} />
    </div>
  );
}

function KeyToggle({
  id,
  label,
  pressed,
  onChange,
}: {
  id: ShortcutId;
  label: string;
  pressed: boolean;
  onChange: (pressed: boolean) => void;
}) {
  return (
    <Toggle
      look="quiet"
      size="small"
      pressed={pressed}
      title={`${label} (${firstKey(id)})`}
      onClick={() => onChange(!pressed)}
    >
      {label}
    </Toggle>
  );
}
