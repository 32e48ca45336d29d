import type { ServerEventName, ServerEvents } from "stackit/contract/events";
import { Store } from "../../lib/store.ts";
import { advance, firstLink, isPolling, type Link, type LinkEvent, retryDelayMs } from "./link.ts";
import { readStream } from "./read-stream.ts";
import type { SseMessage } from "./sse.ts";

export type LiveEvent = { [N in ServerEventName]: { name: N; data: ServerEvents[N] } }[ServerEventName];

export interface LiveListener {
  event(event: LiveEvent): void;
  /** What happened in between may have been missed: read again what is shown. Settles when that is done. */
  gap(): Promise<void>;
}

/** What the tabs of one browser profile tell each other. */
type TabMessage =
  | { kind: "hello" }
  | { kind: "event"; event: LiveEvent }
  | { kind: "position"; id: string }
  | { kind: "link"; link: Link };

const NAME = "stackit-events";
const SILENCE_MS = 40_000;
const CHECK_EVERY_MS = 1000;
const HIDDEN_MS = 30_000;
/** A timer that comes this late was not late: the machine slept. */
const JUMP_MS = 15_000;

const eventNames: Record<ServerEventName, true> = {
  connected: true,
  sync: true,
  refresh: true,
  forge: true,
  repos: true,
  webhook: true,
  hook: true,
  activity: true,
  submit: true,
  branch_switched: true,
  heartbeat: true,
  resync: true,
};

/**
 * One event stream for all tabs of a browser profile: over plain HTTP a browser has six connections for a host, and a
 * stream in each tab would use them up. The tab that holds the lock leads, reads the stream and passes everything on; the
 * others listen. When the leader closes, the next in line leads; when it falls silent, its lock is taken.
 * Where locks are not to be had (plain HTTP on another host), each tab leads for itself.
 */
export class LiveHub {
  readonly link: Store<Link>;
  /** What the server's clock is ahead of ours. */
  clockOffsetMs = 0;

  readonly #listener: LiveListener;
  readonly #life = new AbortController();
  #channel: BroadcastChannel | undefined;
  #leads = false;
  #lastId: string | undefined;
  #heardAt = Date.now();
  #checkedAt = Date.now();
  #hiddenAt: number | undefined;
  #stream: AbortController | undefined;
  #wake: (() => void) | undefined;

  constructor(listener: LiveListener) {
    this.#listener = listener;
    this.link = new Store(firstLink(Date.now(), navigator.onLine));
  }

