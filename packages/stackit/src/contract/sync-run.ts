import { type Static, Type } from "typebox";

const Instant = Type.String({ format: "date-time" });

export const Trigger = Type.Enum([
  "manual",
  "webhook",
  "interval",
  "watcher",
  "startup",
  "onboard",
  "submit",
  "replay",
]);
export type Trigger = Static<typeof Trigger>;

/** `partial`: some refs could not be updated. `held`: too much would vanish, nothing was changed. */
export const RunOutcome = Type.Enum(["updated", "unchanged", "partial", "held", "failed"]);
export type RunOutcome = Static<typeof RunOutcome>;

export const RefChange = Type.Object(
  {
    /** Full ref name, such as `refs/heads/topic`. */
    ref: Type.String(),
    /** `forward`: the old commit is an ancestor of the new one. Refs that are not branches are `rewritten`. */
    kind: Type.Enum(["created", "forward", "rewritten", "deleted"]),
    old: Type.Optional(Type.String()),
    new: Type.Optional(Type.String()),
  },
  { $id: "RefChange" },
);
export type RefChange = Static<typeof RefChange>;

export const RefChanges = Type.Object({
  created: Type.Integer(),
  updated: Type.Integer(),
  deleted: Type.Integer(),
  /** At most 200, branches first; `truncated` says whether there were more. */
  changes: Type.Array(RefChange),
  truncated: Type.Boolean(),
});
export type RefChanges = Static<typeof RefChanges>;

/** Stacks by the name of their root branch. */
export const StackChanges = Type.Object({
  created: Type.Array(Type.String()),
  changed: Type.Array(Type.String()),
  removed: Type.Array(Type.String()),
});
export type StackChanges = Static<typeof StackChanges>;

export const RunError = Type.Object({
  code: Type.String(),
  title: Type.String(),
  detail: Type.String(),
  retryable: Type.Boolean(),
  nextAttemptAt: Type.Optional(Instant),
});
export type RunError = Static<typeof RunError>;

/** What F10 holds back. Ours; present while `outcome` is `held`. */
export const Hold = Type.Object({
  id: Type.String(),
  /** Branches that would be removed, at most 200. */
  wouldRemove: Type.Array(Type.String()),
  branchesBefore: Type.Integer(),
  branchesAfter: Type.Integer(),
  /** When a second look confirms it by itself. */
  confirmsAt: Instant,
});
export type Hold = Static<typeof Hold>;

/** What must be there when a run has ended; a `sha` of null means that the ref must be gone. */
export interface ExpectedRef {
  readonly ref: string;
  readonly sha: string | null;
}

/** An expectation that the remote did not come to meet. Ours. */
export const UnmetRef = Type.Object({
  ref: Type.String(),
  /** Null: it was to be gone. */
  expected: Type.Union([Type.String(), Type.Null()]),
  /** Absent when there is no such ref. */
  actual: Type.Optional(Type.String()),
});
export type UnmetRef = Static<typeof UnmetRef>;

/** How far a fetch is, in Git's own phases. Ours. */
export const SyncProgress = Type.Object(
  {
    /**
     * `counting` and `compressing` are the remote's work, before the first byte comes; `resolving` is about deltas, and
     * `checking` walks what came.
     */
    phase: Type.Enum(["counting", "compressing", "receiving", "resolving", "checking"]),
    /** Done of this phase: objects, or deltas while it is `resolving`. */
    objects: Type.Integer({ minimum: 0 }),
    /** Absent where Git does not know it either. */
    totalObjects: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Received so far. */
    bytes: Type.Integer({ minimum: 0 }),
  },
  { $id: "SyncProgress" },
);
export type SyncProgress = Static<typeof SyncProgress>;

/** One attempt to bring a repository up to date. A finished run never changes again. */
export const SyncRun = Type.Object(
  {
    id: Type.String(),
    repoId: Type.String(),
    /** What asked for this run, in the order of the first request of each kind. */
    triggers: Type.Array(Trigger),
    requestedBy: Type.Optional(Type.String()),
    /** Logins of those whose pushes asked for it, as far as deliveries say; at most ten, in the order of the pushes. Ours. */
    pushedBy: Type.Optional(Type.Array(Type.String())),
    requestedAt: Instant,
    startedAt: Type.Optional(Instant),
    finishedAt: Type.Optional(Instant),
    durationMs: Type.Optional(Type.Number()),
    state: Type.Enum(["queued", "running", "finished"]),
    outcome: Type.Optional(RunOutcome),
    /** The generation readers see after this run. */
    generation: Type.Optional(Type.Integer()),
    /** Of a first or large fetch while it runs; absent otherwise, and never in a finished run. Ours. */
    progress: Type.Optional(SyncProgress),
    refs: RefChanges,
    stacks: StackChanges,
    phases: Type.Object({
      queueMs: Type.Number(),
      fetchMs: Type.Number(),
      readMs: Type.Number(),
      deriveMs: Type.Number(),
    }),
    error: Type.Optional(RunError),
    hold: Type.Optional(Hold),
    /** The mirror has been cloned anew: its files were damaged, or an operator asked for it. Ours. */
    recloned: Type.Optional(Type.Boolean()),
    /** All objects of the mirror were read, since an operator asked for it. `leftovers`: files that were removed, since a killed git had left them. Ours. */
    repair: Type.Optional(Type.Object({ leftovers: Type.Integer({ minimum: 0 }) })),
    /** What pushes or callers said would be there and was not, when there is any. Ours. */
    unmet: Type.Optional(Type.Array(UnmetRef)),
  },
  { $id: "SyncRun" },
);
export type SyncRun = Static<typeof SyncRun>;

export const SyncRunList = Type.Object(
  {
    runs: Type.Array(Type.Ref("SyncRun")),
    /** Give it as `before` to read on; absent on the last page. */
    next: Type.Optional(Type.String()),
  },
  { $id: "SyncRunList" },
);
export type SyncRunList = { runs: SyncRun[]; next?: string };

/** Body of POST /repos/{repo}/sync. */
export const SyncRequest = Type.Object(
  {
    expect: Type.Optional(
      Type.Array(
        Type.Object(
          {
            ref: Type.String({ pattern: "^refs/", maxLength: 1024 }),
            sha: Type.String({ pattern: "^([0-9a-f]{40}|[0-9a-f]{64})$" }),
          },
          { additionalProperties: false },
        ),
        { maxItems: 100 },
      ),
    ),
    confirm: Type.Optional(Type.String({ maxLength: 64 })),
    probe: Type.Optional(Type.Boolean()),
  },
  { $id: "SyncRequest", additionalProperties: false },
);
export type SyncRequest = Static<typeof SyncRequest>;

/** Answer to a SyncRequest with `probe`. Ours. */
export const SyncProbe = Type.Object(
  {
    /** What a run that started now would change; nothing was. */
    wouldChange: RefChanges,
  },
  { $id: "SyncProbe" },
);
export type SyncProbe = Static<typeof SyncProbe>;
