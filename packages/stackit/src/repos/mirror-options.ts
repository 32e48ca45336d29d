import type { ExpectedRef, UnmetRef } from "../contract/sync-run.ts";
import type { FetchProgress } from "../git/fetch-progress.ts";
import type { RemoteCredentials } from "../git/remote-credentials.ts";
import type { SshAccess } from "../git/ssh-access.ts";
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
  /** Where restacks are tried; without it they are not. */
  readonly trialsDir?: string;
  /** When a second look confirms a held loss. Default 5 min. */
  readonly secondLookMs?: number;
  /** What must be done with a state that was fetched before readers see it. When it throws, they do not. */
  readonly beforePublishing?: (signal: AbortSignal) => Promise<void>;
  readonly upkeep?: Partial<UpkeepLimits>;
}

export interface MirrorWork {
  readonly signal: AbortSignal;
  readonly confirmed: ReadonlySet<string>;
  readonly expected: readonly ExpectedRef[];
  readonly extendDeadline?: (timeoutMs: number) => void;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

export interface MirrorResult extends RefreshResult {
  readonly unmet?: readonly UnmetRef[];
  /** The mirror was damaged and has been cloned anew. */
  readonly recloned?: boolean;
}
