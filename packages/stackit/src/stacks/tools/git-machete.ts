import type { ParsedRecord } from "../recorded-edges.ts";

/**
 * The layout that people write for git-machete: a branch on each line, indented below its parent by tabs or by the same number
 * of spaces everywhere. Words after the name are remarks. One line that fits nowhere makes the whole unreadable: what stands
 * below it could belong to anybody.
 */
export function parseMachete(text: string): ParsedRecord {
  const parents = new Map<string, string>();
  const seen = new Set<string>();
  /** The branches above the line that is read, outermost first. */
  const above: string[] = [];
  let unit = "";
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [, indent = "", name] = /^(\s*)(\S+)?/.exec(line) ?? [];
    if (name === undefined) continue;
    unit ||= indent;
    const depth = indent === "" ? 0 : Math.floor(indent.length / unit.length);
    if (depth > above.length || indent !== unit.repeat(depth)) {
      return { ok: false, detail: `is indented unevenly in line ${index + 1}` };
    }
    if (seen.has(name)) return { ok: false, detail: `names a branch again in line ${index + 1}` };
    seen.add(name);
    above.length = depth;
    const parent = above.at(-1);
    if (parent !== undefined) parents.set(name, parent);
    above.push(name);
  }
  return { ok: true, record: { parents, boundaries: new Map() } };
}
