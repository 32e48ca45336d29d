import type { DiffSurfaceProps } from "./diff-surface.ts";
import { FileTreeView } from "./file-tree-view.tsx";
import { RowSurface } from "./row-surface.tsx";
import type { DiffReading } from "./use-diff-reading.ts";

/** The lines of a diff, with the tree of its files beside them. Nothing where there are no files. */
export function DiffPanes({
  reading,
  isWaiting = false,
  onMore,
}: {
  reading: DiffReading;
  /** Whether another diff is about to take its place. */
  isWaiting?: boolean;
  onMore?: DiffSurfaceProps["onMore"];
}) {
  const { files, isNarrow, viewed, onSearch } = reading;
  if (!files || files.length === 0) return null;
  return (
    <div className={isNarrow ? "diff-panes stacked" : "diff-panes"} data-waiting={isWaiting || undefined}>
      {reading.tree && (
        <FileTreeView files={files} viewed={viewed} visible={reading.visibleFile} onOpen={reading.goTo} />
      )}
      <RowSurface
        ref={reading.surface}
        files={files}
        layout={reading.layout}
        wrap={reading.wrap}
        viewed={viewed}
        marked={reading.marked}
        finding={reading.finding.shown}
        onViewed={reading.setViewed}
        onLine={({ path, line }) => onSearch({ file: path, line })}
        onMore={onMore}
        onVisibleFile={reading.setVisibleFile}
      />
    </div>
  );
}
