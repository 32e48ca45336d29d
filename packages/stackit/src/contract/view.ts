import { type Static, Type } from "typebox";

const Instant = Type.String({ format: "date-time" });

/** Where a parent edge was read. Ours. */
export const EdgeSourceName = Type.Enum([
  "github-stack",
  "stackit",
  "branch-metadata",
  "spr",
  "stack-pr",
  "ghstack",
  "gh-stack",
  "git-spice",
  "git-town",
  "git-machete",
  "av",
  "pr-marker",
  "pr-base",
  "pr-text",
  "ancestry",
  "remembered-tip",
]);
export type EdgeSourceName = Static<typeof EdgeSourceName>;

/** Who says that `parent` is the parent. Ours: every edge keeps all its voices. */
export const Edge = Type.Object(
  {
    sources: Type.Array(Type.Object({ source: EdgeSourceName, parent: Type.String(), observedAt: Instant })),
    /** Whether all sources name the same parent. */
    agreed: Type.Boolean(),
    /** Whose voice was followed. Absent where nobody's could be, and outside of stacks. */
    believed: Type.Optional(EdgeSourceName),
    /** Why, in one sentence for a person. Absent outside of stacks. */
    reason: Type.Optional(Type.String()),
  },
  { $id: "Edge" },
);
export type Edge = Static<typeof Edge>;

export const Restack = Type.Object(
  {
    state: Type.Enum(["in-sync", "parent-moved", "diverged", "merged", "unknown"]),
    /** One sentence for a person. */
    reason: Type.String(),
    /** The parent's commit that the branch was recorded to stand on. */
    recorded: Type.Optional(Type.String()),
    /** The parent's tip now. */
    actual: Type.Optional(Type.String()),
    /**
     * What a restack would do to the branch: tried commit by commit on what its parent would become. Absent where there is nothing to restack,
     * and until it was tried.
     */
    preview: Type.Optional(
      Type.Object({
        state: Type.Enum(["clean", "conflicts", "unknown"]),
        /** Why it is not known, in a sentence for a person. */
        reason: Type.Optional(Type.String()),
        /** The first of its commits that conflicts. */
        commit: Type.Optional(Type.String()),
        /** The first fifty files in which that commit conflicts. */
        files: Type.Optional(Type.Array(Type.String())),
        fileCount: Type.Optional(Type.Integer()),
      }),
    ),
    /**
     * Whether the branch would still merge into its trunk, as it was tried last: shortly after each move. Absent where it does not stand directly on the trunk
     * or the trunk has not gone on since, of branches with merges of their own, and until it was tried.
     */
    trunkMerge: Type.Optional(
      Type.Object({
        state: Type.Enum(["clean", "conflicts", "unknown"]),
        reason: Type.Optional(Type.String()),
        /** The first fifty in conflict. */
        files: Type.Optional(Type.Array(Type.String())),
        fileCount: Type.Optional(Type.Integer()),
      }),
    ),
  },
  { $id: "Restack" },
);
export type Restack = Static<typeof Restack>;

export const Commit = Type.Object(
  {
    sha: Type.String(),
    /** The subject line. */
    message: Type.String(),
    author: Type.String(),
    date: Instant,
  },
  { $id: "Commit" },
);
export type Commit = Static<typeof Commit>;

/** What was recorded of it by a tool, or what its forge says, which is told by `revision` and all that follows. */
export const PullRequest = Type.Object(
  {
    number: Type.Integer(),
    title: Type.Optional(Type.String()),
    /** `OPEN`, `MERGED` or `CLOSED`. */
    state: Type.Optional(Type.String()),
    url: Type.Optional(Type.String()),
    isDraft: Type.Optional(Type.Boolean()),
    base: Type.Optional(Type.String()),
    /** The commit that it is at, or was when it ended; its branch may be at another. Ours, as all below. */
    revision: Type.Optional(Type.String()),
    /** Login; absent when the account was deleted. */
    author: Type.Optional(Type.String()),
    labels: Type.Optional(Type.Array(Type.String())),
    mergeable: Type.Optional(Type.Enum(["mergeable", "conflicting", "unknown"])),
    mergedAt: Type.Optional(Instant),
    /** Its place in a stack that the forge itself keeps; 1 is next to the base. */
    stack: Type.Optional(
      Type.Object({
        number: Type.Integer(),
        position: Type.Integer(),
        size: Type.Integer(),
        /** When that was seen, where the forge has not said it since. */
        observedAt: Type.Optional(Instant),
      }),
    ),
    /**
     * When this was read, as of this generation. What was found to be the same since is told by `forge.checkedAt` of the
     * repository's status.
     */
    observedAt: Type.Optional(Instant),
  },
  { $id: "PullRequest" },
);
export type PullRequest = Static<typeof PullRequest>;

