import type { Branch, StackDetail } from "stackit/contract/view";
import type { StateFilter } from "../../routes/location.ts";
import { branchTitle, hasProblem, isDisputed, isMerged, isMoved } from "./branch-state.ts";

export interface Filter {
  /** Each must be found in the branch, its title, its stack or its author. */
  words: string[];
  is: IsWord[];
  owners: string[];
  authors: string[];
  /** Beginnings of what the checks are, such as `fail`. */
  checks: string[];
  reviews: string[];
  numbers: number[];
  /** Each must hold for how long it has waited. */
  waiting: WaitingTime[];
  /** What looks like a qualifier and is none; it is said, and otherwise ignored. */
  unknown: string[];
}

export interface WaitingTime {
  than: "more" | "less";
  ms: number;
}

/** A branch in the place where it is looked at. */
export interface Candidate {
  branch: Branch;
  stack: StackDetail;
  owner: string;
  isMine: boolean;
  /** Since its newest commit; absent once it is merged. */
  waitingMs: number | undefined;
}

const isWords = {
  ready: ({ stack, branch }) => stack.status === "shippable" && !isMerged(branch),
  blocked: ({ stack, branch }) => stack.status === "blocked" || hasProblem(branch),
  draft: ({ branch }) => branch.pr?.isDraft === true,
  merged: ({ branch }) => isMerged(branch),
  restack: ({ branch }) => isMoved(branch),
  unpushed: ({ branch }) =>
    branch.remoteStatus?.missingRemote === true || (branch.remoteStatus?.ahead ?? 0) > 0,
  behind: ({ branch }) => (branch.remoteStatus?.behind ?? 0) > 0,
  diverged: ({ branch }) => branch.remoteStatus?.diverged === true || branch.restack.state === "diverged",
  mine: ({ isMine }) => isMine,
  locked: ({ branch }) => branch.isLocked || branch.isFrozen,
  problem: ({ branch }) => hasProblem(branch) || isDisputed(branch),
  here: ({ branch }) => branch.isCurrent,
} satisfies Record<string, (candidate: Candidate) => boolean>;

type IsWord = keyof typeof isWords;

const checkWords = ["passing", "failing", "pending", "skipped", "none", "unknown"];
const reviewOf: ReadonlyMap<string, string> = new Map([
  ["APPROVED", "approved"],
  ["CHANGES_REQUESTED", "changes"],
  ["REVIEW_REQUIRED", "needed"],
]);
const reviewWords = [...reviewOf.values(), "none"];

export const qualifierHint = `Known: is:${Object.keys(isWords).join(" is:")} check:fail review:needed waiting:>2d owner:name author:name #12`;

export function parseFilter(text: string): Filter {
  const filter: Filter = {
    words: [],
    is: [],
    owners: [],
    authors: [],
    checks: [],
    reviews: [],
    numbers: [],
    waiting: [],
    unknown: [],
  };
  for (const [token, qualifier, quoted] of text.matchAll(/([a-z]+:)?"([^"]*)"|\S+/gi)) {
    if (quoted !== undefined && qualifier === undefined) {
      if (quoted) filter.words.push(quoted.toLowerCase());
      continue;
    }
    const [, key, value] =
      quoted === undefined ? (/^([a-z]+):(.*)$/i.exec(token) ?? []) : [null, qualifier?.slice(0, -1), quoted];
    const number = /^#(\d+)$/.exec(token)?.[1];
    if (number) filter.numbers.push(Number(number));
    else if (!key || value === undefined) filter.words.push(token.toLowerCase());
    else takeQualifier(filter, key.toLowerCase(), value.toLowerCase(), token);
  }
  return filter;
}

function takeQualifier(filter: Filter, key: string, value: string, token: string): void {
  const known = isWord(value);
  const waiting = key === "waiting" ? waitingTime(value) : undefined;
  if (key === "is" && known) filter.is.push(known);
  else if (key === "owner" && value) filter.owners.push(value);
  else if (key === "author" && value) filter.authors.push(value);
  else if (key === "check" && checkWords.some((word) => word.startsWith(value))) filter.checks.push(value);
  else if (key === "review" && reviewWords.some((word) => word.startsWith(value))) filter.reviews.push(value);
  else if (waiting) filter.waiting.push(waiting);
  else if (!value && ["is", "owner", "author"].includes(key)) return;
  else if (key === "waiting" && /^[<>]?\d*$/.test(value)) return;
  else filter.unknown.push(token);
}

const unitsMs: ReadonlyMap<string, number> = new Map([
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
  ["w", 7 * 86_400_000],
]);

/** `>2d`, `<4h`; without a sign it is more than that. */
function waitingTime(text: string): WaitingTime | undefined {
  const [, sign, number, unit] = /^([<>]?)(\d{1,4})([a-z])$/.exec(text) ?? [];
  const unitMs = unitsMs.get(unit ?? "");
  return unitMs === undefined
    ? undefined
    : { than: sign === "<" ? "less" : "more", ms: Number(number) * unitMs };
}

export function isEmptyFilter(filter: Filter): boolean {
  const { words, is, owners, authors, checks, reviews, numbers, waiting } = filter;
  return [words, is, owners, authors, checks, reviews, numbers, waiting].every((list) => list.length === 0);
}

export function matches(filter: Filter, candidate: Candidate): boolean {
  const { branch, stack, owner, waitingMs } = candidate;
  if (!filter.is.every((word) => isWords[word](candidate))) return false;
  if (!filter.owners.every((name) => owner.toLowerCase().includes(name))) return false;
  if (!filter.authors.every((name) => branch.commitAuthor.toLowerCase().includes(name))) return false;
  if (!filter.checks.every((word) => branch.ci?.status.startsWith(word))) return false;
  const review = reviewOf.get(branch.ci?.reviewDecision ?? "") ?? "none";
  if (!filter.reviews.every((word) => branch.ci && review.startsWith(word))) return false;
  if (filter.numbers.length > 0 && !filter.numbers.includes(branch.pr?.number ?? -1)) return false;
  const hasWaited = ({ than, ms }: WaitingTime) =>
    waitingMs !== undefined && (than === "more" ? waitingMs > ms : waitingMs < ms);
  if (!filter.waiting.every(hasWaited)) return false;
  if (filter.words.length === 0) return true;
  const text = `${branch.name}\n${branchTitle(branch)}\n${stack.title}\n${branch.commitAuthor}`.toLowerCase();
  return filter.words.every((word) => text.includes(word));
}

export function inState(state: StateFilter, candidate: Candidate): boolean {
  return state === "all" || isWords[state](candidate);
}

function isWord(value: string): IsWord | undefined {
  return Object.hasOwn(isWords, value) ? (value as IsWord) : undefined;
}
