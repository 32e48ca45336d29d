import type { ActivityKind } from "../contract/activity.ts";
import type { AuditAction } from "../contract/audit.ts";
import type { Visibility } from "../contract/role.ts";
import type { RunOutcome, SyncRun } from "../contract/sync-run.ts";
import type { DeliveryResult } from "../contract/webhook-deliveries.ts";
import type { HeadMove } from "../stacks/head-move.ts";
import type { Landed } from "../stacks/landed.ts";
import type { PullRequest } from "../stacks/pull-request.ts";

/**
 * The tables, in types that SQLite and PostgreSQL share: ids and JSON are text, times are epoch milliseconds in a
 * `bigint`, yes and no are 1 and 0 in a `smallint`.
 */
export interface Schema {
  sync_run: SyncRunRow;
  run_history: RunHistoryRow;
  line_count: LineCountRow;
  delivery: DeliveryRow;
  hook: HookRow;
  refused_delivery: RefusedDeliveryRow;
  head_move: HeadMoveRow;
  repository: RepositoryRow;
  pull_request: PullRequestRow;
  forge_look: ForgeLookRow;
  forge_branch: ForgeBranchRow;
  patch_id: PatchIdRow;
  landed: LandedRow;
  departed: DepartedRow;
  stack: StackRow;
  person: PersonRow;
  session: SessionRow;
  api_token: ApiTokenRow;
  audit: AuditRow;
  added_repo: AddedRepoRow;
  activity: ActivityRow;
  submission: SubmissionRow;
  listed_login: ListedLoginRow;
}

export interface SyncRunRow {
  store_key: string;
  /** Sorts by age within a repository. */
  id: string;
  state: SyncRun["state"];
  outcome: RunOutcome | null;
  error_code: string | null;
  requested_at: number;
  finished_at: number | null;
  /** Whether a finished one found other refs or stacks than before. */
  changed: number;
  /** Whether a webhook was among what asked for it. */
  announced: number;
  /** The SyncRun as JSON. */
  run: string;
}

export interface RunHistoryRow {
  store_key: string;
  /** The last run that it takes in, by id. */
  through: string;
  /** The RunHistory as JSON. */
  history: string;
}

export interface LineCountRow {
  /** Names the two commits. */
  pair: string;
  added: number;
  deleted: number;
  files: number;
  /** Only moves on once a day. */
  used_at: number;
}

export interface DeliveryRow {
  forge: "github";
  /** The forge's own, the same when it delivers again. */
  id: string;
  event: string;
  /** Store key of the repository. */
  repo_key: string;
  /** What to do, as JSON. */
  task: string;
  received_at: number;
  /** Null until a run has answered it. */
  finished_at: number | null;
  /** The run that answered it, where there was one and it is known. */
  run_id: string | null;
  /** The run of its last replay. */
  replay_run_id: string | null;
  /** How often it came again, and when last. */
  repeats: number;
  repeated_at: number | null;
  /** The KeptPayload as JSON; null for one that was stored before there was one. */
  payload: string | null;
}

/** What is known of the webhook of a repository, by its store key. */
export interface HookRow {
  repo_key: string;
  /** When it last announced a push. */
  last_push_at: number;
  /** When a run ended that found a change which it had not announced, and which run; null unless it has been silent since. */
  silent_since: number | null;
  silent_run: string | null;
}

/** Deliveries that were not taken and are alike, of some minutes. Nothing of their bodies but the name of a repository, where they were signed. */
export interface RefusedDeliveryRow {
  /** Names the minutes and all that they have in common. */
  key: string;
  result: Exclude<DeliveryResult, "taken">;
  status: number;
  /** Empty where it is not known; so are the next two. */
  event: string;
  /** As `owner/name`, as it was given. */
  repository: string;
  /** From where they came. */
  address: string;
  /** How many there were. */
  came: number;
  first_at: number;
  last_at: number;
}

/** Where a branch was before it moved or went. */
export interface HeadMoveRow {
  repo_key: string;
  /** Full name. */
  ref: string;
  seen_at: number;
  old_oid: string;
  /** Null when the branch went, or before it is known. */
  new_oid: string | null;
  /** Null until it is known what became of it. */
  kind: HeadMove["kind"] | null;
  was_last: number;
}

/** A repository of a forge, told apart by its store key. */
export interface RepositoryRow {
  repo_key: string;
  /** What the operator gave: when that changes, the row is of another repository. */
  configured_url: string;
  /** As `owner/name`; empty when there is none. */
  configured_name: string;
  /** The forge's number for it, which stays when it is renamed; null until it was heard. */
  forge_id: number | null;
  url: string;
  /** As `owner/name`; empty when there is none. */
  full_name: string;
  /** A list of such names, the latest last, as JSON. */
  former_names: string;
  /** The forge's time of the state that the name is from. */
  named_at: number | null;
  /** When the forge said that it was deleted there. */
  deleted_at: number | null;
  first_seen_at: number;
  /** When any of this was last written. */
  last_seen_at: number;
}

