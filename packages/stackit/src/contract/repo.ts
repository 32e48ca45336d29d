import { type Static, Type } from "typebox";
import { ROLES } from "./role.ts";
import { RunOutcome, SyncProgress } from "./sync-run.ts";

/** An instant, RFC 3339 in UTC with milliseconds. */
export const Instant = Type.String({ format: "date-time" });

export const RepoKind = Type.Enum(["mirror", "working-copy"]);
export type RepoKind = Static<typeof RepoKind>;

/** How changes on disk reach the server. Ours; only on a working copy. */
export const Watching = Type.Object(
  {
    /** `events`: the file system reports changes, a slow poll catches what it missed. `poll`: only the poll works. */
    mode: Type.Enum(["events", "poll"]),
    /** Why `poll`: what the watcher said when it failed. */
    reason: Type.Optional(Type.String()),
    pollIntervalSec: Type.Number(),
  },
  { $id: "Watching" },
);
export type Watching = Static<typeof Watching>;

export const Freshness = Type.Object(
  {
    /** `local`: a working copy, whose truth is the disk. `late`: the last success is older than `expectedMaxAgeSec`. */
    health: Type.Enum(["fresh", "late", "failing", "never", "local"]),
    activity: Type.Enum(["idle", "queued", "running", "cloning"]),
    /** Of the run at work, while it fetches much. Ours. */
    progress: Type.Optional(SyncProgress),
    lastSuccessAt: Type.Optional(Instant),
    /** The last run that found other refs or stacks than before. */
    lastChangeAt: Type.Optional(Instant),
    lastAttempt: Type.Optional(
      Type.Object({
        at: Instant,
        runId: Type.String(),
        outcome: RunOutcome,
        /** The problem code of a failure. */
        code: Type.Optional(Type.String()),
        /** What failed, in sentences for a person; the first says it in short. Ours. */
        detail: Type.Optional(Type.String()),
      }),
    ),
    consecutiveFailures: Type.Integer({ minimum: 0 }),
    /** When the first of these failures ended, as far back as runs are kept. Ours. */
    failingSince: Type.Optional(Instant),
    /** The last runs that ended, at most twelve, the latest last. Ours. */
    recent: Type.Array(
      Type.Object({
        outcome: RunOutcome,
        /** Absent when it never started. */
        durationMs: Type.Optional(Type.Number()),
      }),
    ),
    nextDueAt: Type.Optional(Instant),
    /** The remote's host is left alone: nothing is asked unless a person does. Ours. */
    waitingFor: Type.Optional(
      Type.Object({
        host: Type.String(),
        /** `rate-limited`: it told us to wait, and nobody asks it before. `failing`: it failed several times in a row. */
        reason: Type.Enum(["rate-limited", "failing"]),
        /** Absent while one run is asking for all. */
        until: Type.Optional(Instant),
      }),
    ),
    /** How long after its last run a mirror is asked again; absent when it is not asked at intervals. Ours. */
    interval: Type.Optional(
      Type.Object({
        everySec: Type.Number(),
        /** Why so often, in a few words for a person, as of the last run. */
        reason: Type.String(),
      }),
    ),
    /** Of a mirror: twice `interval`, or a day. */
    expectedMaxAgeSec: Type.Number(),
    watching: Type.Optional(Watching),
  },
  { $id: "Freshness" },
);
export type Freshness = Static<typeof Freshness>;

/** How well what is told of pull requests, reviews and checks is known. Ours. */
export const ForgeHealth = Type.Object(
  {
    /**
     * `current`: the forge said lately that there is nothing else. `late`: not for longer than it may take. `failing`: it was
     * asked and did not answer as it should; what it said before is shown. `never`: it has not answered yet. `off`: it is not asked.
     */
    health: Type.Enum(["current", "late", "failing", "never", "off"]),
    /** When the forge last said that there is nothing else. */
    checkedAt: Type.Optional(Instant),
    /** Since when it does not answer as it should. */
    failingSince: Type.Optional(Instant),
    /** Why it fails or is off, and what to do, in a sentence for a person. */
    reason: Type.Optional(Type.String()),
    nextAttemptAt: Type.Optional(Instant),
  },
  { $id: "ForgeHealth" },
);
export type ForgeHealth = Static<typeof ForgeHealth>;

