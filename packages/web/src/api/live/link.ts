/**
 * The connection to the event stream as a value. `phase`:
 * - `opening`: a stream was asked for; `catching-up`: it is open, what was missed is being read; `open`: all is current.
 * - `waiting`: there is none, the next attempt is at `retryAt`.
 * `lostAt` is set exactly while what is shown may be out of date, and says since when.
 */
export interface Link {
  phase: "opening" | "catching-up" | "open" | "waiting";
  lostAt: number | undefined;
  /** Whether what is shown was current once. */
  wasLive: boolean;
  /** When the phase began. */
  since: number;
  /** Attempts that failed in a row. */
  failures: number;
  failure: LinkFailure | undefined;
  retryAt: number | undefined;
  online: boolean;
}

export interface LinkFailure {
  /**
   * `silent`: nothing answers. `cut`: the server answers, the stream does not hold. `refused`: it serves no stream now.
   */
  kind: "silent" | "cut" | "server" | "refused" | "signed-out";
  status?: number;
  requestId?: string;
  retryAfterMs?: number;
}

export type LinkEvent =
  | { type: "opening" }
  | { type: "connected" }
  | { type: "caught-up" }
  /** The server ended the stream as planned. */
  | { type: "ended" }
  /** It broke; `failed` follows and says why. */
  | { type: "broken" }
  | { type: "failed"; failure: LinkFailure; delayMs: number }
  | { type: "online"; online: boolean };

export function firstLink(now: number, online: boolean): Link {
  return {
    phase: "opening",
    lostAt: now,
    wasLive: false,
    since: now,
    failures: 0,
    failure: undefined,
    retryAt: undefined,
    online,
  };
}

export function advance(link: Link, event: LinkEvent, now: number): Link {
  switch (event.type) {
    case "opening":
      return { ...link, phase: "opening", since: now, retryAt: undefined };
    case "connected":
      return { ...link, phase: "catching-up", since: now, failures: 0, failure: undefined };
    case "caught-up":
      return { ...link, phase: "open", since: now, lostAt: undefined, wasLive: true };
    case "ended":
    case "broken":
      return { ...link, phase: "waiting", since: now, lostAt: link.lostAt ?? now, retryAt: now };
    case "failed":
      return {
        ...link,
        phase: "waiting",
        since: now,
        lostAt: link.lostAt ?? now,
        failures: link.failures + 1,
        failure: event.failure,
        retryAt: now + event.delayMs,
      };
    case "online":
      return { ...link, online: event.online, lostAt: event.online ? link.lostAt : (link.lostAt ?? now) };
  }
}

const SIGNED_OUT_MS = 60_000;
const SHORTEST_POLL_MS = 5000;
const POLL_EVERY_MS = 30_000;

/**
 * 0.5, 1, 2, 4 … 30 s, each up to a quarter earlier or later by `random` in [0, 1); longer when the server asks. One that serves no
 * stream now is asked for all anew instead, when it says or each half minute. A server that is gone is looked for every 10 s: nothing there can be overrun, and somebody is waiting for its return. Where nobody is signed in,
 * only a sign-in in another tab helps, of which that tab tells.
 */
export function retryDelayMs(failures: number, random: number, failure: LinkFailure): number {
  if (failure.kind === "signed-out") return SIGNED_OUT_MS;
  if (failure.kind === "refused") return Math.max(SHORTEST_POLL_MS, failure.retryAfterMs ?? POLL_EVERY_MS);
  const longest = failure.kind === "silent" ? 10_000 : 30_000;
  const delay = Math.min(longest, 500 * 2 ** Math.min(failures, 10));
  return Math.max(failure.retryAfterMs ?? 0, Math.round(delay * (0.75 + random / 2)));
}

/** What a person is told. `strip`: also in a line of its own below the bar. */
export type LinkState =
  | { kind: "connecting" | "live" | "catching-up" }
  | { kind: "reconnecting"; since: number; strip: boolean; silent: boolean }
  | { kind: "offline"; since: number; strip: true }
  /** `nextAt`: absent while it is asked. `isCrowded`: the server has told to wait. */
  | { kind: "polling"; everySec: number; nextAt: number | undefined; isCrowded: boolean }
  | { kind: "server-error"; since: number; strip: boolean; requestId: string | undefined };

const QUIET_MS = 3000;
const STRIP_MS = 15_000;
const CATCHING_UP_MS = 300;
/** After so many streams that were cut while the server answered otherwise, something on the way does not let streams through. */
const CUTS_UNTIL_POLLING = 6;
export function describeLink(link: Link, now: number): LinkState {
  if (link.lostAt === undefined) return { kind: "live" };
  const lostMs = now - link.lostAt;
  if (!link.online) return { kind: "offline", since: link.lostAt, strip: true };
  if (link.phase === "catching-up") {
    return { kind: now - link.since > CATCHING_UP_MS ? "catching-up" : "live" };
  }
  if (isPolling(link)) return polling(link);
  if (lostMs <= QUIET_MS) return { kind: link.wasLive ? "live" : "connecting" };
  const strip = lostMs > STRIP_MS;
  if (link.failure?.kind === "server") {
    return { kind: "server-error", since: link.lostAt, strip, requestId: link.failure.requestId };
  }
  return { kind: "reconnecting", since: link.lostAt, strip, silent: link.failure?.kind === "silent" };
}

function polling({ failure, retryAt }: Link): LinkState {
  const everySec = Math.round((failure?.retryAfterMs ?? POLL_EVERY_MS) / 1000);
  return { kind: "polling", everySec, nextAt: retryAt, isCrowded: failure?.kind === "refused" };
}

/** Whether the page has to ask by itself, because no stream is to be had. */
export function isPolling(link: Link): boolean {
  if (link.failure?.kind === "refused") return true;
  return link.failure?.kind === "cut" && link.failures >= CUTS_UNTIL_POLLING;
}
