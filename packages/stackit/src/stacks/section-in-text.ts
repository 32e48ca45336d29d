import { findSections, type Place } from "./section-places.ts";

/** GitHub takes none that are longer. */
export const MAX_BODY_CHARS = 65_536;

/**
 * The text with the first of the sections that it has room for, in place of the one that it has, or at its end. Nothing that a person
 * wrote is changed or cut: without room there is no section. The same again changes nothing.
 */
export function withSection(body: string, sections: Iterable<string>, maxChars = MAX_BODY_CHARS): string {
  const eol = body.includes("\r\n") ? "\r\n" : "\n";
  for (const section of sections) {
    const text = put(body, section.replaceAll("\n", eol), eol);
    if (text.length <= maxChars) return text;
  }
  return withoutSection(body);
}

/** Whether there is one, by our hand or that of an older Stackit. */
export function hasSection(body: string): boolean {
  const { marked, unmarked } = findSections(body);
  return marked.length + unmarked.length > 0;
}

/** The text as it was before a section was put at its end. */
export function withoutSection(body: string): string {
  const { marked, unmarked } = findSections(body);
  return cut(
    body,
    [...marked, ...unmarked].map((place) => withItsLineEnd(body, place)),
  );
}

function put(body: string, section: string, eol: string): string {
  const { marked, unmarked, isOpenAtEnd } = findSections(body);
  const [first, ...others] = [...marked, ...unmarked].sort((a, b) => a.start - b.start);
  if (first) {
    const rest = cut(
      body.slice(first.end),
      others.map(({ start, end }) => ({ start: start - first.end, end: end - first.end })),
    );
    return body.slice(0, first.start) + section + rest;
  }
  if (body === "") return section;
  // At its end it would be code, or hidden, or make one end of line of two characters.
  return isOpenAtEnd || body.endsWith("\r") ? section + eol + body : body + eol + section;
}

function cut(text: string, places: readonly Place[]): string {
  let left = "";
  let from = 0;
  for (const { start, end } of places.toSorted((a, b) => a.start - b.start)) {
    left += text.slice(from, Math.max(from, start));
    from = Math.max(from, end);
  }
  return left + text.slice(from);
}

/** With the end of line that separates it from a person's text before it, or after it. */
function withItsLineEnd(body: string, { start, end }: Place): Place {
  if (end === body.length)
    return { start: start - (/\r?\n$/.exec(body.slice(0, start))?.[0].length ?? 0), end };
  if (start === 0) return { start, end: end + (/^\r?\n/.exec(body.slice(end))?.[0].length ?? 0) };
  return { start, end };
}
