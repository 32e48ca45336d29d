import type { EdgeSource } from "./resolve-edges.ts";

/** What a stacking tool keeps about branches, living or not. */
export interface ToolRecord {
  /** By branch. */
  readonly parents: ReadonlyMap<string, string>;
  /** By branch: the parent's commit that it was last put on. */
  readonly boundaries: ReadonlyMap<string, string>;
}

/** `detail` goes on from the name of what was read, such as "is no JSON". */
export type ParsedRecord =
  | { readonly ok: true; readonly record: ToolRecord }
  | { readonly ok: false; readonly detail: string };

/** One source of parents beside the refs of branches. Two that say the same are the same object. */
export interface RecordedEdges extends ToolRecord {
  readonly source: EdgeSource;
  /** Why this is what the source said before, or nothing: it cannot be read now. */
  readonly outdated?: {
    readonly detail: string;
    /** When it was last read whole; undefined when it never was. */
    readonly readAtMs?: number;
  };
}

/** Of what is kept for each branch apart from its refs: what commits carry with them, what was written with a forge, then what tools and people keep. */
const STRENGTH: readonly EdgeSource[] = [
  "spr",
  "stack-pr",
  "gh-stack",
  "git-spice",
  "git-town",
  "git-machete",
  "av",
];

export function strongestFirst(recorded: readonly RecordedEdges[]): readonly RecordedEdges[] {
  return recorded.toSorted((a, b) => STRENGTH.indexOf(a.source) - STRENGTH.indexOf(b.source));
}

/** Parents that are named and have no parent themselves: the trunk, most of the time. One for each branch that names it. */
export function rootsOf(recorded: readonly RecordedEdges[]): string[] {
  return recorded.flatMap(({ parents }) => [...parents.values()].filter((parent) => !parents.has(parent)));
}

export const NO_RECORD: ToolRecord = { parents: new Map(), boundaries: new Map() };
