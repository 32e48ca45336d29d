import { belowInList, type ListShape } from "./stack-list.ts";

interface Form {
  readonly tool: string;
  /** The line that the list follows, or stands in. */
  readonly opens: RegExp;
  readonly shape: ListShape;
}

/** Whoever writes such a line writes the stack below it, for people to read. */
const FORMS: readonly Form[] = [
  { tool: "git-spice", opens: /^This change is part of the following stack:\s*$/, shape: "nested" },
  { tool: "Graphite", opens: /\butm_source=stack-comment/, shape: "either" },
  { tool: "git-town", opens: /<!-- branch-stack(?:-start)? -->/, shape: "nested" },
  { tool: "ghstack", opens: /^Stack from \[ghstack\]/, shape: "flat" },
  { tool: "spr", opens: /^\*\*Stack\*\*:\s*$/, shape: "flat" },
  { tool: "stack-pr", opens: /^Stacked PRs:\s*$/, shape: "flat" },
  { tool: "Sapling", opens: /^\[\/\/\]: # \(BEGIN SAPLING FOOTER\)\s*$/, shape: "flat" },
  { tool: "Stackit", opens: /^#{2,6} (?:Stack|PR Dependency Tree)\s*$/, shape: "nested" },
];

/** Between the line that opens a list and the list itself: one sentence, perhaps wrapped. */
const MAX_LINES_BEFORE = 6;

export interface StackText {
  readonly tool: string;
  /** The number of the pull request below, "nothing" for the lowest. */
  readonly below: number | "nothing";
}

/**
 * What a stacking tool wrote about this pull request for people to read, into its text or into a comment. Only a list that names the
 * pull request itself is one of its own: texts quote each other. The first that does is taken.
 */
export function readStackText(text: string, number: number): StackText | undefined {
  const lines = text.split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    for (const { tool, opens, shape } of FORMS) {
      if (!opens.test(line)) continue;
      const below = belowInList(listAt(lines, index), number, shape);
      if (below !== undefined) return { tool, below };
    }
  }
  return undefined;
}

/** The lines from the first bullet on that is in this line or soon after it. */
function listAt(lines: readonly string[], index: number): readonly string[] {
  for (let at = index; at <= index + MAX_LINES_BEFORE && at < lines.length; at++) {
    if (/^\s*(?:[-*+]|\d+\.)\s/.test(lines[at] ?? "")) return lines.slice(at);
  }
  return [];
}