export interface PatchIdRow {
  /** Names the commit, or the two. */
  change: string;
  /** Empty for an empty patch. */
  patch: string;
  written_at: number;
}

/** Changes that came into a trunk. */
export interface LandedRow {
  repo_key: string;
  tip: string;
  base: string;
  trunk: string;
  how: Landed["how"];
  trunk_commit: string;
  landed_at: number;
  seen_at: number;
}

export interface DepartedRow {
  repo_key: string;
  name: string;
  left_at: number;
  /** The Departed as JSON. */
  facts: string;
}

/** A stack that a repository has or had. */
export interface StackRow {
  repo_key: string;
  id: string;
  /** When it was last there; null as long as it is. */
  gone_at: number | null;
  /** The rest as JSON. */
  facts: string;
}

/** A pull request of a repository's forge. */
export interface PullRequestRow {
  repo_key: string;
  number: number;
  state: PullRequest["state"];
  /** The forge's time of its last change. */
  updated_at: number;
  /** The PullRequest as JSON. */
  facts: string;
}

/** How well the pull requests of a repository are known. */
export interface ForgeLookRow {
  repo_key: string;
  /** The forge's number for the repository that they are of. */
  forge_id: number;
  /** Of the forge's list of what was touched last. */
  etag: string | null;
  /** When the forge last said that there is nothing else. */
  checked_at: number;
  /** When something else was last found. */
  changed_at: number;
  /** When the forge was last asked for all that are open, and answered whole; null before. */
  swept_at: number | null;
}

/** A branch whose pull requests the forge was asked for. */
export interface ForgeBranchRow {
  repo_key: string;
  branch: string;
}

/** Whose a login is that the operator listed. */
export interface ListedLoginRow {
  /** In lower case. */
  login: string;
  person_id: string;
}

/** Somebody who has signed in. */
export interface PersonRow {
  /** The forge's host and its number for the person, which stays when the person takes another login. */
  id: string;
  login: string;
  /** What the forge gave to ask in the person's name, sealed; null when the person is signed out everywhere. */
  tokens: string | null;
  first_seen_at: number;
  last_seen_at: number;
}

export interface SessionRow {
  /** Names it in lists; opens nothing. */
  id: string;
  /** Of what the browser holds: SHA-256 in hexadecimal digits. */
  secret_hash: string;
  person_id: string;
  created_at: number;
  /** Only moves on once a minute. */
  used_at: number;
  /** Whatever happens, it ends then. */
  expires_at: number;
  /** From where it was begun. */
  address: string;
  /** What the browser called itself. */
  agent: string;
}

/** What a program of somebody who may use the data folder signs in with. */
export interface ApiTokenRow {
  id: string;
  /** SHA-256 in hexadecimal digits. */
  secret_hash: string;
  name: string;
  /** A list, as JSON. */
  scopes: string;
  /** Ids of repositories as JSON; null for all. */
  repos: string | null;
  created_at: number;
  /** Null: never. */
  expires_at: number | null;
  /** Only moves on once a minute; null before the first use. */
  used_at: number | null;
}

export interface AuditRow {
  /** Sorts by age. */
  id: string;
  at: number;
  action: AuditAction;
  /** The id of the person or the token; empty for nobody in particular. */
  actor: string;
  /** In lower case. */
  actor_name: string;
  target: string;
  /** The AuditEntry as JSON, without what the action says by itself. */
  entry: string;
}

/** A repository that was added while the server ran. */
export interface AddedRepoRow {
  id: string;
  url: string;
  visibility: Visibility;
  /** The person's id; empty on a server without sign-in. */
  added_by: string;
  added_at: number;
}

/** Something that happened in a repository. */
export interface ActivityRow {
  /** Sorts by age, also among repositories. */
  id: string;
  repo_key: string;
  at: number;
  kind: ActivityKind;
  failed: number;
  /** Who did it and whose it is, in lower case, each between two line ends. */
  people: string;
  stack_id: string | null;
  branch: string | null;
  /** The ActivityEvent as JSON, without what is known from the rest of the row and from who asks. */
  event: string;
}

/** What somebody submitted. */
export interface SubmissionRow {
  repo_key: string;
  /** Sorts by age. */
  id: string;
  state: "queued" | "running" | "finished";
  requested_at: number;
  /** The Submission as JSON. */
  submission: string;
}
