import type { DiffRow } from "./diff-rows.ts";
import type { DiffLine } from "./parse-patch.ts";
import { colourText, type LineColours } from "./syntax/colours.ts";
import type { ColouredLines } from "./syntax/painter.ts";
import { wordDiff } from "./word-diff.ts";

/** One row. Words are only compared here, so only for what is seen. */
export function DiffLineRow({ row, colours }: { row: DiffRow; colours: ColouredLines | undefined }) {
  switch (row.kind) {
    case "note":
      return <p className="diff-note">{row.text}</p>;
    case "hunk":
      return <p className="diff-hunk">{row.text}</p>;
    case "line":
      return (
        <div className={`diff-line ${row.line.kind}`}>
          <Gutter line={row.line.old} />
          <Gutter line={row.line.new} />
          <Text line={row.line} pair={row.pair} colours={colours} />
        </div>
      );
    case "pair":
      return (
        <div className="diff-pair">
          <Half line={row.left} pair={row.right} side="old" colours={colours} />
          <Half line={row.right} pair={row.left} side="new" colours={colours} />
        </div>
      );
  }
}

function Half({
  line,
  pair,
  side,
  colours,
}: {
  line: DiffLine | undefined;
  pair: DiffLine | undefined;
  side: "old" | "new";
  colours: ColouredLines | undefined;
}) {
  if (!line) return <div className="diff-line none" />;
  return (
    <div className={`diff-line ${line.kind}`}>
      <Gutter line={side === "old" ? line.old : line.new} />
      <Text line={line} pair={line === pair ? undefined : pair} colours={colours} />
    </div>
  );
}

function Gutter({ line }: { line: number }) {
  return <span className="gutter" data-line={line || undefined} />;
}

const markers = {
  add: { sign: "+", name: "added" },
  del: { sign: "−", name: "deleted" },
  same: undefined,
} as const;

const PLAIN: LineColours = [];

function Text({
  line,
  pair,
  colours,
}: {
  line: DiffLine;
  pair: DiffLine | undefined;
  colours: ColouredLines | undefined;
}) {
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
        <Words line={line} pair={pair} colours={colours?.get(line) ?? PLAIN} />
        {line.noNewline && <span className="no-newline">no line break at the end of the file</span>}
      </span>
    </>
  );
}

function Words({
  line,
  pair,
  colours,
}: {
  line: DiffLine;
  pair: DiffLine | undefined;
  colours: LineColours;
}) {
  const diff =
    pair && (line.kind === "del" ? wordDiff(line.text, pair.text) : wordDiff(pair.text, line.text));
  if (!diff) return <Coloured line={line.text} colours={colours} />;
  let end = 0;
  return (line.kind === "del" ? diff.before : diff.after).map((part) => {
    const start = end;
    end += part.text.length;
    const text = <Coloured key={start} line={line.text} colours={colours} start={start} end={end} />;
    return part.changed ? <mark key={start}>{text}</mark> : text;
  });
}

function Coloured({
  line,
  colours,
  start = 0,
  end = line.length,
}: {
  line: string;
  colours: LineColours;
  start?: number;
  end?: number;
}) {
  let at = start;
  return colourText(line, colours, start, end).map(({ text, colour }) => {
    const key = at;
    at += text.length;
    return colour === "plain" ? (
      text
    ) : (
      <span key={key} className={`syn-${colour}`}>
        {text}
      </span>
    );
  });
}
