import type { LoggedEvent, LoggedEventName } from "../contract/events.ts";
import { Positions } from "./positions.ts";
import { sseFrame } from "./sse-frame.ts";

export interface EventLogOptions {
  /** How many events are kept for replay. */
  maxEvents: number;
  /** How many bytes of frames are kept for replay. */
  maxBytes: number;
  /** Hears what a reader threw; that reader is no longer told anything. */
  onError: (error: unknown) => void;
}

/** What a filter decides by. */
export interface EventHead {
  readonly name: LoggedEventName;
  readonly repoId: string;
}

export interface EventReader {
  /** A whole SSE frame. All readers share the buffer: never write into it. */
  event(frame: Buffer): void;
  /** What was missed can no longer be told. What follows comes after `position`. */
  resync(position: string): void;
}

interface Entry extends EventHead {
  readonly frame: Buffer;
}

interface Subscription {
  readonly reader: EventReader;
  readonly filter: (event: EventHead) => boolean;
  /** The number of the last event that was told or passed over by the filter; -1 for a place that is not in the log. */
  told: number;
  active: boolean;
  telling: boolean;
}

const DEFAULTS = { maxEvents: 2_000, maxBytes: 16 * 2 ** 20 };

/**
 * What happened, numbered from 1 and kept for a while in memory.
 * A reader has a place in the log and is told everything after it, in order, each event once; whether an event is
 * replayed or live makes no difference. Nothing here waits: a reader that cannot keep up must unsubscribe.
 */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #subscriptions = new Set<Subscription>();
  readonly #positions = new Positions();
  /** The last events, oldest first; undefined for one that was forgotten. */
  readonly #kept: (Entry | undefined)[] = [];
  #keptBytes = 0;
  #lastNumber = 0;

  constructor(options: Partial<EventLogOptions> = {}) {
    this.#options = { ...DEFAULTS, onError: () => {}, ...options };
  }

  /** Of the last event: who subscribes with it is told what comes after. */
  get position(): string {
    return this.#positions.of(this.#lastNumber);
  }

  get readers(): number {
    return this.#subscriptions.size;
  }

  /** Returns the position of the event. Readers have been told, unless one of them is the caller. */
  append(event: LoggedEvent): string {
    const position = this.#positions.of(++this.#lastNumber);
    const frame = sseFrame(event.name, event.data, position);
    this.#kept.push({ name: event.name, repoId: event.data.repoId, frame });
    this.#keptBytes += frame.length;
    while (this.#kept.length > this.#options.maxEvents || this.#keptBytes > this.#options.maxBytes) {
      this.#keptBytes -= this.#kept.shift()?.frame.length ?? 0;
    }
    for (const subscription of this.#subscriptions) this.#tell(subscription);
    return position;
  }

  /**
   * Tells what will soon be told anew: it gets no number, is not kept, and who comes later never hears of it. Nor does a
   * reader that is just being told something else.
   */
  passOn(event: LoggedEvent): void {
    const frame = sseFrame(event.name, event.data);
    const head = { name: event.name, repoId: event.data.repoId };
    for (const subscription of this.#subscriptions) {
      if (subscription.telling || !subscription.filter(head)) continue;
      this.#guard(subscription, () => subscription.reader.event(frame));
      this.#tell(subscription);
    }
  }

  /**
   * Nothing that happened in the repository so far is replayed any more, so that nobody hears of it who sees another one that gets its id.
   * Who missed some of it is told that it can no longer be told.
   */
  forget(repoId: string): void {
    for (const [index, entry] of this.#kept.entries()) {
      if (entry?.repoId !== repoId) continue;
      this.#keptBytes -= entry.frame.length;
      this.#kept[index] = undefined;
    }
  }

  /**
   * Tells the reader what came after `since`, before this returns, and everything from then on. Without `since` it
   * begins with the next event. Returns what ends it, after which the reader is told nothing more.
   */
  subscribe(
    { since, filter = () => true }: { since?: string; filter?: (event: EventHead) => boolean },
    reader: EventReader,
  ): () => void {
    const told = since === undefined ? this.#lastNumber : (this.#numberOf(since) ?? -1);
    const subscription: Subscription = { reader, filter, told, active: true, telling: false };
    this.#subscriptions.add(subscription);
    this.#tell(subscription);
    return () => this.#end(subscription);
  }

  /** Brings one reader up to date. An event that its reading causes is told by the loop that is under way. */
  #tell(subscription: Subscription): void {
    if (subscription.telling) return;
    this.#guard(subscription, () => {
      while (subscription.active && subscription.told < this.#lastNumber) this.#tellNext(subscription);
    });
  }

  /** A reader that throws is not told anything more. */
  #guard(subscription: Subscription, tell: () => void): void {
    subscription.telling = true;
    try {
      tell();
    } catch (error) {
      this.#end(subscription);
      this.#options.onError(error);
    }
    subscription.telling = false;
  }

  #tellNext(subscription: Subscription): void {
    const firstKept = this.#lastNumber - this.#kept.length + 1;
    const number = subscription.told + 1;
    const entry = this.#kept[number - firstKept];
    if (entry) {
      subscription.told = number;
      if (subscription.filter(entry)) subscription.reader.event(entry.frame);
    } else {
      subscription.told = this.#lastNumber;
      subscription.reader.resync(this.position);
    }
  }

  #end(subscription: Subscription): void {
    subscription.active = false;
    this.#subscriptions.delete(subscription);
  }

  /** Undefined when it is no position of this process. */
  #numberOf(position: string): number | undefined {
    const number = this.#positions.numberOf(position);
    return number !== undefined && number <= this.#lastNumber ? number : undefined;
  }
}