  start(): void {
    const { signal } = this.#life;
    if ("locks" in navigator && "BroadcastChannel" in window) {
      this.#channel = new BroadcastChannel(NAME);
      this.#channel.onmessage = (message: MessageEvent<TabMessage>) => this.#hear(message.data);
      this.#channel.postMessage({ kind: "hello" } satisfies TabMessage);
      void this.#standInLine(false);
    } else {
      void this.#lead(signal);
    }
    const checks = setInterval(() => this.#check(), CHECK_EVERY_MS);
    signal.addEventListener("abort", () => clearInterval(checks));
    window.addEventListener("online", () => this.#online(true), { signal });
    window.addEventListener("offline", () => this.#online(false), { signal });
    document.addEventListener("visibilitychange", () => this.#visible(), { signal });
  }

  [Symbol.dispose](): void {
    this.#life.abort();
    this.#stream?.abort();
    this.#channel?.close();
  }

  /** Skips the pause before the next attempt; a stream that is open and silent is given up. */
  readonly tryNow = (): void => {
    if (!this.#leads && Date.now() - this.#heardAt > SILENCE_MS) void this.#standInLine(true);
    this.#stream?.abort();
    this.#wake?.();
  };

  async #standInLine(steal: boolean): Promise<void> {
    const lead = (lock: Lock | null) => (lock ? this.#lead(this.#life.signal) : undefined);
    try {
      // A lock that is stolen cannot wait in line at the same time, so it takes no signal.
      await navigator.locks.request(NAME, steal ? { steal } : { signal: this.#life.signal }, lead);
    } catch {
      this.#leads = false;
      this.#stream?.abort();
      if (!this.#life.signal.aborted) void this.#standInLine(false);
    }
  }

  async #lead(signal: AbortSignal): Promise<void> {
    this.#leads = true;
    while (!signal.aborted && this.#leads) {
      this.#advance({ type: "opening" });
      const stream = new AbortController();
      this.#stream = stream;
      this.#heardAt = Date.now();
      const end = await readStream(
        this.#lastId,
        {
          alive: () => {
            this.#heardAt = Date.now();
          },
          message: (message) => this.#receive(message),
          position: (id) => this.#arrive(id),
          broken: () => this.#advance({ type: "broken" }),
        },
        stream.signal,
      );
      if (signal.aborted || !this.#leads) return;
      if (end.kind === "ended") {
        this.#advance({ type: "ended" });
        await this.#pause(100 + Math.random() * 200);
      } else {
        const { failures } = this.link.get();
        const delayMs = retryDelayMs(failures, Math.random(), end.failure);
        this.#advance({ type: "failed", failure: end.failure, delayMs });
        this.#poll(failures);
        await this.#pause(delayMs);
      }
    }
  }

  /** Without a stream, each attempt to have one is the time to ask. What the page has just been loaded with need not be asked for again. */
  #poll(failuresBefore: number): void {
    const link = this.link.get();
    if (isPolling(link) && link.failures > failuresBefore && (failuresBefore > 0 || link.wasLive))
      void this.#listener.gap();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #receive(message: SseMessage): void {
    const event = toLiveEvent(message);
    if (!event) return;
    this.#tell({ kind: "event", event });
    this.#deliver(event);
  }

  #arrive(id: string): void {
    if (id === this.#lastId) return;
    this.#lastId = id;
    this.#tell({ kind: "position", id });
  }

  #deliver(event: LiveEvent): void {
    this.#heardAt = Date.now();
    if (event.name === "connected" || event.name === "heartbeat") {
      this.clockOffsetMs = Date.parse(event.data.serverTime) - Date.now();
    }
    if (event.name === "connected") void this.#catchUp();
    this.#listener.event(event);
  }

  /** Silence is never trusted: after each connecting all that is shown is asked for again, which costs little when nothing moved. */
  async #catchUp(): Promise<void> {
    if (this.#leads) this.#advance({ type: "connected" });
    await this.#listener.gap();
    if (this.#leads && this.link.get().phase === "catching-up") this.#advance({ type: "caught-up" });
  }

  #hear(message: TabMessage): void {
    if (message.kind === "hello") {
      if (this.#leads) this.#greet();
    } else if (!this.#leads) {
      this.#heardAt = Date.now();
      if (message.kind === "link") {
        const { failures } = this.link.get();
        this.link.set(message.link);
        this.#poll(failures);
      }
      if (message.kind === "position") this.#lastId = message.id;
      if (message.kind === "event") this.#deliver(message.event);
    }
  }

  /** A tab that opens may have signed in: then what is known of the link is too old to be told. */
  #greet(): void {
    const link = this.link.get();
    if (link.failure?.kind === "signed-out") this.tryNow();
    else this.#tell({ kind: "link", link });
  }

  #tell(message: TabMessage): void {
    if (this.#leads) this.#channel?.postMessage(message);
  }

  #advance(event: LinkEvent): void {
    this.link.set(advance(this.link.get(), event, Date.now()));
    this.#tell({ kind: "link", link: this.link.get() });
  }

  #check(): void {
    const now = Date.now();
    const jumped = now - this.#checkedAt > JUMP_MS;
    this.#checkedAt = now;
    const silent = now - this.#heardAt > SILENCE_MS;
    if (jumped || (silent && (!this.#leads || this.link.get().phase !== "waiting"))) {
      this.#heardAt = now;
      if (this.#leads) this.tryNow();
      else if (silent) void this.#standInLine(true);
    }
  }

  #visible(): void {
    const now = Date.now();
    if (document.hidden) {
      this.#hiddenAt = now;
    } else {
      const hiddenMs = now - (this.#hiddenAt ?? now);
      this.#hiddenAt = undefined;
      if (this.link.get().phase === "waiting") this.tryNow();
      else if (hiddenMs > HIDDEN_MS && now - this.#heardAt > SILENCE_MS / 2) this.tryNow();
      this.#checkedAt = now;
    }
  }

  #online(online: boolean): void {
    this.link.set(advance(this.link.get(), { type: "online", online }, Date.now()));
    this.tryNow();
  }
}

function toLiveEvent({ name, data }: SseMessage): LiveEvent | undefined {
  if (!(name in eventNames)) return undefined;
  try {
    // The server validates its events against the types of the contract; a name we know has the data of that name.
    return { name, data: JSON.parse(data) } as LiveEvent;
  } catch {
    return undefined;
  }
}
