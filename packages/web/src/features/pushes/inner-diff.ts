/** A line of the diff of two messages or of two patches. */
export interface InnerLine {
  /** `gap`: lines are left out here; what follows is in `text`, unless that was said before. `file`, `hunk`: the heads of the patches themselves. */
  kind: "gap" | "file" | "hunk" | "line";
  /** What happened to the line of the patch, or of the message. */
  outer: "+" | "-" | "";
  /** What the patch does to the line of the file. */
  inner: "+" | "-" | "";
  text: string;
  /** What stood in its place before, or stands there now, where a run of lines took the place of as many. */
  pair: string | undefined;
}

/** The diff of two patches. Its first marker is of the diff, the second one of the patch. */
export function patchLines(diff: string): InnerLine[] {
  let place: string | undefined;
  return paired(
    linesOf(diff).map((line) => {
      const gap = gapOf(line);
      if (gap) {
        const isThere = gap.text === place;
        place = gap.text;
        return isThere ? { ...gap, text: "" } : gap;
      }
      const [outer, rest] = [markerOf(line), line.slice(1)];
      const file = /^ ## (.+) ##$/.exec(rest)?.[1];
      if (file !== undefined) {
        place = file;
        return { kind: "file", outer, inner: "", text: file, pair: undefined };
      }
      if (rest.startsWith("@@")) return { kind: "hunk", outer, inner: "", text: rest, pair: undefined };
      return { kind: "line", outer, inner: markerOf(rest), text: rest.slice(1), pair: undefined };
    }),
  );
}

/** The diff of two heads of commits in its parts; each is empty when nothing of it changed. */
export function messageParts(diff: string): { author: InnerLine[]; message: InnerLine[] } {
  const author: InnerLine[] = [];
  const message: InnerLine[] = [];
  let isMessage = false;
  for (const line of linesOf(diff)) {
    const gap = gapOf(line);
    const [outer, rest] = [markerOf(line), line.slice(1)];
    if (gap || /^ ## .+ ##$/.test(rest)) {
      isMessage = !/Metadata/.test(line);
      if (gap && message.length > 0) message.push({ ...gap, text: "" });
    } else if (!isMessage) {
      if (outer !== "") author.push({ kind: "line", outer, inner: "", text: rest, pair: undefined });
    } else {
      message.push({ kind: "line", outer, inner: "", text: rest.replace(/^ {4}/, ""), pair: undefined });
    }
  }
  return { author: paired(author), message: paired(withoutBlankEnds(message)) };
}

function linesOf(diff: string): string[] {
  return diff === "" ? [] : diff.replace(/\n$/, "").split("\n");
}

function gapOf(line: string): InnerLine | undefined {
  if (!line.startsWith("@@")) return undefined;
  return { kind: "gap", outer: "", inner: "", text: line.replace(/^@@ ?/, ""), pair: undefined };
}

function markerOf(line: string): InnerLine["outer"] {
  const [marker] = line;
  return marker === "+" || marker === "-" ? marker : "";
}

/** Nothing when nothing changed in it. */
function withoutBlankEnds(lines: readonly InnerLine[]): InnerLine[] {
  if (lines.every(({ outer }) => outer === "")) return [];
  const isTold = ({ kind, outer, text }: InnerLine) => kind === "line" && (outer !== "" || text !== "");
  return lines.slice(lines.findIndex(isTold), lines.findLastIndex(isTold) + 1);
}

/** Lines that were lost know those that came in their place, when they are as many. */
function paired(lines: readonly InnerLine[]): InnerLine[] {
  const told = [...lines];
  for (let start = 0; start < told.length; ) {
    const lost = runOf(told, start, "-");
    const gained = runOf(told, start + lost, "+");
    if (lost > 0 && lost === gained) {
      for (let index = start; index < start + lost; index += 1) {
        const [before, after] = [told[index], told[index + lost]];
        if (!before || !after) continue;
        told[index] = { ...before, pair: after.text };
        told[index + lost] = { ...after, pair: before.text };
      }
    }
    start += lost + gained || 1;
  }
  return told;
}

function runOf(lines: readonly InnerLine[], start: number, outer: "+" | "-"): number {
  let end = start;
  while (lines[end]?.kind === "line" && lines[end]?.outer === outer) end += 1;
  return end - start;
}
