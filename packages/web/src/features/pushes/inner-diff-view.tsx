import { useMemo, useRef } from "react";
import { offsetsOf } from "../../lib/window.ts";
import { useWindow } from "../../ui/use-window.ts";
import { columnsOf } from "../diff/diff-rows.ts";
import { wordDiff } from "../diff/word-diff.ts";
import type { InnerLine } from "./inner-diff.ts";

const LINE_PX = 20;
const MARKERS_PX = 64;

/** A diff of two messages, or of two patches, whose lines have a marker of their own. Only what is seen is in the document. */
export function InnerDiffView({
  name,
  lines,
  hasMarkers = false,
}: {
  name: string;
  lines: readonly InnerLine[];
  /** Whether its lines are those of a patch. */
  hasMarkers?: boolean;
}) {
  const list = useRef<HTMLDivElement>(null);
  const offsets = useMemo(() => offsetsOf(lines.map(() => LINE_PX)), [lines]);
  const columns = useMemo(
    () => lines.reduce((most, { text }) => Math.max(most, columnsOf(text)), 0),
    [lines],
  );
  const { start, end } = useWindow(list, offsets);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className="inner-diff" data-scroller aria-label={name} tabIndex={0}>
      <div
        ref={list}
        style={{
          height: lines.length * LINE_PX,
          paddingTop: offsets[start] ?? 0,
          minWidth: `calc(${columns}ch + ${MARKERS_PX}px)`,
        }}
      >
        {lines.slice(start, end).map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines of one diff never change.
          <Line key={start + index} line={line} hasMarkers={hasMarkers} />
        ))}
      </div>
    </section>
  );
}

const outerNames = { "+": "gained", "-": "lost", "": "" } as const;
const innerNames = { "+": "added", "-": "deleted", "": "" } as const;

function Line({ line, hasMarkers }: { line: InnerLine; hasMarkers: boolean }) {
  const { kind, outer, inner, text } = line;
  return (
    <div className={`inner-line ${kind}`} data-outer={outerNames[outer] || undefined}>
      <Marker sign={outer} name={outerNames[outer]} />
      {hasMarkers && <Marker sign={inner} name={innerNames[inner]} />}
      <span className="text">{kind === "gap" && text === "" ? "⋯" : <Words line={line} />}</span>
    </div>
  );
}

function Marker({ sign, name }: { sign: InnerLine["outer"]; name: string }) {
  return (
    <span className="marker" data-sign={sign || undefined}>
      {sign !== "" && (
        <>
          <span aria-hidden="true">{sign === "-" ? "−" : sign}</span>
          <span className="vh">{name}</span>
        </>
      )}
    </span>
  );
}

function Words({ line: { text, outer, pair } }: { line: InnerLine }) {
  const diff = pair === undefined ? undefined : outer === "-" ? wordDiff(text, pair) : wordDiff(pair, text);
  if (!diff) return text;
  let at = 0;
  return (outer === "-" ? diff.before : diff.after).map((part) => {
    const key = at;
    at += part.text.length;
    return part.changed ? <mark key={key}>{part.text}</mark> : part.text;
  });
}