const checksState = ["passing", "failing", "pending", "skipped", "none"] as const;

export const Check = Type.Object(
  {
    name: Type.String(),
    /** In the forge's own words. */
    status: Type.String(),
    conclusion: Type.Optional(Type.String()),
    /** What that means. Ours. */
    state: Type.Enum(["passing", "failing", "pending", "skipped"]),
    url: Type.Optional(Type.String()),
  },
  { $id: "Check" },
);
export type Check = Static<typeof Check>;

/** What speaks for and against merging an open pull request. */
export const Ci = Type.Object(
  {
    /** Of the checks of `revision` of the branch. `none`: there are no checks. `unknown`: nobody has seen them yet. */
    status: Type.Enum([...checksState, "unknown"]),
    /** In the forge's own words, such as `APPROVED`; absent where no review decides. */
    reviewDecision: Type.Optional(Type.String()),
    /** By name; only in the detail of one branch or one stack. */
    checks: Type.Optional(Type.Array(Check)),
    /** How many are in which state. Ours, as all below. */
    counts: Type.Optional(
      Type.Object({
        passing: Type.Integer(),
        failing: Type.Integer(),
        pending: Type.Integer(),
        skipped: Type.Integer(),
      }),
    ),
    /** The latest of each reviewer who took a stand; only in the detail of one branch or one stack. */
    reviews: Type.Optional(Type.Array(Type.Object({ author: Type.String(), state: Type.String() }))),
    /** When the status is not known: what it was of another commit. */
    outdated: Type.Optional(
      Type.Object({ status: Type.Enum([...checksState]), revision: Type.String(), observedAt: Instant }),
    ),
    /** When this was read, as that of the pull request. */
    observedAt: Instant,
  },
  { $id: "Ci" },
);
export type Ci = Static<typeof Ci>;

/** A flaw in what was read about this branch; the branch is shown all the same. Ours. */
export const BranchProblem = Type.Object({
  code: Type.Enum([
    "metadata-unreadable",
    "parent-not-recorded",
    "parent-missing",
    "parent-is-self",
    "cycle",
    "ambiguous-parent",
    "has-merges",
    "unrelated-history",
    "missing-object",
  ]),
  detail: Type.String(),
});
export type BranchProblem = Static<typeof BranchProblem>;

/** The branch's changes are in the trunk. Once said of a tip, it stays said for as long as the trunk has that commit. Ours. */
export const LandedBranch = Type.Object({
  /** `rebase`: each of its commits by another one. `squash`: all of them by one. */
  how: Type.Enum(["merge", "squash", "rebase"]),
  /** The commit of the trunk that brought the tip. */
  commit: Type.String(),
  /** Of that commit. */
  date: Instant,
  /** When that was seen for the first time. */
  observedAt: Type.Optional(Instant),
});
export type LandedBranch = Static<typeof LandedBranch>;

