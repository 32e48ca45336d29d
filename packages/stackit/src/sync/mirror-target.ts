import type { ProblemCode } from "../contract/problems.ts";
import { GitError, REFUSED_BY_REMOTE } from "../git/git-error.ts";
import { explainConnection, UNTRUSTED } from "../git/wire/connection-failure.ts";
import { RemoteError, type RemoteFailure } from "../git/wire/remote-failure.ts";
import type { AdoptedCheckout } from "../repos/adopted-checkout.ts";
import { CheckoutFailedError, CheckoutRefusedError } from "../repos/checkout-refusal.ts";
import type { Mirror } from "../repos/mirror.ts";
import { DamagedMirrorError, RecloneFailedError, whatItSaysOfFiles } from "../repos/mirror-damage.ts";
import { NotOurMirrorError } from "../repos/mirror-folder.ts";
import type { ServedRepo } from "../repos/served-repo.ts";
import { SyncFailure, type SyncResult, type SyncTarget, type SyncWork } from "./sync-target.ts";
import { type SystemCause, systemCause } from "./system-cause.ts";

/** A first fetch brings everything there is. */
const FIRST_TIMEOUT_MS = 30 * 60_000;

/** Names a mirror in the store. */
export function mirrorKey(id: string): string {
  return `mirror:${id}`;
}

/** Lets the queue make a mirror, or a checkout that was handed over, equal to its remote. */
export class MirrorTarget implements SyncTarget {
  readonly #mirror: Mirror | AdoptedCheckout;

  constructor(mirror: Mirror | AdoptedCheckout) {
    this.#mirror = mirror;
  }

  get repoId(): string {
    return this.#mirror.id;
  }

