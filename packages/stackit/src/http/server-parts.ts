import type { Access } from "../access/access.ts";
import type { Caller } from "../access/caller.ts";
import type { ActivityList } from "../contract/activity.ts";
import type { AskedToAdd } from "../contract/added-repo.ts";
import type { SyncRun, SyncRunList } from "../contract/sync-run.ts";
import type { EventLog } from "../events/event-log.ts";
import type { ServedRepo } from "../repos/served-repo.ts";
import type { ActivityQuestion } from "../store/activity-log.ts";
import type { SyncQueue } from "../sync/sync-queue.ts";
import type { GithubDeliveries } from "../sync/triggers/github-deliveries.ts";

/** The repositories that are served now. */
export interface RepoTable {
  /** By id. */
  list(): readonly ServedRepo[];
  get(repoId: string): ServedRepo | undefined;
}

export type SyncRequester = Pick<SyncQueue, "request" | "freshness" | "findRun" | "observe" | "backlog">;

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
export type DeliveryReceiver = Pick<GithubDeliveries, "receive" | "onAnswered">;

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

/** Has repositories served that were not, and takes them away again. */
export interface RepoAdder {
  /** Settles when the repository is served. @throws {Problem} when it cannot be served, or not for that caller */
  add(asked: AskedToAdd, caller: Caller): Promise<AddedNow>;
  /** Whether it was added and its first clone has not ended. */
  isCloning(repoId: string): boolean;
  /** Settles when nothing is left of it. @throws {Problem} */
  remove(repoId: string, caller: Caller): Promise<void>;
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
  readonly git: GitActivity;
  readonly forge: ForgeActivity;
}
