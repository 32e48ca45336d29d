import type { DiffLine, FileDiff } from "./parse-patch.ts";

/** A place where the words stand that are looked for. */
export interface Hit {
  path: string;
  line: DiffLine;
  /** In the text of the line. */
  start: number;
}

/** Beyond so many nobody steps through them. */
export const MAX_HITS = 5000;

/** In the order of the files, whether they are drawn or not. */
export function findInDiff(files: readonly FileDiff[], words: string): Hit[] {
  const hits: Hit[] = [];
  for (const { path, hunks } of files) {
    for (const { lines } of hunks) {
      for (const line of lines) {
        for (const start of placesIn(line.text, words)) hits.push({ path, line, start });
        if (hits.length >= MAX_HITS) return hits.slice(0, MAX_HITS);
      }
    }
  }
  return hits;
}

/** Where `words` begin in a text, in small or capital letters. */
export function placesIn(text: string, words: string): number[] {
  if (words === "") return [];
  const places: number[] = [];
  const [inText, wanted] = [fold(text), fold(words)];
  for (let at = inText.indexOf(wanted); at >= 0; at = inText.indexOf(wanted, at + wanted.length))
    places.push(at);
  return places;
}

/** Letters that become longer in lower case would move all behind them. */
function fold(text: string): string {
  const folded = text.toLowerCase();
  return folded.length === text.length ? folded : text;
}
