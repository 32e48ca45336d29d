import { type Static, Type } from "typebox";

/** Where a branch was left by a push, as the mirror saw it: pushes between two looks count as one. */
export const Push = Type.Object(
  {
    /** From 1, the oldest that is remembered. */
    number: Type.Integer(),
    sha: Type.String(),
    /** When it was first seen. Absent of the oldest one. */
    at: Type.Optional(Type.String({ format: "date-time" })),
    /** `rewritten`: it does not contain the push before it. `first`: nothing before it is remembered. */
    kind: Type.Enum(["first", "forward", "rewritten"]),
    /** Whether its commits are still held, so that it can be compared. */
    stored: Type.Boolean(),
  },
  { $id: "Push" },
);
export type Push = Static<typeof Push>;

export const PushList = Type.Object(
  {
    branch: Type.String(),
    /** Whether this repository remembers former heads at all: a mirror does, a working copy does not. */
    remembered: Type.Boolean(),
    /** Newest first. */
    pushes: Type.Array(Type.Ref("Push")),
  },
  { $id: "PushList" },
);
export type PushList = Omit<Static<typeof PushList>, "pushes"> & { pushes: Push[] };

/** A commit of one push and what became of it in the other. */
export const ComparedCommit = Type.Object(
  {
    state: Type.Enum(["same", "changed", "new", "dropped"]),
    /** Whether it stands in another order among the commits that both pushes have. */
    moved: Type.Boolean(),
    /** Absent of a new one. */
    fromSha: Type.Optional(Type.String()),
    /** Absent of a dropped one. */
    toSha: Type.Optional(Type.String()),
    title: Type.String(),
    /**
     * Of the message and author, and of the patch. Each line begins with what happened to the line of the patch, which follows with a
     * marker of its own. Empty when nothing did.
     */
    messageDiff: Type.String(),
    patchDiff: Type.String(),
  },
  { $id: "ComparedCommit" },
);
export type ComparedCommit = Static<typeof ComparedCommit>;

/** What changed in the patches of a branch, whatever it stands on. */
export const PushComparison = Type.Object(
  {
    branch: Type.String(),
    fromRevision: Type.String(),
    toRevision: Type.String(),
    /** How many commits what the branch stands on has gone on by; at most 1000. */
    rebasedOver: Type.Integer(),
    counts: Type.Object({
      same: Type.Integer(),
      changed: Type.Integer(),
      new: Type.Integer(),
      dropped: Type.Integer(),
    }),
    /** Oldest first. */
    commits: Type.Array(Type.Ref("ComparedCommit")),
    /** Whether it was cut at the size limit. */
    truncated: Type.Boolean(),
  },
  { $id: "PushComparison" },
);
export type PushComparison = Omit<Static<typeof PushComparison>, "commits"> & { commits: ComparedCommit[] };
