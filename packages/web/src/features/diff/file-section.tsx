import { memo } from "react";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { LineCounts } from "../stacks/line-counts.tsx";
import { DiffLineRow } from "./diff-line-row.tsx";
import type { DiffRow } from "./diff-rows.ts";
import { HEAD_HEIGHT } from "./diff-rows.ts";
import type { SurfaceFile } from "./diff-surface.ts";
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
  painter,
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
  painter: Painter;
  onToggle: (file: SurfaceFile) => void;
}) {
  const colours = useColours(painter, file, end > start);
  const width = columns > 0 ? { minWidth: `calc(${columns + 1}ch + 2 * var(--gutter) + 30px)` } : {};
  return (
    <div className="diff-file" data-file={file.path} style={{ top, height }}>
      <FileHead file={file} open={open} onToggle={() => onToggle(file)} />
      {open ? (
        <div
          className="diff-body"
          style={{ height: height - HEAD_HEIGHT }}
          {...(scrolls ? { role: "group", "aria-label": `Lines of ${file.path}`, tabIndex: 0 } : {})}
        >
          <div className="diff-rows" style={{ paddingTop: offsets[start] ?? 0, ...width }}>
            {rows.slice(start, end).map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a row has no identity but its place.
              <DiffLineRow key={start + index} row={row} colours={colours} />
            ))}
          </div>
        </div>
      ) : (
        file.foldReason !== undefined && (
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

function FileHead({ file, open, onToggle }: { file: SurfaceFile; open: boolean; onToggle: () => void }) {
  const slash = file.path.lastIndexOf("/") + 1;
  return (
    <div className="diff-head">
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
      <h3 className="cut mono" tabIndex={-1} title={file.path}>
        <bdi>
          <span className="subtle">{file.path.slice(0, slash)}</span>
          {file.path.slice(slash)}
        </bdi>
      </h3>
      <CopyButton text={file.path} what={`the path ${file.path}`} />
      <span className="spring" />
      <span className="meta num">
        {file.added + file.deleted > 0 && <LineCounts added={file.added} deleted={file.deleted} />}
      </span>
    </div>
  );
}
