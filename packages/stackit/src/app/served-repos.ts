import type { Config } from "../config/config.ts";
import { type AdoptedConfig, isFetched, type MirrorConfig, type RepoConfig } from "../config/repos-file.ts";
import type { EventLog } from "../events/event-log.ts";
import { DisposableStack } from "../lib/disposable-stack.ts";
import { Mirror } from "../repos/mirror.ts";
import { WorkingCopy } from "../repos/working-copy.ts";
import type { Store } from "../store/open-store.ts";
import type { KnownRepository } from "../store/repositories.ts";
import type { RunHistory } from "../store/run-history.ts";
import type { RepoInQueue } from "../sync/lane.ts";
import { mirrorKey } from "../sync/mirror-target.ts";
import type { SyncQueue } from "../sync/sync-queue.ts";
import type { SyncTarget } from "../sync/sync-target.ts";
import type { Pace } from "../sync/triggers/adaptive-interval.ts";
import type { HookWatch } from "../sync/triggers/hook-watch.ts";
import type { IntervalTrigger } from "../sync/triggers/interval-trigger.ts";
import type { WebhookSigns } from "../sync/triggers/webhook-signs.ts";
import type { UpkeepSchedule } from "../sync/upkeep-schedule.ts";
import type { ActivityRecorder } from "./activity-recorder.ts";
import { type OpenedRepo, openRepo, type RepoTools } from "./open-repos.ts";
import { publishEvents } from "./record-changes.ts";
import type { SnapshotKeeper } from "./snapshot-keeper.ts";

/** A working copy that was not compared with its folder for this long is not known to be current. */
const WORKING_COPY_MAX_AGE_SEC = 60;

/** What a mirror is opened with is a few small files. */
const OPENED_AT_ONCE = 16;

export interface ServedReposTools extends Omit<RepoTools, "all" | "known"> {
  readonly queue: SyncQueue;
  readonly interval: IntervalTrigger;
  readonly upkeep: UpkeepSchedule;
  readonly keeper: Pick<SnapshotKeeper, "follow">;
  readonly events: EventLog;
  readonly activity: ActivityRecorder;
  readonly signs: Pick<WebhookSigns, "forget">;
  readonly hooks: Pick<HookWatch, "follow" | "unfollow">;
}

/** What earlier processes left of all repositories, by store key. */
interface LeftInStore {
  readonly known: ReadonlyMap<string, KnownRepository>;
  readonly histories: ReadonlyMap<string, RunHistory>;
  /** Those that have unfinished ones. */
  readonly runs: ReadonlySet<string>;
  readonly submissions: ReadonlySet<string>;
}

interface Served {
  readonly config: RepoConfig;
  readonly repo: OpenedRepo;
  readonly target: SyncTarget;
  readonly leave: DisposableStack;
}

/** The repositories that are served now, each wired to all that asks for it and hears of it. Disposal takes each away again. */
export class ServedRepos implements AsyncDisposable {
  readonly #tools: ServedReposTools;
  readonly #served = new Map<string, Served>();

  constructor(tools: ServedReposTools) {
    this.#tools = tools;
  }

