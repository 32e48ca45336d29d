import type { DiffRow } from "./diff-rows.ts";
import type { DiffLine } from "./parse-patch.ts";
import { wordDiff } from "./word-diff.ts";

/** One row. Words are only compared here, so only for what is seen. */
export function DiffLineRow({ row }: { row: DiffRow }) {
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
          <Text line={row.line} pair={row.pair} />
        </div>
      );
    case "pair":
      return (
        <div className="diff-pair">
          <Half line={row.left} pair={row.right} side="old" />
          <Half line={row.right} pair={row.left} side="new" />
        </div>
      );
  }
}

function Half({
  line,
  pair,
  side,
}: {
  line: DiffLine | undefined;
  pair: DiffLine | undefined;
  side: "old" | "new";
}) {
  if (!line) return <div className="diff-line none" />;
  return (
    <div className={`diff-line ${line.kind}`}>
      <Gutter line={side === "old" ? line.old : line.new} />
      <Text line={line} pair={line === pair ? undefined : pair} />
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

function Text({ line, pair }: { line: DiffLine; pair: DiffLine | undefined }) {
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
        <Words line={line} pair={pair} />
        {line.noNewline && <span className="no-newline">no line break at the end of the file</span>}
      </span>
    </>
  );
}

function Words({ line, pair }: { line: DiffLine; pair: DiffLine | undefined }) {
  const diff =
    pair && (line.kind === "del" ? wordDiff(line.text, pair.text) : wordDiff(pair.text, line.text));
  if (!diff) return line.text;
  const parts = line.kind === "del" ? diff.before : diff.after;
  // Parts have no identity but their place in the line.
  return parts.map((part, index) =>
    part.changed ? <mark key={String(index)}>{part.text}</mark> : part.text,
  );
}
