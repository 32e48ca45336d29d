/** A piece of what the server says in sentences. */
export interface ToldPart {
  kind: "text" | "code" | "instant";
  text: string;
}

const CODE = /`([^`]+)`/;
const READ_AT = /(?<=\bread )at (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/;

/** `code` stands between backticks; an instant at which something was read, "at" included, is told as an age instead. */
export function toldParts(text: string): ToldPart[] {
  return split(text, CODE, "code").flatMap((part) =>
    part.kind === "text" ? split(part.text, READ_AT, "instant") : [part],
  );
}

/** `pattern` has one group. */
function split(text: string, pattern: RegExp, kind: ToldPart["kind"]): ToldPart[] {
  return text
    .split(pattern)
    .map((part, index): ToldPart => ({ kind: index % 2 === 0 ? "text" : kind, text: part }))
    .filter((part) => part.text !== "");
}
