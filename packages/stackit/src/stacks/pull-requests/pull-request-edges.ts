import type { EdgeSource } from "../edge-source.ts";
import type { PullRequest } from "../pull-request.ts";
import type { RecordedEdges } from "../recorded-edges.ts";
import { isToolBranch, memberFor } from "../tool-branches.ts";
import { readStackMarker, type StackMarker } from "./stack-marker.ts";
import { readStackText } from "./stack-text.ts";

/** What tells where the branch of a pull request stands. */
export type PullRequestEdge = Pick<PullRequest, "number" | "head" | "base" | "body" | "stack" | "stackTexts">;

/** What tools wrote about one branch. */
export interface StackWords {
  readonly marker?: StackMarker;
  /** The number of the pull request below, as a list for people tells it. */
  readonly below?: number | "nothing";
}

export function readStackWords({ body, stackTexts = [], head, number }: PullRequestEdge): StackWords {
  const texts = [body, ...stackTexts];
  const marker = firstOf(texts, (text) => readStackMarker(text, head));
  const below = firstOf(texts, (text) => readStackText(text, number))?.below;
  return { ...(marker && { marker }), ...(below !== undefined && { below }) };
}

type Parents = Map<string, string>;

/**
 * What pull requests tell about parents, one source for each way of telling it; a source that says nothing is left out. `pulls`: one for each
 * branch of the repository itself, open or not: what stood on a branch that is gone stands on what that one stood on. A pull request
 * that is not known leaves a gap that is never bridged: what stood above it is not put on what was below.
 */
export function pullRequestEdges(
  pulls: readonly PullRequestEdge[],
  trunk: string,
  said: (pull: PullRequestEdge) => StackWords = readStackWords,
): readonly RecordedEdges[] {
  const own = pulls
    .filter(({ head, base }) => head !== base && head !== trunk)
    .map((pull) => ({ ...pull, head: memberFor(pull.head), pull }));
  const heads = new Set(own.map(({ head }) => head));
  const byNumber = new Map(own.map((each) => [each.number, each]));
  const marked: Parents = new Map();
  const listed: Parents = new Map();
  const based: Parents = new Map();
  const aimed: Parents = new Map();
  const boundaries: Parents = new Map();
  for (const { pull, head } of own) {
    const base = memberFor(pull.base);
    // A base that a tool makes up is not what it stands on.
    if (!isToolBranch(base, heads)) (base === trunk ? aimed : based).set(head, base);
    const { marker, below } = said(pull);
    if (marker) {
      marked.set(head, marker.parent);
      if (marker.boundary !== undefined) boundaries.set(head, marker.boundary);
    }
    const parent = typeof below === "number" ? byNumber.get(below)?.head : undefined;
    if (parent !== undefined && parent !== head) listed.set(head, parent);
  }
  const source = (name: EdgeSource, parents: Parents, more = {}): RecordedEdges[] =>
    parents.size > 0 ? [{ source: name, parents, boundaries: new Map(), ...more }] : [];
  return [
    ...source("github-stack", nativeParents(own)),
    ...source("pr-marker", marked, { boundaries }),
    ...source("pr-base", based),
    ...source("pr-text", listed),
    // Some tools aim every pull request at the trunk, whatever it stands on.
    ...source("pr-base", aimed, { isAsideOnly: true }),
  ];
}

/** Neighbours of one stack. Two in one place tell that the stack is not what it was when one of them was read. */
function nativeParents(pulls: readonly PullRequestEdge[]): Parents {
  const places = new Map<string, PullRequestEdge[]>();
  for (const pull of pulls) {
    if (!pull.stack) continue;
    const place = `${pull.stack.number} ${pull.stack.position}`;
    places.set(place, [...(places.get(place) ?? []), pull]);
  }
  const doubtful = new Set(
    [...places.values()].filter((there) => there.length > 1).map(([first]) => first?.stack?.number),
  );
  const parents: Parents = new Map();
  for (const { head, stack } of pulls) {
    if (!stack || doubtful.has(stack.number)) continue;
    const parent =
      stack.position === 1 ? stack.base : places.get(`${stack.number} ${stack.position - 1}`)?.[0]?.head;
    if (parent !== undefined && parent !== head) parents.set(head, parent);
  }
  return parents;
}

function firstOf<T>(texts: readonly string[], read: (text: string) => T | undefined): T | undefined {
  for (const text of texts) {
    const found = read(text);
    if (found !== undefined) return found;
  }
  return undefined;
}
