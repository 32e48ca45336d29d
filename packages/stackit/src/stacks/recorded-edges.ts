import { type EdgeSource, rankOf } from "./edge-source.ts";

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
  /** Heard and shown, but never believed. */
  readonly isAsideOnly?: true;
  /** Why this is what the source said before, or nothing: it cannot be read now. */
  readonly outdated?: {
    readonly detail: string;
    /** When it was last read whole; undefined when it never was. */
    readonly readAtMs?: number;
  };
}

/** What is heard aside comes last. */
export function strongestFirst<T extends Pick<RecordedEdges, "source" | "isAsideOnly">>(
  recorded: readonly T[],
): readonly T[] {
  const rank = ({ source, isAsideOnly }: T): number => rankOf(source) + (isAsideOnly ? 100 : 0);
  return recorded.toSorted((a, b) => rank(a) - rank(b));
}

/** What pull requests tell is about branches that have commits: it makes no branch a member of a stack. */
export function isOfPullRequests({ source }: Pick<RecordedEdges, "source">): boolean {
  return source === "github-stack" || source === "pr-marker" || source === "pr-base" || source === "pr-text";
}

/** Parents that are named and have no parent themselves: the trunk, most of the time. One for each branch that names it. */
export function rootsOf(recorded: readonly RecordedEdges[]): string[] {
  return recorded.flatMap(({ parents }) => [...parents.values()].filter((parent) => !parents.has(parent)));
}

export const NO_RECORD: ToolRecord = { parents: new Map(), boundaries: new Map() };
