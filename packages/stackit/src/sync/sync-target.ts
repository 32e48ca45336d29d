import type { ProblemCode } from "../contract/problems.ts";
import type {
  ExpectedRef,
  Hold,
  RefChanges,
  StackChanges,
  SyncProgress,
  Trigger,
  UnmetRef,
} from "../contract/sync-run.ts";
import type { Mend, Repair } from "../repos/mirror-options.ts";

/** What the queue needs to know of a repository. The queue decides when; the target does. */
export interface SyncTarget {
  readonly repoId: string;
  /** Names the repository in the store, across restarts and for several servers on one data folder. */
  readonly storeKey: string;
  /** Host that a run contacts, for the limit per host; undefined when it contacts nobody. */
  readonly host?: string | undefined;
  /** The deadline of the next run, where it is another than that of the queue. */
  readonly timeoutMs?: number | undefined;
  /**
   * One run. Settles soon after `signal` aborts, having killed what it started. Never called twice at once.
   * @throws {SyncFailure} for every failure that it can name.
   */
  sync(work: SyncWork): Promise<SyncResult>;
}

export interface SyncWork {
  readonly runId: string;
  readonly triggers: readonly Trigger[];
  /** Aborts at the deadline and at shutdown. */
  readonly signal: AbortSignal;
  /** Moves the deadline to this long after now. For work of another size than was to be expected. */
  readonly extendDeadline: (timeoutMs: number) => void;
  /** Hold ids that a person confirmed. */
  readonly confirmed: ReadonlySet<string>;
  /** What the requests that this run answers say must be there; at most one for each ref. */
  readonly expected: readonly ExpectedRef[];
  readonly mend: Mend | undefined;
  /** May be called as often as there is something to say; after the run has ended nobody hears it. */
  readonly onProgress: (progress: SyncProgress) => void;
}

export interface SyncResult {
  outcome: "updated" | "unchanged" | "partial" | "held";
  generation: number;
  refs: RefChanges;
  stacks: StackChanges;
  phases: { fetchMs: number; readMs: number; deriveMs: number };
  /** The mirror has been cloned anew: it was damaged, or somebody wanted it. */
  recloned?: boolean;
  repair?: Repair;
  /** Present when `outcome` is `held`. The queue asks for the second look at `confirmsAt`. */
  hold?: Hold;
  /** Those of the expected refs that were not met within the time that the target gives them. */
  unmet?: readonly UnmetRef[];
}

export class SyncFailure extends Error {
  readonly code: ProblemCode & `sync/${string}`;
  /** Whether the same run may succeed later without anybody mending anything. */
  readonly retryable: boolean;
  /** When whoever was asked said how long to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ProblemCode & `sync/${string}`,
    detail: string,
    options: { retryable: boolean; retryAfterMs?: number | undefined; cause?: unknown },
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "SyncFailure";
    this.code = code;
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
  }
}