export const Branch = Type.Object(
  {
    name: Type.String(),
    parent: Type.Optional(Type.String()),
    children: Type.Optional(Type.Array(Type.String())),
    /** 0 for the trunk, 1 for the root of a stack. */
    depth: Type.Integer(),
    isCurrent: Type.Boolean(),
    needsRestack: Type.Boolean(),
    isLocked: Type.Boolean(),
    lockReason: Type.Optional(Type.String()),
    isFrozen: Type.Boolean(),
    scope: Type.Optional(Type.String()),
    /** Full object id of the tip. */
    revision: Type.String(),
    commitDate: Instant,
    commitAuthor: Type.String(),
    /** The subject line of the tip. Ours. */
    commitMessage: Type.String(),
    /** Commits that the branch adds to its parent. */
    commitCount: Type.Integer(),
    /** Absent until counted, or when the objects are not in this clone. */
    linesAdded: Type.Optional(Type.Integer()),
    linesDeleted: Type.Optional(Type.Integer()),
    /** Newest first; only in the detail of one branch or one stack. */
    commits: Type.Optional(Type.Array(Commit)),
    pr: Type.Optional(PullRequest),
    /** Absent where there is no open pull request, or no forge that was asked. */
    ci: Type.Optional(Ci),
    remoteStatus: Type.Optional(
      Type.Object({
        ahead: Type.Integer(),
        behind: Type.Integer(),
        diverged: Type.Boolean(),
        missingRemote: Type.Boolean(),
      }),
    ),
    /** Whether a linked worktree has this branch checked out. Ours. */
    inWorktree: Type.Optional(Type.Boolean()),
    edge: Edge,
    restack: Restack,
    landed: Type.Optional(LandedBranch),
    problems: Type.Optional(Type.Array(BranchProblem)),
  },
  { $id: "Branch" },
);
export type Branch = Static<typeof Branch>;

const stackSummary = {
  /** Stays when its root lands, when a branch is renamed, and through a restack. Ours. */
  id: Type.String(),
  rootBranch: Type.String(),
  /** From stack metadata, else the leaf's pull request, else the leaf's only commit, else its name. */
  title: Type.String(),
  status: Type.Enum(["shippable", "pending", "blocked", "incomplete"]),
  scope: Type.Optional(Type.String()),
  branchCount: Type.Integer(),
  prCount: Type.Integer(),
  isCurrent: Type.Boolean(),
  hasWorktree: Type.Optional(Type.Boolean()),
  description: Type.Optional(Type.String()),
  /** Author of the root branch's tip, or login of its pull request's author. */
  owner: Type.Optional(Type.String()),
};

export const StackSummary = Type.Object(stackSummary, { $id: "StackSummary" });
export type StackSummary = Static<typeof StackSummary>;

/** A branch that branches of the stack stood on, and that is no branch any more since it landed. Ours. */
export const LandedLayer = Type.Object(
  {
    name: Type.String(),
    /** Of its pull request, else of its newest commit. */
    title: Type.String(),
    /** Full object id of its last tip. */
    revision: Type.String(),
    prNumber: Type.Optional(Type.Integer()),
    ...LandedBranch.properties,
  },
  { $id: "LandedLayer" },
);
export type LandedLayer = Static<typeof LandedLayer>;

/**
 * Branches in depth-first order from the root: a parent always comes before its children. So do the landed layers, which are
 * kept for some time, and are none of `branches`.
 */
export const StackDetail = Type.Object(
  {
    ...stackSummary,
    branches: Type.Array(Type.Ref("Branch")),
    landed: Type.Optional(Type.Array(Type.Ref("LandedLayer"))),
  },
  { $id: "StackDetail" },
);
export type StackDetail = StackSummary & { branches: Branch[]; landed?: LandedLayer[] };

export const TrunkCommit = Type.Object(
  {
    /** The first seven digits. */
    sha: Type.String(),
    message: Type.String(),
    author: Type.String(),
    date: Instant,
    kind: Type.Enum(["regular", "stack-merge"]),
    prNumber: Type.Optional(Type.Integer()),
    stackSize: Type.Optional(Type.Integer()),
    stackPRs: Type.Optional(Type.Array(Type.Integer())),
    /** Of `stackPRs`, in their order; absent unless all are known. */
    stackPRTitles: Type.Optional(Type.Array(Type.String())),
    stackScope: Type.Optional(Type.String()),
  },
  { $id: "TrunkCommit" },
);
export type TrunkCommit = Static<typeof TrunkCommit>;

export const RepoInfo = Type.Object(
  {
    owner: Type.String(),
    repo: Type.String(),
    trunk: Type.String(),
    currentBranch: Type.String(),
    remote: Type.String(),
    currentUser: Type.Optional(Type.String()),
  },
  { $id: "RepoInfo" },
);
export type RepoInfo = Static<typeof RepoInfo>;

