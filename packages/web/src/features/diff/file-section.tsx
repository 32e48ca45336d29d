import { memo } from "react";
import { firstKey } from "../../keyboard/shortcuts.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { LineCounts } from "../stacks/line-counts.tsx";
import { DiffLineRow, type RowLook } from "./diff-line-row.tsx";
import type { DiffRow } from "./diff-rows.ts";
import { HEAD_HEIGHT } from "./diff-rows.ts";
import type { LinePlace, SurfaceFile } from "./diff-surface.ts";
import type { Gap } from "./file-context.ts";
import type { Hit } from "./find-in-diff.ts";
import type { GapPart } from "./gap-parts.ts";
import type { FileDiff } from "./parse-patch.ts";
import type { Painter } from "./syntax/painter.ts";
import { useColours } from "./syntax/use-painter.ts";

/** One file of a diff. Drawn again when its window of rows moves, not when another file's does. */
export const FileSection = memo(function FileSection({
  file,
  open,
  top,
  height,
  rows,
  offsets,
  columns,
  scrolls,
  start,
  end,
  isNear,
  isViewed,
  marked,
  words,
  hit,
  painter,
  onViewed,
  onLine,
  onMore,
  onToggle,
}: {
  file: SurfaceFile;
  open: boolean;
  top: number;
  height: number;
  rows: readonly DiffRow[];
  offsets: Float64Array;
  columns: number;
  /** Whether its lines are longer than the view is wide. */
  scrolls: boolean;
  start: number;
  end: number;
  /** Whether its head is to be used, or only there to be listed and found. */
  isNear: boolean;
  isViewed: boolean;
  /** The name of the line that the address names. */
  marked: string | undefined;
  /** What is looked for, and the hit that the reader is at. */
  words: string;
  hit: Hit | undefined;
  painter: Painter;
  onViewed: ((file: SurfaceFile, viewed: boolean) => void) | undefined;
  onLine: ((place: LinePlace) => void) | undefined;
  onMore: ((file: SurfaceFile, gap: Gap, part: GapPart) => void) | undefined;
  onToggle: (file: SurfaceFile) => void;
}) {
  const colours = useColours(painter, file, end > start);
  const look: RowLook = { colours, marked, words, hit };
  const width = columns > 0 ? { minWidth: `calc(${columns + 1}ch + 2 * var(--gutter) + 30px)` } : {};
  return (
    <div className="diff-file" data-file={file.path} style={{ top, height }}>
      <FileHead
        file={file}
        open={open}
        isNear={isNear}
        isViewed={isViewed}
        onToggle={() => onToggle(file)}
        onViewed={onViewed && ((viewed) => onViewed(file, viewed))}
      />
      {open ? (
        <div
          className="diff-body"
          style={{ height: height - HEAD_HEIGHT }}
          {...(scrolls ? { role: "group", "aria-label": `Lines of ${file.path}`, tabIndex: 0 } : {})}
        >
          <div className="diff-rows" style={{ paddingTop: offsets[start] ?? 0, ...width }}>
            {rows.slice(start, end).map((row, index) => (
              <DiffLineRow
                // A gap is the same one wherever it comes to lie, which keeps the focus on its buttons.
                key={row.kind === "hunk" && row.gap ? `gap ${row.gap.index}` : start + index}
                row={row}
                path={file.path}
                look={look}
                onLine={onLine && ((line) => onLine({ path: file.path, line }))}
                onMore={onMore && ((gap, part) => onMore(file, gap, part))}
              />
            ))}
          </div>
        </div>
      ) : (
        file.foldReason !== undefined &&
        !isViewed && (
          <p className="diff-note">
            {file.foldReason}.
            <button type="button" className="link" onClick={() => onToggle(file)}>
              Show it
            </button>
          </p>
        )
      )}
    </div>
  );
});

const kindWords: Record<FileDiff["kind"], string> = {
  added: "added",
  deleted: "deleted",
  modified: "modified",
  renamed: "renamed",
  copied: "copied",
};

export const kindLetters: Record<FileDiff["kind"], string> = {
  added: "A",
  deleted: "D",
  modified: "M",
  renamed: "R",
  copied: "C",
};

function FileHead({
  file,
  open,
  isNear,
  isViewed,
  onToggle,
  onViewed,
}: {
  file: SurfaceFile;
  open: boolean;
  isNear: boolean;
  isViewed: boolean;
  onToggle: () => void;
  onViewed: ((viewed: boolean) => void) | undefined;
}) {
  const slash = file.path.lastIndexOf("/") + 1;
  return (
    <div className="diff-head">
      {isNear && (
        <>
          <button
            type="button"
            className="fold"
            aria-expanded={open}
            aria-label={`Lines of ${file.path}`}
            onClick={onToggle}
          >
            <Sign name={open ? "down" : "right"} />
          </button>
          <span className={`letter ${file.kind}`} title={kindWords[file.kind]} aria-hidden="true">
            {kindLetters[file.kind]}
          </span>
        </>
      )}
      <h3 className="cut mono" tabIndex={-1} title={file.path}>
        <bdi>
          <span className="subtle">{file.path.slice(0, slash)}</span>
          {file.path.slice(slash)}
        </bdi>
      </h3>
      {isNear && (
        <>
          <CopyButton text={file.path} what={`the path ${file.path}`} />
          <span className="spring" />
          <span className="meta num">
            {file.added + file.deleted > 0 && <LineCounts added={file.added} deleted={file.deleted} />}
          </span>
          {onViewed && (
            <label className="viewed" title={`Viewed (${firstKey("markViewed")} marks it and goes on)`}>
              <input
                type="checkbox"
                aria-label={`Viewed ${file.path}`}
                checked={isViewed}
                onChange={(event) => onViewed(event.currentTarget.checked)}
              />
              <span>Viewed</span>
            </label>
          )}
        </>
      )}
    </div>
  );
}
