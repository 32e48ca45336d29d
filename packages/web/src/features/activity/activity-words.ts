import type { ActivityEvent, ActivityKind } from "stackit/contract/activity";
import { count } from "../../lib/words.ts";
import type { GlyphName } from "../../ui/glyphs.tsx";
import type { Tone } from "../freshness/freshness-words.ts";

/** A sentence about one event or several of a kind: "theo pushed api · 2 commits", or without an actor "api was pushed". */
export interface EventWords {
  sign: GlyphName;
  tone: Tone | "merged";
  /** Between the actor and the object. */
  active: string;
  /** After the object, where nobody is known to have done it. */
  passive: string;
  /** What it happened to. */
  object: "branch" | "pr" | "stack" | "repo" | "nothing";
  /** A short cause or measure. */
  tail?: string;
}

type Saying = (event: ActivityEvent) => EventWords;

const plain = { sign: "live", tone: "idle" } as const;

const sayings: Record<ActivityKind, Saying> = {
  pushed: ({ rewritten, commits }) => ({
    ...plain,
    active: rewritten ? "rewrote" : "pushed",
    passive: rewritten ? "was rewritten" : "was pushed",
    object: "branch",
    ...(commits !== undefined && { tail: count(commits, "commit") }),
  }),
  "branch-created": ({ parent }) => ({
    ...plain,
    sign: "never",
    active: "created",
    passive: "was created",
    object: "branch",
    ...(parent !== undefined && { tail: `on ${parent}` }),
  }),
  "branch-deleted": ({ pr }) => ({
    ...plain,
    sign: "close",
    active: "deleted",
    passive: "was deleted",
    object: "branch",
    ...(pr && { tail: `#${pr.number} ${pr.title}` }),
  }),
  "pr-opened": () => ({ sign: "never", tone: "ok", active: "opened", passive: "was opened", object: "pr" }),
  "pr-ready": () => ({
    sign: "never",
    tone: "ok",
    active: "marked as ready",
    passive: "is ready for review",
    object: "pr",
  }),
  "pr-merged": () => ({
    sign: "merged",
    tone: "merged",
    active: "merged",
    passive: "was merged",
    object: "pr",
  }),
  "pr-closed": () => ({ ...plain, sign: "close", active: "closed", passive: "was closed", object: "pr" }),
  review: ({ state }) => reviews[state ?? ""] ?? reviewed,
  checks: ({ state }) =>
    state === "failing"
      ? { sign: "failing", tone: "bad", active: "", passive: "fails its checks", object: "pr" }
      : { sign: "ok", tone: "ok", active: "", passive: "passes its checks again", object: "pr" },
  "parent-moved": ({ parent }) => ({
    sign: "late",
    tone: "warn",
    active: "",
    passive: "needs a restack",
    object: "branch",
    ...(parent !== undefined && { tail: `${parent} has moved` }),
  }),
  "parent-fixed": ({ parent }) => ({
    sign: "ok",
    tone: "ok",
    active: "",
    passive: "is restacked",
    object: "branch",
    ...(parent !== undefined && { tail: `stands on ${parent}` }),
  }),
  "stack-landed": ({ count: branches = 1 }) => ({
    sign: "merged",
    tone: "merged",
    active: "",
    passive: "landed",
    object: "stack",
    tail: count(branches, "branch", "branches"),
  }),
  "sync-failed": ({ error }) => ({
    sign: "failing",
    tone: "bad",
    active: "",
    passive: "could not be synced",
    object: "repo",
    ...(error && { tail: error.title }),
  }),
  "sync-recovered": () => ({
    sign: "ok",
    tone: "ok",
    active: "",
    passive: "is synced again",
    object: "repo",
  }),
  "repo-added": () => ({ ...plain, active: "added", passive: "was added", object: "repo" }),
  more: ({ count: things = 0 }) => ({
    ...plain,
    active: "",
    passive: `${count(things, "thing")} more happened in this sync`,
    object: "nothing",
  }),
};

const reviewed: EventWords = {
  ...plain,
  sign: "person",
  active: "reviewed",
  passive: "was reviewed",
  object: "pr",
};
const reviews: Readonly<Record<string, EventWords>> = {
  APPROVED: { sign: "ok", tone: "ok", active: "approved", passive: "was approved", object: "pr" },
  CHANGES_REQUESTED: {
    sign: "person",
    tone: "warn",
    active: "asked for changes to",
    passive: "is asked for changes",
    object: "pr",
  },
};

/** A server that is newer than this page may tell of kinds that it does not know. */
export function describeEvent(event: ActivityEvent): EventWords {
  const saying: Saying | undefined = Object.hasOwn(sayings, event.kind) ? sayings[event.kind] : undefined;
  if (saying) return saying(event);
  const object = event.pr ? "pr" : event.branch !== undefined ? "branch" : event.stack ? "stack" : "repo";
  const tail = event.kind.replaceAll(/[^a-z0-9]+/gi, " ").trim();
  return { ...plain, active: "changed", passive: "changed", object, tail };
}

/** Of several branches at once. Other kinds are told one by one. */
export const together: Partial<Record<ActivityKind, Pick<EventWords, "active" | "passive">>> = {
  pushed: { active: "pushed", passive: "were pushed" },
  "branch-created": { active: "created", passive: "were created" },
  "branch-deleted": { active: "deleted", passive: "were deleted" },
  "parent-moved": { active: "", passive: "need a restack" },
  "parent-fixed": { active: "", passive: "are restacked" },
};
