import { type Static, Type } from "typebox";
import { Instant } from "./repo.ts";

/** `push`: only its commits. `nothing`: the forge has all of it. `cannot`: see `reason`. */
export const SubmitAction = Type.Enum(["create", "update", "push", "nothing", "cannot"]);
export type SubmitAction = Static<typeof SubmitAction>;

/**
 * Why a branch cannot be submitted. `held`: it would be restacked, and is checked out. `conflict`: it would be restacked, and conflicts.
 * `unclear`: what a restack would make of it is not known. `remote-moved`: the remote has commits that were never here. `unborn-parent`: what
 * it stands on is not on the remote. `empty`: there is nothing to review. `below`: the branch that it stands on cannot be submitted. `name`: no forge takes its name.
 */
export const SubmitReasonCode = Type.Enum([
  "locked",
  "frozen",
  "held",
  "conflict",
  "unclear",
  "remote-moved",
  "unborn-parent",
  "empty",
  "below",
  "name",
]);
export type SubmitReasonCode = Static<typeof SubmitReasonCode>;

const PullRequestLink = Type.Object({ number: Type.Integer(), url: Type.String() });

export const PlannedBranch = Type.Object(
  {
    name: Type.String(),
    /** The branch that its pull request is to go into. */
    base: Type.String(),
    action: SubmitAction,
    reason: Type.Optional(
      Type.Object({
        code: SubmitReasonCode,
        /** What is wrong, and what to do, in one or two sentences for a person. */
        detail: Type.String(),
        /** Of a conflict; the first fifty. */
        files: Type.Optional(Type.Array(Type.String())),
        /** A command that a person can run in a clone to go on. */
        command: Type.Optional(Type.String()),
      }),
    ),
    /** Its tip when the plan was made. */
    revision: Type.String(),
    /** Whether its commits are put on another parent first. */
    restack: Type.Boolean(),
    /** Whether commits are pushed. */
    push: Type.Boolean(),
    pr: Type.Optional(PullRequestLink),
    /** What an update changes of the pull request, in words of this list. */
    changes: Type.Array(Type.Enum(["head", "base", "stack", "ready"])),
    /** Of a pull request that would be created; of one that is there, as it is. */
    title: Type.String(),
    body: Type.String(),
    draft: Type.Boolean(),
  },
  { $id: "PlannedBranch" },
);
export type PlannedBranch = Static<typeof PlannedBranch>;

/** What a submit would do, all of it found out before anything is done. */
export const SubmitPlan = Type.Object(
  {
    /** Follows from what the plan was made of alone: the same state gives the same id. */
    id: Type.String(),
    repoId: Type.String(),
    rootBranch: Type.String(),
    title: Type.String(),
    /** Of the snapshot that it was made from. */
    generation: Type.Integer(),
    /** A parent comes before its children. */
    branches: Type.Array(Type.Ref("PlannedBranch")),
    pushes: Type.Integer(),
    creates: Type.Integer(),
    updates: Type.Integer(),
    /** Who is asked to review what becomes ready for review: logins, and teams as `organisation/team`. */
    reviewers: Type.Array(Type.String()),
    /** That new pull requests get. */
    labels: Type.Array(Type.String()),
    /** Who the pull requests will be by. */
    as: Type.Object({ kind: Type.Enum(["person", "app", "token"]), name: Type.String() }),
  },
  { $id: "SubmitPlan" },
);
export type SubmitPlan = Omit<Static<typeof SubmitPlan>, "branches"> & { branches: PlannedBranch[] };

/** Body of POST /repos/{repo}/stacks/{root}/submit. */
export const SubmitRequest = Type.Object(
  {
    /** The id of the plan that was shown. Without it, the plan is whatever can be done now. */
    plan: Type.Optional(Type.String({ maxLength: 64 })),
    /** The branches to submit; without it all of them that can be. None without what it stands on, unless that has a pull request. */
    branches: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 1024 }),
            /** Of a pull request that is created. */
            title: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
            draft: Type.Optional(Type.Boolean()),
          },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: 500 },
      ),
    ),
    /** Whether new pull requests are drafts, where their branch does not say. */
    draft: Type.Optional(Type.Boolean()),
    /** Whether drafts that are there are said to be ready for review. */
    ready: Type.Optional(Type.Boolean()),
  },
  { $id: "SubmitRequest", additionalProperties: false },
);
export type SubmitRequest = Static<typeof SubmitRequest>;

export const SubmittedBranch = Type.Object(
  {
    name: Type.String(),
    action: SubmitAction,
    /** `pushed`: its pull request is still to come. `skipped`: the plan had nothing to do for it, or left it out. */
    state: Type.Enum(["waiting", "pushed", "working", "done", "failed", "skipped"]),
    /** Its tip after a restack. */
    revision: Type.Optional(Type.String()),
    pr: Type.Optional(PullRequestLink),
    error: Type.Optional(Type.Object({ code: Type.String(), title: Type.String(), detail: Type.String() })),
    /** What of it the forge refused, such as a label or a reviewer, although the pull request is there. */
    warnings: Type.Optional(Type.Array(Type.String())),
  },
  { $id: "SubmittedBranch" },
);
export type SubmittedBranch = Static<typeof SubmittedBranch>;

/** One carrying out of a plan. A finished one never changes again. */
export const Submission = Type.Object(
  {
    id: Type.String(),
    repoId: Type.String(),
    rootBranch: Type.String(),
    planId: Type.String(),
    requestedBy: Type.Optional(Type.String()),
    requestedAt: Instant,
    startedAt: Type.Optional(Instant),
    finishedAt: Type.Optional(Instant),
    /** `queued`: the repository is being synced, or another stack of it submitted. */
    state: Type.Enum(["queued", "running", "finished"]),
    /**
     * `submitted`: all of the plan. `partial`: the branches tell which. `failed`: nothing on the remote was changed. `interrupted`: the server ended
     * meanwhile; another submit does what is left.
     */
    outcome: Type.Optional(Type.Enum(["submitted", "partial", "failed", "interrupted"])),
    branches: Type.Array(Type.Ref("SubmittedBranch")),
    /** What went wrong for all of it. `retryAt`: not before this time. */
    error: Type.Optional(
      Type.Object({
        code: Type.String(),
        title: Type.String(),
        detail: Type.String(),
        retryAt: Type.Optional(Instant),
      }),
    ),
  },
  { $id: "Submission" },
);
export type Submission = Omit<Static<typeof Submission>, "branches"> & { branches: SubmittedBranch[] };
