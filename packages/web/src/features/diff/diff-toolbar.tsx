import type { ReactNode } from "react";
import type { BranchDiff } from "stackit/contract/view";
import { firstKey } from "../../keyboard/shortcuts.ts";
import { count } from "../../lib/words.ts";
import { Button, Toggle } from "../../ui/button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { Segments } from "../../ui/segments.tsx";
import { LineCounts } from "../stacks/line-counts.tsx";
import { DiffMenu, type MenuChoice } from "./diff-menu.tsx";
import type { DiffReading } from "./use-diff-reading.ts";

export function DiffToolbar({
  reading,
  diff,
  whitespace,
  children,
}: {
  reading: DiffReading;
  diff: BranchDiff | undefined;
  /** Absent where white space cannot be ignored. */
  whitespace?: MenuChoice;
  /** What stands before all else. */
  children?: ReactNode;
}) {
  const { files, layout, canSplit, isNarrow, viewed, wrap, tree, onSearch } = reading;
  const added = files?.reduce((sum, file) => sum + file.added, 0);
  const deleted = files?.reduce((sum, file) => sum + file.deleted, 0);
  return (
    <div className="diff-toolbar">
      {children}
      {files && (
        <span className="meta diff-totals">
          {count(files.length, "file")} <LineCounts added={added} deleted={deleted} />
          {viewed.size > 0 && ` · ${viewed.size} of ${files.length} viewed`}
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
      {whitespace && !isNarrow && (
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
        onClick={reading.finding.open}
      >
        <Sign name="search" />
      </Button>
      <DiffMenu
        diff={diff}
        choices={[
          ...(whitespace && isNarrow ? [whitespace] : []),
          { label: "Wrap lines", id: "toggleWrap", on: wrap, set: (on) => onSearch({ wrap: on }) },
          ...(tree === undefined
            ? []
            : [{ label: "File tree", id: "toggleTree" as const, on: tree, set: reading.setTree }]),
        ]}
      />
    </div>
  );
}
