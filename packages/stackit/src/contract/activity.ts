import { type Static, Type } from "typebox";

const Instant = Type.String({ format: "date-time" });

/**
 * What happened. More kinds may come: a reader shows one that it does not know in general words.
 * - `pushed`: a branch is at another commit. `pr-ready`: it is no draft any more. `parent-moved`, `parent-fixed`: a branch stands, or does
 *   not stand any more, on a commit that its parent has left. `stack-landed`: all its branches are in the trunk.
 * - `checks`: they fail, or pass again. `sync-failed`, `sync-recovered`: only the first failure of a row, and what ended it.
 * - `more`: of one reading, so many things more than are told one by one.
 */
export const ActivityKind = Type.Enum([
  "pushed",
  "branch-created",
  "branch-deleted",
  "pr-opened",
  "pr-ready",
  "pr-merged",
  "pr-closed",
  "review",
  "checks",
  "parent-moved",
  "parent-fixed",
  "stack-landed",
  "sync-failed",
  "sync-recovered",
  "repo-added",
  "more",
]);
export type ActivityKind = Static<typeof ActivityKind>;

/** Something that happened in a repository, as the server saw it. Ours. */
export const ActivityEvent = Type.Object(
  {
    /** Sorts by age, also among repositories. */
    id: Type.String(),
    /** When the server saw it. */
    at: Instant,
    repoId: Type.String(),
    kind: ActivityKind,
    /**
     * Who did it, as far as that is known: of what came to a branch the author of its newest commit, of a pull request that was opened or of
     * a review its author, of a repository who added it.
     */
    actor: Type.Optional(Type.String()),
    branch: Type.Optional(Type.String()),
    /** The branch's, as it was then. */
    stack: Type.Optional(Type.Object({ id: Type.String(), title: Type.String() })),
    /** The run that found it. */
    runId: Type.Optional(Type.String()),
    /** How many commits came to the branch; absent where it is not known, as on the trunk. */
    commits: Type.Optional(Type.Integer()),
    /** Commits that the branch had are not on it any more. */
    rewritten: Type.Optional(Type.Boolean()),
    parent: Type.Optional(Type.String()),
    pr: Type.Optional(
      Type.Object({
        number: Type.Integer(),
        title: Type.String(),
        url: Type.String(),
        author: Type.Optional(Type.String()),
      }),
    ),
    /** Of `checks`: `failing` or `passing`. Of a `review`: in the forge's own words. */
    state: Type.Optional(Type.String()),
    /** Of `stack-landed`: how many branches it had. Of `more`: how many. */
    count: Type.Optional(Type.Integer()),
    /** Of `sync-failed`. */
    error: Type.Optional(Type.Object({ code: Type.String(), title: Type.String() })),
  },
  { $id: "ActivityEvent" },
);
export type ActivityEvent = Static<typeof ActivityEvent>;

export const ActivityList = Type.Object(
  {
    /** Newest first. */
    events: Type.Array(Type.Ref("ActivityEvent")),
    /** Give it as `before` to read on; absent on the last page. */
    next: Type.Optional(Type.String()),
  },
  { $id: "ActivityList" },
);
export type ActivityList = { events: ActivityEvent[]; next?: string };