  get storeKey(): string {
    return mirrorKey(this.#mirror.id);
  }

  get host(): string | undefined {
    return this.#mirror.host;
  }

  get timeoutMs(): number | undefined {
    const { snapshot, lastShown }: ServedRepo = this.#mirror;
    return snapshot || lastShown ? undefined : FIRST_TIMEOUT_MS;
  }

  async sync(work: SyncWork): Promise<SyncResult> {
    try {
      return await this.#mirror.refresh(work);
    } catch (error) {
      if (work.signal.aborted) throw error;
      throw mirrorFailure(error);
    }
  }
}

type SyncCode = ProblemCode & `sync/${string}`;
type Explained = readonly [code: SyncCode, detail: string, retryable: boolean];

const OF_REMOTES: Readonly<
  Record<Exclude<RemoteFailure, "aborted">, readonly [code: SyncCode, retryable: boolean]>
> = {
  "auth-failed": ["sync/auth-failed", false],
  "not-found": ["sync/remote-not-found", false],
  unreachable: ["sync/remote-unreachable", true],
  "rate-limited": ["sync/rate-limited", true],
  timeout: ["sync/timeout", true],
  error: ["sync/remote-error", true],
};

/** Why a mirror could not be made equal to its remote, in words for a client: no path, no URL, nothing that git printed. */
export function mirrorFailure(error: unknown): SyncFailure {
  if (error instanceof SyncFailure) return error;
  const [code, detail, retryable] = explain(error);
  const said = error instanceof RecloneFailedError ? error.cause : error;
  const retryAfterMs =
    said instanceof RemoteError || said instanceof DamagedMirrorError ? said.retryAfterMs : undefined;
  return new SyncFailure(code, detail, { retryable, retryAfterMs, cause: error });
}

function explain(error: unknown): Explained {
  if (error instanceof RemoteError && error.failure !== "aborted") {
    const [code, retryable] = OF_REMOTES[error.failure];
    return [code, error.message, retryable];
  }
  if (error instanceof NotOurMirrorError) {
    return [
      "sync/mirror-corrupt",
      "Something that is no mirror of this server lies where the mirror belongs; move it away.",
      false,
    ];
  }
  if (error instanceof DamagedMirrorError) return explainDamage(error);
  if (error instanceof RecloneFailedError) return explainReclone(error);
  if (error instanceof CheckoutRefusedError) return ["sync/checkout-refused", error.message, error.passes];
  if (error instanceof CheckoutFailedError) return explainCheckout(error);
  if (error instanceof GitError) return explainGit(error);
  return ofSystem(error) ?? ["sync/unreadable", "The mirror could not be read or written.", true];
}

const DISK_FULL: Explained = ["sync/disk-full", "The server's disk is full.", true];
const NOT_WRITABLE: Explained = ["sync/unreadable", "The server may not write its data folder.", true];
const NO_ROOM: Explained = [
  "sync/unreadable",
  "The server's system has no room for git: no more processes, files or memory.",
  true,
];
const GIT_WAS_ENDED: Explained = [
  "sync/unreadable",
  "The server's system ended git in the midst of its work, as it does when memory is short.",
  true,
];

const OF_SYSTEM: Readonly<Record<SystemCause, Explained>> = {
  "disk-full": DISK_FULL,
  "no-room": NO_ROOM,
  "not-permitted": NOT_WRITABLE,
};

/** What git says of the machine that it runs on. With `LC_ALL=C` these parts of its sentences are stable, and those below. */
const OF_THIS_MACHINE: readonly (readonly [pattern: RegExp, explained: Explained])[] = [
  [/No space left on device|Disk quota exceeded/, DISK_FULL],
  [/Permission denied|Read-only file system|insufficient permission/, NOT_WRITABLE],
  [/(fork|thread).*(temporarily unavailable|Cannot allocate)|out of memory|Too many open files/i, NO_ROOM],
  [/died of signal/, GIT_WAS_ENDED],
];

/** The look before the fetch has told most causes apart. */
const OF_GIT: readonly (readonly [pattern: RegExp, explained: Explained])[] = [
  [
    /couldn't find remote ref|not our ref|unadvertised object/,
    ["sync/remote-error", "The remote's refs moved while they were fetched.", true],
  ],
  [REFUSED_BY_REMOTE, ["sync/auth-failed", "The remote refused the credentials, or wants some.", false]],
  [
    /repository .* not found|error: 404/i,
    ["sync/remote-not-found", "The remote has no such repository.", false],
  ],
  [
    /early EOF|unexpected disconnect|transfer closed|RPC failed; curl|remote end hung up|Connection reset/,
    ["sync/remote-unreachable", "The connection to the remote broke in the midst of the transfer.", true],
  ],
  [/certificate/i, ["sync/remote-unreachable", UNTRUSTED, true]],
  [/Could not resolve host/, ["sync/remote-unreachable", explainConnection("ENOTFOUND"), true]],
  [/Connection refused/, ["sync/remote-unreachable", explainConnection("ECONNREFUSED"), true]],
  [/timed out/, ["sync/remote-unreachable", explainConnection("ETIMEDOUT"), true]],
  [/Failed to connect|SSL/, ["sync/remote-unreachable", explainConnection(""), true]],
];

function explainDamage({ retryAfterMs, cause }: DamagedMirrorError): Explained {
  const why =
    retryAfterMs !== undefined
      ? "it was cloned anew a short while ago: look at the server's disk and memory"
      : cause === undefined || whatItSaysOfFiles(cause) === "damaged"
        ? "what was cloned anew is damaged as well: look at the server's disk and memory"
        : `it could not be cloned anew. ${explain(cause)[1]}`;
  return ["sync/mirror-corrupt", `The mirror on the server's disk is damaged, and ${why}`, true];
}

/** What is damaged of a clone is not the mirror, which is kept. */
function explainReclone({ cause }: RecloneFailedError): Explained {
  const [code, why, retryable]: Explained =
    whatItSaysOfFiles(cause) === "damaged"
      ? ["sync/remote-error", "What the remote sent is damaged.", true]
      : explain(cause);
  return [code, `The mirror could not be cloned anew, and is kept as it was. ${why}`, retryable];
}

function ofSystem(error: unknown): Explained | undefined {
  const cause = systemCause(error);
  return cause && OF_SYSTEM[cause];
}

/** What is told of the mirror's folder is not true of this one. */
function explainCheckout({ cause }: CheckoutFailedError): Explained {
  const explained = explain(cause);
  if ([DISK_FULL, NO_ROOM, GIT_WAS_ENDED].includes(explained)) return explained;
  return [
    "sync/unreadable",
    cause instanceof GitError
      ? "Git could not read or change the checkout; the server's log has why."
      : "The server could not read or write the checkout's folder.",
    true,
  ];
}

function explainGit(error: GitError): Explained {
  const { failure, stderr } = error;
  if (failure === "no-git") return ["sync/unreadable", "The git program was not found.", false];
  if (failure === "timeout") return ["sync/timeout", "Git did not answer in time.", true];
  const notStarted = ofSystem(error.cause);
  if (notStarted) return notStarted;
  const ownWords = stderr.replace(/^remote: .*$/gm, "");
  const known =
    OF_THIS_MACHINE.find(([pattern]) => pattern.test(ownWords)) ??
    OF_GIT.find(([pattern]) => pattern.test(stderr));
  if (known) return known[1];
  if (failure === "failed" && error.exitCode === null) return GIT_WAS_ENDED;
  if (whatItSaysOfFiles(error) === "damaged") return explainDamage(new DamagedMirrorError("damaged"));
  return ["sync/remote-error", "The fetch failed; the server's log has what git said.", true];
}
