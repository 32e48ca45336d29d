import type { ExpectedRef, UnmetRef } from "../contract/sync-run.ts";
import type { FetchProgress } from "../git/fetch-progress.ts";
import type { RemoteCredentials } from "../git/remote-credentials.ts";
import type { SshAccess } from "../git/ssh-access.ts";
import type { Turns } from "../lib/turns.ts";
import type { HeadMoveStore } from "./head-history.ts";
import type { LandingTools } from "./landing-watch.ts";
import type { LineCountStore } from "./line-counts.ts";
import type { Pause } from "./mirror-remote.ts";
import type { UpkeepLimits } from "./mirror-upkeep.ts";
import type { TurnsBehind } from "./snapshot-publisher.ts";
import type { StackStore } from "./stack-identities.ts";
import type { RefreshResult } from "./working-copy.ts";

export interface MirrorOptions {
  readonly id: string;
  /** The bare repository, which need not be there. */
  readonly dir: string;
  readonly url: URL;
  /** Without them the remote is asked anonymously. */
  readonly credentials?: RemoteCredentials;
  /** Needed for a URL of ssh. */
  readonly ssh?: SshAccess;
  readonly displayName?: string;
  readonly owner?: string;
  readonly name?: string;
  readonly lineCounts?: LineCountStore;
  readonly headMoves?: HeadMoveStore;
  readonly landings?: LandingTools;
  /** Between two looks for what a remote does not serve yet. */
  readonly pause?: Pause;
  readonly stacks?: StackStore;
  /** Without them its work behind snapshots waits for nobody. */
  readonly behind?: TurnsBehind;
  /** Repositories share them: so many are read at once for those who ask before a run has. */
  readonly opening?: Turns;
  /** What was shown last cannot be read: a refresh is due. Must not throw. */
  readonly onUnreadable?: () => void;
  /** Why the snapshot that an earlier process kept is not served. Must not throw. */
  readonly onKeptDropped?: (why: string) => void;
  /** Where restacks are tried; without it they are not. */
  readonly trialsDir?: string;
  /** When a second look confirms a held loss. Default 5 min. */
  readonly secondLookMs?: number;
  /** What must be done with a state that was fetched before readers see it. When it throws, they do not. */
  readonly beforePublishing?: (signal: AbortSignal) => Promise<void>;
  readonly upkeep?: Partial<UpkeepLimits>;
}

/** What somebody wants to be done about the server's copy: all of it read, and made anew where something is missing; or made anew, whatever its state. */
export type Mend = "repair" | "reclone";

export interface MirrorWork {
  readonly signal: AbortSignal;
  readonly confirmed: ReadonlySet<string>;
  readonly expected: readonly ExpectedRef[];
  readonly mend?: Mend | undefined;
  readonly extendDeadline?: (timeoutMs: number) => void;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

/** All objects were read. */
export interface Repair {
  /** Files that were removed, since a killed git had left them. */
  readonly leftovers: number;
}

export interface MirrorResult extends RefreshResult {
  readonly unmet?: readonly UnmetRef[];
  /** The mirror has been cloned anew: it was damaged, or somebody wanted it. */
  readonly recloned?: boolean;
  readonly repair?: Repair;
}
