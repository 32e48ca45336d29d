import type { ForgeHealth } from "../../contract/repo.ts";
import type { ForgeKnowledge } from "../../repos/forge-knowledge.ts";
import type { HeardOf } from "../../stacks/pull-request.ts";
import type { AwaitedChanges } from "./awaited-changes.ts";
import type { ForgeMemory } from "./forge-memory.ts";
import type { ForgeSource, RepositoryName } from "./forge-source.ts";

/** A repository whose pull requests are shown with its branches. A mirror is one. */
export interface ForgeShown {
  readonly id: string;
  readonly place: Partial<RepositoryName>;
  /** By full name. */
  readonly refs: ReadonlyMap<string, string>;
  readonly snapshot: { readonly generation: number } | undefined;
  forge: ForgeHealth | undefined;
  showForge(knowledge: ForgeKnowledge): void;
}

export interface Heard extends HeardOf {
  readonly onAnswered: () => Promise<void>;
}

/** Times are of the clock that decides, where nothing else is said. */
export interface Watched {
  readonly repo: ForgeShown;
  readonly storeKey: string;
  readonly source: ForgeSource;
  memory: ForgeMemory;
  /** When the look that is stored was confirmed, on the wall clock. */
  storedAtMs: number;
  /** What is not asked for yet. */
  heard: Heard[];
  awaited: AwaitedChanges;
  /** What was asked for, and tells of a change that is awaited. */
  unanswered: Heard[];
  /** Not before, whatever is due. */
  notBeforeMs: number;
  pollAtMs: number;
  heardAtMs: number;
  /** The first that is waiting. */
  heardFirstAtMs: number;
  lookedAtMs: number;
  /** When something was pushed or touched last. */
  activeAtMs: number;
  isLooking: boolean;
  /** The latest; it never rejects. */
  look: Promise<void>;
  /** Aborts when nobody asks for its pull requests any more. */
  readonly leaving: AbortController;
  failures: number;
  /** Since when, in epoch milliseconds. */
  failing: { readonly sinceMs: number; readonly reason: string } | undefined;
}

/** Checks come in bursts. */
const SETTLE_MS = 500;
const SETTLE_CAP_MS = 3_000;
/** Between two looks for what was heard of. */
const GAP_MS = 5_000;

/** Before the first look. */
export function newlyWatched(pollAtMs: number) {
  return {
    heard: [],
    unanswered: [],
    notBeforeMs: Number.NEGATIVE_INFINITY,
    pollAtMs,
    heardAtMs: 0,
    heardFirstAtMs: 0,
    lookedAtMs: Number.NEGATIVE_INFINITY,
    isLooking: false,
    look: Promise.resolve(),
    leaving: new AbortController(),
    failures: 0,
    failing: undefined,
  };
}

/** When it is to be looked at next. */
export function dueAtMs(watched: Watched): number {
  const { heard, heardAtMs, heardFirstAtMs, lookedAtMs, notBeforeMs, pollAtMs, awaited } = watched;
  const settledAtMs = Math.min(heardAtMs + SETTLE_MS, heardFirstAtMs + SETTLE_CAP_MS);
  const heardDueAtMs =
    heard.length === 0 ? Number.POSITIVE_INFINITY : Math.max(settledAtMs, lookedAtMs + GAP_MS);
  return Math.max(notBeforeMs, Math.min(pollAtMs, heardDueAtMs, awaited.dueAtMs));
}
