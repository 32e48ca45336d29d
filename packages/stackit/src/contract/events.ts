import type { ActivityEvent } from "./activity.ts";
import type { Freshness, HookHealth, WebhookSign } from "./repo.ts";
import type { Submission } from "./submit.ts";
import type { StackChanges, SyncRun } from "./sync-run.ts";

/**
 * What the event stream says, by SSE event name. Each event says what happened, never what a page should do.
 * `repoId` is on every event of a repository, so that one stream can serve several.
 */
export type ServerEvents = {
  /** First on every stream, without an id. */
  connected: { generation?: number; serverTime: string; version: string };
  /**
   * A run was queued, started or finished, with the freshness that follows from it. Also while one is running, at most
   * every 500 ms, how far it is: then without an id, and never replayed.
   */
  sync: { repoId: string; run: SyncRun; freshness: Freshness };
  /** Only when the snapshot changed. `branches` holds names, at most 500; `truncated` when there were more. */
  refresh: {
    repoId: string;
    generation: number;
    stacks: StackChanges;
    branches: string[];
    truncated: boolean;
  };
  /**
   * What the forge says of these branches' pull requests is another, and so the generation is. At most 500 names; `truncated`
   * when there were more. Without names: how well it is known has changed.
   */
  forge: { repoId: string; generation: number; branches: string[]; truncated: boolean };
  /** The list of repositories is another: this one was added, or is served no more. */
  repos: { repoId: string };
  /** GitHub delivered a ping for this repository, or the first of anything since the server started: its webhook reaches it. */
  webhook: { repoId: string } & WebhookSign;
  /** The webhook of this repository fell silent, or announces pushes. Not on a public server. */
  hook: { repoId: string; hook: HookHealth };
  /** What was added to the activity of a repository, in the order in which it happened. */
  activity: { repoId: string; events: ActivityEvent[] };
  /** Empty names mean a detached HEAD. */
  branch_switched: { repoId: string; from: string; to: string; timestamp: string };
  /** A submission began, got on, or finished. Kept and replayed only when it finished. */
  submit: { repoId: string; submission: Submission };
  /** Every 15 s, without an id. */
  heartbeat: { serverTime: string; version: string };
  /** What was missed can no longer be replayed: read everything again. */
  resync: { serverTime: string };
};

export type ServerEventName = keyof ServerEvents;

/** The events that are numbered, kept and replayed. */
export type LoggedEventName =
  | "sync"
  | "refresh"
  | "forge"
  | "repos"
  | "webhook"
  | "hook"
  | "activity"
  | "submit"
  | "branch_switched";
export type LoggedEvent = {
  [N in LoggedEventName]: { name: N; data: ServerEvents[N] };
}[LoggedEventName];