  /** By id. */
  list(): OpenedRepo[] {
    return [...this.#served.values()].map(({ repo }) => repo).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  get(repoId: string): OpenedRepo | undefined {
    return this.#served.get(repoId)?.repo;
  }

  configOf(repoId: string): RepoConfig | undefined {
    return this.#served.get(repoId)?.config;
  }

  /** What the store knows it by. */
  storeKeyOf(repoId: string): string | undefined {
    return this.#served.get(repoId)?.target.storeKey;
  }

  /**
   * The same of many, in a few questions to the store. Mirrors are opened side by side; clones one after the other, since what one may be
   * follows from those before it. Settles when nothing is being opened any more. @throws when any cannot be added
   */
  async addAll(configs: readonly RepoConfig[]): Promise<void> {
    const left = await readLeft(this.#tools.store);
    const waiting = configs.filter(({ kind }) => kind === "mirror").values();
    const addNext = async (from: Iterable<RepoConfig>) => {
      for (const config of from) await this.add(config, left);
    };
    const added = await Promise.allSettled([
      addNext(configs.filter(({ kind }) => kind !== "mirror")),
      ...Array.from({ length: OPENED_AT_ONCE }, () => addNext(waiting)),
    ]);
    for (const one of added) if (one.status === "rejected") throw one.reason;
  }

  /**
   * Readers find it when this has settled; nothing of it is fetched until the queue is asked. `left`: where that was read for all at
   * once. @throws when its id is taken
   */
  async add(config: RepoConfig, left?: LeftInStore): Promise<OpenedRepo> {
    const { queue, store, interval, upkeep, names, forge, events, activity, signs, hooks, keeper } =
      this.#tools;
    const leave = new DisposableStack();
    try {
      const all = () => this.list();
      const known = config.kind === "working-copy" ? undefined : left?.known.get(mirrorKey(config.id));
      const { repo, target } = await openRepo(config, { ...this.#tools, all, known });
      const { storeKey } = target;
      leave.use(activity.follow(repo, storeKey));
      leave.use(repo);
      if (repo instanceof Mirror) {
        const followed = keeper.follow(repo);
        leave.defer(() => followed[Symbol.dispose]());
      }
      if (left?.runs.has(storeKey) ?? true) await store.syncRuns.closeAbandoned(storeKey, Date.now());
      if (left?.submissions.has(storeKey) ?? true)
        await store.submissions.closeAbandoned(storeKey, Date.now());
      const history = left?.histories.get(storeKey) ?? (await store.syncRuns.history(storeKey));
      leave.use(queue.register(target, { kind: repo.kind, cadence: this.#cadenceOf(config), history }));
      // Last first: nobody asks for it any more when it leaves the queue.
      leave.defer(() => signs.forget(repo.id));
      leave.defer(() => names.unfollow(repo.id));
      leave.defer(() => forge.unwatch(repo.id));
      if (isFetched(config)) {
        interval.add({ repoId: repo.id, pace: paceOf(config, this.#tools.config) });
        leave.defer(() => interval.remove(repo.id));
        if (this.#tools.config.webhookSecrets.length > 0) hooks.follow(repo.id, storeKey);
        leave.defer(() => hooks.unfollow(repo.id));
      }
      if (!(repo instanceof WorkingCopy)) {
        upkeep.add(repo);
        leave.defer(() => upkeep.remove(repo));
      }
      publishEvents(repo, events);
      this.#served.set(repo.id, { config, repo, target, leave });
      return repo;
    } catch (error) {
      await leave[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** From now on there is no such repository; settles when its run has ended and nothing of it is at work. Its files stay. */
  async remove(repoId: string): Promise<void> {
    const served = this.#served.get(repoId);
    this.#served.delete(repoId);
    await served?.leave[Symbol.asyncDispose]();
  }

  #cadenceOf(config: RepoConfig): RepoInQueue["cadence"] {
    const { interval, names } = this.#tools;
    if (!isFetched(config)) return () => ({ expectedMaxAgeSec: WORKING_COPY_MAX_AGE_SEC });
    return (history, restingSinceMs) => {
      const cadence = interval.cadence(config.id, history, restingSinceMs);
      return names.isDeleted(config.id) ? { expectedMaxAgeSec: cadence.expectedMaxAgeSec } : cadence;
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = new DisposableStack();
    for (const { leave } of this.#served.values()) all.use(leave);
    await all[Symbol.asyncDispose]();
    this.#served.clear();
  }
}

async function readLeft({ repositories, syncRuns, submissions }: Store): Promise<LeftInStore> {
  return {
    known: await repositories.list(),
    histories: await syncRuns.histories(),
    runs: await syncRuns.unfinished(),
    submissions: await submissions.unfinished(),
  };
}

/** Its entry's own is kept as it is; the one for all adapts. */
function paceOf({ syncIntervalMs }: MirrorConfig | AdoptedConfig, config: Config): Pace {
  if (syncIntervalMs !== undefined) return syncIntervalMs;
  const { syncIntervalMs: baseMs, syncIntervalMinMs: minMs, syncIntervalMaxMs: maxMs } = config;
  return baseMs === 0 ? 0 : { baseMs, minMs, maxMs };
}
