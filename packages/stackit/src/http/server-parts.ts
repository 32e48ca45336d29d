import type { Access } from "../access/access.ts";
import type { Caller } from "../access/caller.ts";
import type { ActivityList } from "../contract/activity.ts";
import type { AskedToAdd, SeenRemote } from "../contract/added-repo.ts";
import type { Submission, SubmitPlan, SubmitRequest } from "../contract/submit.ts";
import type { SyncRun, SyncRunList } from "../contract/sync-run.ts";
import type { EventLog } from "../events/event-log.ts";
import type { ServedRepo } from "../repos/served-repo.ts";
import type { ActivityQuestion } from "../store/activity-log.ts";
import type { SyncQueue } from "../sync/sync-queue.ts";
import type { GithubDeliveries } from "../sync/triggers/github-deliveries.ts";
import type { HookWatch } from "../sync/triggers/hook-watch.ts";
import type { WebhookLog } from "../sync/triggers/webhook-log.ts";
import type { WebhookSigns } from "../sync/triggers/webhook-signs.ts";

/** The repositories that are served now. */
export interface RepoTable {
  /** By id. */
  list(): readonly ServedRepo[];
  get(repoId: string): ServedRepo | undefined;
}

export type SyncRequester = Pick<
  SyncQueue,
  "request" | "freshness" | "findRun" | "observe" | "backlog" | "pending" | "cancel"
>;

/** The runs that the store keeps. */
export interface SyncHistory {
  /** Newest first. `before` is a run id. */
  list(repoId: string, page: { limit: number; before?: string }): Promise<SyncRunList>;
  find(repoId: string, runId: string): Promise<SyncRun | undefined>;
  /** Settles when the store has answered. @throws when it does not. */
  check(): Promise<void>;
}

export type ActivityAsked = ActivityQuestion;

/** What the store keeps of what happened. */
export interface ActivityReader {
  /** Newest first, of these repositories together. */
  list(repoIds: readonly string[], asked: ActivityAsked): Promise<ActivityList>;
}

/** What happened, to be told to readers of streams. */
export type EventSource = Pick<EventLog, "position" | "subscribe">;

/** Takes what GitHub delivers, once its signature was found to be right. */
export type DeliveryReceiver = Pick<GithubDeliveries, "receive" | "replay" | "onAnswered">;

/** What became of deliveries. */
export type DeliveryHistory = Pick<WebhookLog, "refused" | "list" | "payload">;

/** What webhooks delivered last. */
export type WebhookHistory = Pick<WebhookSigns, "of">;

/** Whether webhooks announce pushes. */
export type HookKnowledge = Pick<HookWatch, "of">;

/** What operators are told of the server that nobody else knows. */
export interface OpsFacts {
  readonly startedAt: string;
  readonly slots: number;
  readonly slotsPerHost: number;
  /** Without secrets. */
  readonly settings: readonly { readonly name: string; readonly value: string }[];
  /** Of the file system that holds the data folder; undefined where it does not say. */
  disk(): Promise<{ freeBytes: number; totalBytes: number } | undefined>;
}

/** Git processes of the whole program. */
export interface GitActivity {
  readonly started: number;
  readonly running: number;
}

/** What forges are asked for pull requests. */
export interface ForgeActivity {
  readonly requests: number;
  /** Looks that failed, by why. */
  readonly failures: ReadonlyMap<string, number>;
  /** Of the one who has the least left; undefined while that is not known. */
  readonly quotaRemaining: number | undefined;
  /** When the forge of each repository last said that nothing is new, in epoch milliseconds; of those where it ever did. */
  readonly checked: readonly { readonly repoId: string; readonly checkedAtMs: number }[];
}

export interface AddedNow {
  readonly repoId: string;
  /** What clones it first, as long as that has not ended. */
  readonly clone?: { run(): SyncRun; readonly ended: Promise<SyncRun> };
  /** It was not served before. */
  readonly isNew: boolean;
}

/** The one that is served already, or what adding it would bring. */
export type Checked = { readonly repoId: string } | { readonly remote: SeenRemote };

/** Has repositories served that were not, and takes them away again. */
export interface RepoAdder {
  /** Checks all that `add` checks, and makes nothing. @throws {Problem} @throws {SyncFailure} as `add` would */
  check(asked: AskedToAdd, caller: Caller): Promise<Checked>;
  /** Settles when the repository is served. @throws {SyncFailure} when its host does not answer as it should. @throws {Problem} when it cannot be served, or not for that caller */
  add(asked: AskedToAdd, caller: Caller): Promise<AddedNow>;
  /** Whether it was added and its first clone has not ended. */
  isCloning(repoId: string): boolean;
  /** Settles when nothing is left of it. @throws {Problem} */
  remove(repoId: string, caller: Caller): Promise<void>;
}

/** A stack of a repository, and who asks for it to be submitted. */
export interface AskedToSubmit {
  readonly repoId: string;
  /** The root branch of a stack, or its id. */
  readonly stack: string;
  readonly caller: Caller;
}

/** Submits stacks as pull requests. */
export interface Submitter {
  /** Changes nothing. @throws {Problem} */
  plan(asked: AskedToSubmit, options: { draft?: boolean }, signal: AbortSignal): Promise<SubmitPlan>;
  /** Settles once it is certain what is to be done, which then goes on by itself. @throws {Problem} before anything was changed */
  submit(
    asked: AskedToSubmit,
    request: SubmitRequest,
    signal: AbortSignal,
  ): Promise<{ submission(): Submission; readonly ended: Promise<Submission> }>;
  find(repoId: string, id: string): Promise<Submission | undefined>;
}

/** Everything the server needs of the rest of the product. */
export interface ServerParts {
  readonly access: Access;
  readonly repos: RepoTable;
  readonly onboarding: RepoAdder;
  readonly syncs: SyncRequester;
  readonly history: SyncHistory;
  readonly activity: ActivityReader;
  readonly events: EventSource;
  readonly githubDeliveries: DeliveryReceiver;
  readonly webhookSigns: WebhookHistory;
  readonly hooks: HookKnowledge;
  readonly webhookLog: DeliveryHistory;
  readonly git: GitActivity;
  readonly ops: OpsFacts;
  readonly forge: ForgeActivity;
  readonly submits: Submitter;
}
