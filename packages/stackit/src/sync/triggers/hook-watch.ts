import type { HookHealth } from "../../contract/repo.ts";
import type { SyncRun } from "../../contract/sync-run.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { FollowUp } from "../../lib/follow-up.ts";
import { HEADS } from "../../stacks/ref-reading.ts";
import { hookHealth } from "../../store/hook-health.ts";
import type { Hooks, KnownHook, Silence } from "../../store/hooks.ts";
import type { SyncQueue } from "../sync-queue.ts";

export interface HookWatchOptions {
  readonly clock?: Clock;
  /** Hears when its health is another than before. It must not throw. */
  readonly onChanged?: (repoId: string, hook: HookHealth) => void;
}

/** A delivery comes seconds after its push, on a bad day minutes; and the remote may be as late to show what was pushed. */
const GRACE_MS = 5 * 60_000;
/** Of one repository, since its last run. */
const MAX_ANNOUNCED = 10_000;

interface Watched {
  readonly storeKey: string;
  lastPushAtMs: number | undefined;
  silence: Silence | undefined;
  /** When the last run began, by the monotonic clock; undefined unless it succeeded in this process. */
  lookedAtMs: number | undefined;
  /** When refs were announced, by the monotonic clock: those since a little before that run. */
  announced: Map<string, number>;
  /** A change was found of which no word has come yet. */
  cancelSuspicion: (() => void) | undefined;
}

/**
 * Notices when webhooks fall silent: when a run finds that branches changed since the run before it, and no push was announced of any
 * of them until then, nor any at all for a while after. What happened while the server was down, or while the remote could not be
 * read, says nothing. The first push that is announced ends it. A repository of which none ever was has no webhook to fall silent.
 */
export class HookWatch implements AsyncDisposable {
  readonly #store: Pick<Hooks, "save">;
  readonly #known: Map<string, KnownHook>;
  readonly #clock: Clock;
  readonly #onChanged: (repoId: string, hook: HookHealth) => void;
  readonly #watched = new Map<string, Watched>();
  readonly #unsaved = new Set<Watched>();
  readonly #saving = new FollowUp(() => this.#save());
  readonly #stopObserving: () => void;

  /** `known`: what the store knows, by store key. */
  constructor(
    store: Pick<Hooks, "save">,
    known: ReadonlyMap<string, KnownHook>,
    queue: Pick<SyncQueue, "observe">,
    { clock = systemClock, onChanged = () => {} }: HookWatchOptions = {},
  ) {
    this.#store = store;
    this.#known = new Map(known);
    this.#clock = clock;
    this.#onChanged = onChanged;
    this.#stopObserving = queue.observe(({ run }) => this.#heed(run));
  }

  follow(repoId: string, storeKey: string): void {
    const known = this.#known.get(storeKey) ?? { lastPushAtMs: undefined, silence: undefined };
    // Served anew after it was removed, nothing is known of it.
    this.#known.delete(storeKey);
    const unseen = { lookedAtMs: undefined, announced: new Map(), cancelSuspicion: undefined };
    this.#watched.set(repoId, { storeKey, ...known, ...unseen });
  }

  unfollow(repoId: string): void {
    const hook = this.#watched.get(repoId);
    if (!hook) return;
    hook.cancelSuspicion?.();
    this.#unsaved.delete(hook);
    this.#watched.delete(repoId);
  }

  /** Undefined for what is not followed. */
  of(repoId: string): HookHealth | undefined {
    const hook = this.#watched.get(repoId);
    return hook && this.#healthOf(hook);
  }

  /** To be called when a push was announced. */
  pushed(repoId: string, refs: readonly string[]): void {
    const hook = this.#watched.get(repoId);
    if (!hook) return;
    const before = this.#healthOf(hook).health;
    hook.lastPushAtMs = this.#clock.wallNow();
    hook.silence = undefined;
    hook.cancelSuspicion?.();
    hook.cancelSuspicion = undefined;
    for (const ref of refs) {
      if (hook.announced.size < MAX_ANNOUNCED) hook.announced.set(ref, this.#clock.now());
    }
    this.#note(repoId, hook, before);
  }

  #heed({ repoId, id, state, outcome, triggers, refs, durationMs = 0, finishedAt }: Readonly<SyncRun>): void {
    const hook = this.#watched.get(repoId);
    if (state !== "finished" || !hook) return;
    const before = hook.lookedAtMs;
    const succeeded = outcome === "updated" || outcome === "unchanged" || outcome === "partial";
    const lookedAtMs = succeeded ? this.#clock.now() - durationMs : undefined;
    hook.lookedAtMs = lookedAtMs;
    if (lookedAtMs === undefined) return;
    const announced = refsSince(hook.announced, (before ?? lookedAtMs) - GRACE_MS);
    hook.announced = refsSince(hook.announced, lookedAtMs - GRACE_MS);
    if (before === undefined || triggers.includes("webhook") || hook.cancelSuspicion) return;
    if (this.#healthOf(hook).health !== "announcing") return;
    const branches = refs.changes.filter(({ ref }) => ref.startsWith(HEADS));
    // GitHub does not announce a push of thousands of branches.
    if (refs.truncated || branches.length === 0 || branches.some(({ ref }) => announced.has(ref))) return;
    const sinceMs = finishedAt === undefined ? this.#clock.wallNow() : Date.parse(finishedAt);
    hook.cancelSuspicion = this.#clock.after(GRACE_MS, () => {
      hook.cancelSuspicion = undefined;
      const { health } = this.#healthOf(hook);
      hook.silence = { sinceMs, runId: id };
      this.#note(repoId, hook, health);
    });
  }

  #healthOf(hook: Watched): HookHealth {
    return hookHealth(hook, this.#clock.wallNow());
  }

  #note(repoId: string, hook: Watched, before: HookHealth["health"]): void {
    this.#unsaved.add(hook);
    this.#saving.ask();
    const health = this.#healthOf(hook);
    if (health.health !== before) this.#onChanged(repoId, health);
  }

  async #save(): Promise<void> {
    const those = [...this.#unsaved];
    this.#unsaved.clear();
    await this.#store.save(new Map(those.map((hook) => [hook.storeKey, hook])));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopObserving();
    for (const { cancelSuspicion } of this.#watched.values()) cancelSuspicion?.();
    await this.#saving.idle();
    await this.#saving[Symbol.asyncDispose]();
  }
}

function refsSince(announced: ReadonlyMap<string, number>, sinceMs: number): Map<string, number> {
  return new Map([...announced].filter(([, atMs]) => atMs >= sinceMs));
}