/** A branch that belongs to no stack. Ours. */
export const Unstacked = Type.Object(
  {
    name: Type.String(),
    /**
     * `on-trunk`: everything on it is already in the trunk. `tool`: a helper branch of a stacking tool.
     * `missing-object`: its commit is not in this clone.
     */
    reason: Type.Enum(["on-trunk", "tool", "no-trunk", "missing-object"]),
  },
  { $id: "Unstacked" },
);
export type Unstacked = Static<typeof Unstacked>;

/** Everything the dashboard needs, from one snapshot. */
export const View = Type.Object(
  {
    generation: Type.Integer(),
    repo: Type.Ref("RepoInfo"),
    stacks: Type.Array(Type.Ref("StackDetail")),
    recentlyMerged: Type.Array(Type.Ref("TrunkCommit")),
    unstacked: Type.Array(Type.Ref("Unstacked")),
  },
  { $id: "View" },
);
export type View = {
  generation: number;
  repo: RepoInfo;
  stacks: StackDetail[];
  recentlyMerged: TrunkCommit[];
  unstacked: Unstacked[];
};

/** What of a view is another than it was in one that was read before. Ours. */
export const ViewChanges = Type.Object(
  {
    generation: Type.Integer(),
    /** Of the view as it is now: what to ask with next. */
    tag: Type.String(),
    /** The one that was read is not remembered any more, and all there is stands here. */
    isWhole: Type.Boolean(),
    repo: Type.Ref("RepoInfo"),
    /** Those that are new or differ. */
    stacks: Type.Array(Type.Ref("StackDetail")),
    /** The roots of all stacks; absent when they and their order are as they were. */
    order: Type.Optional(Type.Array(Type.String())),
    /** Absent when they are as they were. */
    recentlyMerged: Type.Optional(Type.Array(Type.Ref("TrunkCommit"))),
    /** Absent when they are as they were. */
    unstacked: Type.Optional(Type.Array(Type.Ref("Unstacked"))),
  },
  { $id: "ViewChanges" },
);
export type ViewChanges = Pick<View, "generation" | "repo" | "stacks"> & {
  tag: string;
  isWhole: boolean;
  order?: string[];
  recentlyMerged?: TrunkCommit[];
  unstacked?: Unstacked[];
};

export const StackList = Type.Object(
  { generation: Type.Integer(), stacks: Type.Array(Type.Ref("StackSummary")) },
  { $id: "StackList" },
);
export type StackList = { generation: number; stacks: StackSummary[] };

export const BranchList = Type.Object(
  { generation: Type.Integer(), branches: Type.Array(Type.Ref("Branch")) },
  { $id: "BranchList" },
);
export type BranchList = { generation: number; branches: Branch[] };

export const BranchDiff = Type.Object(
  {
    branch: Type.String(),
    baseRevision: Type.String(),
    headRevision: Type.String(),
    /** Unified diff, UTF-8 with invalid bytes replaced. */
    patch: Type.String(),
    /** Whether the patch was cut at the size limit. Ours. */
    truncated: Type.Boolean(),
    /** How large the files are of which the patch says only that they differ, by the ids in their `index` lines. Ours. */
    binaries: Type.Array(Type.Object({ blob: Type.String(), bytes: Type.Integer() })),
    /** The lines of the branch's `.gitattributes` at the root that tell of `linguist-generated`, in their order. Ours. */
    generatedRules: Type.Array(Type.String()),
  },
  { $id: "BranchDiff" },
);
export type BranchDiff = Static<typeof BranchDiff>;

/** Lines of a file that a diff changes, from before or after the change. */
export const FileLines = Type.Object(
  {
    branch: Type.String(),
    /** The object id of the file's content, as in the `index` line of the patch. */
    blob: Type.String(),
    /** The number of the first of these lines, from 1. */
    start: Type.Integer(),
    /** Without their line feeds; UTF-8 with invalid bytes replaced. Fewer than were asked for at the end, and beyond 5,000. */
    lines: Type.Array(Type.String()),
    /** Of the whole file. */
    lineCount: Type.Integer(),
  },
  { $id: "FileLines" },
);
export type FileLines = Static<typeof FileLines>;