/** Whether pushes are announced by a webhook. Ours. */
export const HookHealth = Type.Object(
  {
    /**
     * `none`: no push was ever announced, or none for long after the webhook fell silent. `announcing`: pushes are announced. `silent`:
     * branches changed, and no webhook said so.
     */
    health: Type.Enum(["none", "announcing", "silent"]),
    /** The last push that was announced. */
    lastPushAt: Type.Optional(Instant),
    /** When the first change was found that no webhook announced. */
    silentSince: Type.Optional(Instant),
    /** The run that found it. */
    runId: Type.Optional(Type.String()),
  },
  { $id: "HookHealth" },
);
export type HookHealth = Static<typeof HookHealth>;

export const RepoSummary = Type.Object(
  {
    id: Type.String(),
    displayName: Type.String(),
    owner: Type.Optional(Type.String()),
    repo: Type.Optional(Type.String()),
    /** What its forge called it before, as `owner/name`, the latest last; absent when there is none. Ours. */
    formerNames: Type.Optional(Type.Array(Type.String())),
    kind: RepoKind,
    /** What the caller may do with it. Ours. */
    role: Type.Enum([...ROLES]),
    /** Empty while the repository has no trunk (no commits yet, or none found). */
    trunk: Type.String(),
    /** Absent when HEAD is detached. */
    currentBranch: Type.Optional(Type.String()),
    counts: Type.Object({
      branches: Type.Integer(),
      stacks: Type.Integer(),
      needsRestack: Type.Integer(),
    }),
    freshness: Freshness,
    /** Only of a mirror of a repository on a forge whose pull requests are read. Ours. */
    forge: Type.Optional(ForgeHealth),
    /** Only of a mirror where the server takes webhooks, and not on a public server. Ours. */
    hook: Type.Optional(HookHealth),
  },
  { $id: "RepoSummary" },
);
export type RepoSummary = Static<typeof RepoSummary>;

export const RepoList = Type.Object({ repos: Type.Array(Type.Ref("RepoSummary")) }, { $id: "RepoList" });
export type RepoList = { repos: RepoSummary[] };

/** A fact about the repository as a whole that a reader should know before believing the page. Ours. */
export const RepoNote = Type.Object(
  {
    code: Type.Enum([
      "no-commits",
      "no-trunk",
      "trunk-unborn",
      "detached-head",
      "shallow",
      "partial",
      "source-unreadable",
      "unreadable",
      "held",
      "deleted",
    ]),
    detail: Type.String(),
  },
  { $id: "RepoNote" },
);
export type RepoNote = Static<typeof RepoNote>;

/** What a webhook delivered, once its signature was found to be right. Ours. */
export const WebhookSign = Type.Object({
  /** As GitHub calls it, such as `ping` or `push`. */
  event: Type.String(),
  at: Instant,
});
export type WebhookSign = Static<typeof WebhookSign>;

export const RepoStatus = Type.Object(
  {
    ...RepoSummary.properties,
    generation: Type.Integer({ minimum: 0 }),
    /** Host names of the remotes; never a URL, which could carry a secret. */
    remotes: Type.Array(Type.Object({ name: Type.String(), host: Type.Optional(Type.String()) })),
    /** Home-relative folder of a working copy; only on a server without sign-in. */
    path: Type.Optional(Type.String()),
    notes: Type.Array(RepoNote),
    /** The last delivery that named it since the server started; absent when there was none. Ours. */
    webhook: Type.Optional(WebhookSign),
  },
  { $id: "RepoStatus" },
);
export type RepoStatus = Static<typeof RepoStatus>;

/** GET /config */
export const ServerConfig = Type.Object(
  {
    readOnly: Type.Boolean(),
    authRequired: Type.Boolean(),
    singleRepo: Type.Boolean(),
    webhooks: Type.Boolean(),
    version: Type.String(),
    contact: Type.Optional(
      Type.String({ description: "Whom to ask to be let in, in the operator's words." }),
    ),
  },
  { $id: "ServerConfig" },
);
export type ServerConfig = Static<typeof ServerConfig>;
