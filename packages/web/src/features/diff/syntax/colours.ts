/** Each but the first is a `--syn-…` of the tokens. */
export const colours = ["plain", "keyword", "string", "number", "type", "fn", "comment"] as const;
export type Colour = (typeof colours)[number];

/** Lengths and places in `colours` in turn, from the start of a line; what is behind them is plain. */
export type LineColours = readonly number[];

export interface ColouredText {
  text: string;
  colour: Colour;
}

/** The part of a line from `start` to `end`, in pieces of one colour. */
export function colourText(line: string, known: LineColours, start = 0, end = line.length): ColouredText[] {
  const pieces: ColouredText[] = [];
  let at = 0;
  for (let index = 0; index < known.length && at < end; index += 2) {
    const next = at + (known[index] ?? 0);
    const text = line.slice(Math.max(at, start), Math.min(next, end));
    if (next > start && text !== "") pieces.push({ text, colour: colours[known[index + 1] ?? 0] ?? "plain" });
    at = next;
  }
  const rest = line.slice(Math.max(at, start), end);
  if (rest !== "") pieces.push({ text: rest, colour: "plain" });
  return pieces;
}
