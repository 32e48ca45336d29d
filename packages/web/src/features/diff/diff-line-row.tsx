import type { ReactNode } from "react";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import type { DiffRow } from "./diff-rows.ts";
import { isCalled, lineName } from "./diff-surface.ts";
import type { Gap } from "./file-context.ts";
import { type Hit, placesIn } from "./find-in-diff.ts";
import { type GapPart, gapButtons } from "./gap-parts.ts";
import type { DiffLine } from "./parse-patch.ts";
import { PictureView } from "./picture-view.tsx";
import { colourText, type LineColours } from "./syntax/colours.ts";
import type { ColouredLines } from "./syntax/painter.ts";
import { wordDiff } from "./word-diff.ts";

/** What lines look like beside what they say. */
export interface RowLook {
  colours: ColouredLines | undefined;
  /** The name of the line that the address names. */
  marked: string | undefined;
  /** What is looked for, and the hit that the reader is at. */
  words: string;
  hit: Hit | undefined;
}

/** One row. Words are only compared here, so only for what is seen. */
export function DiffLineRow({
  row,
  path,
  look,
  onLine,
  onMore,
}: {
  row: DiffRow;
  path: string;
  look: RowLook;
  onLine: ((line: string) => void) | undefined;
  onMore: ((gap: Gap, part: GapPart) => void) | undefined;
}) {
  switch (row.kind) {
    case "note":
      return <p className="diff-note">{row.text}</p>;
    case "picture":
      return <PictureView picture={row.picture} path={path} />;
    case "hunk":
      return <HunkHead text={row.text} gap={row.gap} onMore={onMore} />;
    case "line":
      return (
        <Line line={row.line} look={look}>
          <Gutter line={row.line} number={row.line.old} onLine={onLine} />
          <Gutter line={row.line} number={row.line.new} onLine={onLine} />
          <Text line={row.line} pair={row.pair} look={look} />
        </Line>
      );
    case "pair":
      return (
        <div className="diff-pair">
          <Half line={row.left} pair={row.right} side="old" look={look} onLine={onLine} />
          <Half line={row.right} pair={row.left} side="new" look={look} onLine={onLine} />
        </div>
      );
  }
}

function HunkHead({
  text,
  gap,
  onMore,
}: {
  text: string;
  gap: Gap | undefined;
  onMore: ((gap: Gap, part: GapPart) => void) | undefined;
}) {
  return (
    <div className="diff-hunk">
      {gap &&
        onMore &&
        gapButtons(gap).map(({ part, label, name }) => (
          <button
            key={part}
            type="button"
            className="more-lines"
            aria-label={name}
            title={name}
            onClick={() => onMore(gap, part)}
          >
            {part !== "all" && <Sign name="down" className={part} />}
            {label}
          </button>
        ))}
      <span className="cut">{text}</span>
    </div>
  );
}

function Line({ line, look, children }: { line: DiffLine; look: RowLook; children: ReactNode }) {
  const isMarked = look.marked !== undefined && isCalled(line, look.marked);
  return (
    <div className={`diff-line ${line.kind}`} aria-current={isMarked ? "location" : undefined}>
      {children}
      {isMarked && (
        <span className="line-link">
          <CopyButton text={location.href} what="a link to this line" />
        </span>
      )}
    </div>
  );
}

function Half({
  line,
  pair,
  side,
  look,
  onLine,
}: {
  line: DiffLine | undefined;
  pair: DiffLine | undefined;
  side: "old" | "new";
  look: RowLook;
  onLine: ((line: string) => void) | undefined;
}) {
  if (!line) return <div className="diff-line none" />;
  // A line that stayed stands on both sides, and is marked on the new one.
  const isTwin = side === "old" && line.kind === "same";
  return (
    <Line line={line} look={isTwin ? { ...look, marked: undefined } : look}>
      <Gutter line={line} number={side === "old" ? line.old : line.new} onLine={onLine} />
      <Text line={line} pair={line === pair ? undefined : pair} look={look} />
    </Line>
  );
}

/** A press puts the line into the address. The number is drawn by its style, so that copied code is without it. */
function Gutter({
  line,
  number,
  onLine,
}: {
  line: DiffLine;
  number: number;
  onLine: ((line: string) => void) | undefined;
}) {
  if (number === 0) return <span className="gutter" />;
  if (!onLine) return <span className="gutter" data-line={number} />;
  return (
    <button
      type="button"
      className="gutter"
      data-line={number}
      tabIndex={-1}
      aria-label={`Line ${number}`}
      onClick={() => onLine(lineName(line))}
    />
  );
}

const markers = {
  add: { sign: "+", name: "added" },
  del: { sign: "−", name: "deleted" },
  same: undefined,
} as const;

function Text({ line, pair, look }: { line: DiffLine; pair: DiffLine | undefined; look: RowLook }) {
  const marker = markers[line.kind];
  return (
    <>
      <span className="marker">
        {marker && (
          <>
            <span aria-hidden="true">{marker.sign}</span>
            <span className="vh">{marker.name}</span>
          </>
        )}
      </span>
      <span className="text">
        <Words line={line} pair={pair} look={look} />
        {line.noNewline && <span className="no-newline">no line break at the end of the file</span>}
      </span>
    </>
  );
}

function Words({ line, pair, look }: { line: DiffLine; pair: DiffLine | undefined; look: RowLook }) {
  const diff =
    pair && (line.kind === "del" ? wordDiff(line.text, pair.text) : wordDiff(pair.text, line.text));
  if (!diff) return <Searched line={line} look={look} start={0} end={line.text.length} />;
  let end = 0;
  return (line.kind === "del" ? diff.before : diff.after).map((part) => {
    const start = end;
    end += part.text.length;
    const text = <Searched key={start} line={line} look={look} start={start} end={end} />;
    return part.changed ? <mark key={start}>{text}</mark> : text;
  });
}

interface Part {
  line: DiffLine;
  look: RowLook;
  start: number;
  end: number;
}

/** A part of a line, with what is looked for in it marked. */
function Searched({ line, look, start, end }: Part) {
  const colours = look.colours?.get(line) ?? PLAIN;
  const places = placesIn(line.text, look.words);
  if (places.length === 0) return <Coloured text={line.text} colours={colours} start={start} end={end} />;
  let at = start;
  const parts = places.flatMap((place) => {
    const [from, to] = [Math.max(place, start), Math.min(place + look.words.length, end)];
    if (from >= to) return [];
    const before = { start: at, end: from, className: undefined };
    at = to;
    const isHere = look.hit?.line === line && look.hit.start === place;
    return [before, { start: from, end: to, className: isHere ? "hit here" : "hit" }];
  });
  return [...parts, { start: at, end, className: undefined }].map((part) => {
    const key = `${part.start} ${part.end}`;
    const text = <Coloured key={key} text={line.text} colours={colours} start={part.start} end={part.end} />;
    if (part.className === undefined) return text;
    return (
      <mark key={key} className={part.className}>
        {text}
      </mark>
    );
  });
}

const PLAIN: LineColours = [];

function Coloured({
  text: line,
  colours,
  start,
  end,
}: {
  text: string;
  colours: LineColours;
  start: number;
  end: number;
}) {
  let at = start;
  return colourText(line, colours, start, end).map(({ text, colour }) => {
    const key = at;
    at += text.length;
    if (colour === "plain") return text;
    return (
      <span key={key} className={`syn-${colour}`}>
        {text}
      </span>
    );
  });
}
