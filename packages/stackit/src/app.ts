import { existsSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { ActivityRecorder } from "./app/activity-recorder.ts";
import {
  activityForStrangers,
  eventsForStrangers,
  historyForStrangers,
  syncsForStrangers,
} from "./app/for-strangers.ts";
import { ForgeSources } from "./app/forge-sources.ts";
import { addedConfigs, Onboarding } from "./app/onboarding.ts";
import { openAccess } from "./app/open-access.ts";
import { MIRRORS_OPENED_AT_ONCE, openGithubApp, openMirrors } from "./app/open-repos.ts";
import { openSubmits } from "./app/open-submits.ts";
import { opsFacts } from "./app/ops-facts.ts";
import { forgeWatchOptions, hookChanges, logUpkeep, recordRuns } from "./app/record-changes.ts";
import { ServedRepos } from "./app/served-repos.ts";
import { SnapshotKeeper } from "./app/snapshot-keeper.ts";
import type { Config } from "./config/config.ts";
import { describePosture } from "./config/posture.ts";
import { isFetched } from "./config/repos-file.ts";
import { EventLog } from "./events/event-log.ts";
import { HelperSpawner } from "./git/helper-spawner.ts";
import { MeasuredSpawner } from "./git/measured-spawner.ts";
import { SshClient } from "./git/ssh-access.ts";
import { RefLooker } from "./git/wire/ls-refs.ts";
import { RemoteError } from "./git/wire/remote-failure.ts";
import { createServer, listen } from "./http/server.ts";
import type { ActivityReader, SyncHistory } from "./http/server-parts.ts";
import { type Clock, systemClock } from "./lib/clock.ts";
import { DisposableStack } from "./lib/disposable-stack.ts";
import { Turns } from "./lib/turns.ts";
import { productVersion } from "./lib/version.ts";
import { Mirror } from "./repos/mirror.ts";
import { TrunkMemory } from "./repos/trunk-memory.ts";
import { WorkingCopy } from "./repos/working-copy.ts";
import { lockMirrors } from "./store/mirrors-lock.ts";
import { openStore, type Store } from "./store/open-store.ts";
import { openScratchFolder } from "./store/scratch-folder.ts";
import { ForgeNames } from "./sync/forge-names.ts";
import { ForgeWatch } from "./sync/pull-requests/forge-watch.ts";
import { SyncQueue } from "./sync/sync-queue.ts";
import { SyncFailure } from "./sync/sync-target.ts";
import { DiskWatcher } from "./sync/triggers/disk-watcher.ts";
import { FollowUpLooks } from "./sync/triggers/follow-up-looks.ts";
import { GithubDeliveries } from "./sync/triggers/github-deliveries.ts";
import { HookWatch } from "./sync/triggers/hook-watch.ts";
import { type AskedQueue, IntervalTrigger } from "./sync/triggers/interval-trigger.ts";
import { startDelaysMs } from "./sync/triggers/start-delays.ts";
import { WebhookLog } from "./sync/triggers/webhook-log.ts";
import { WebhookSigns } from "./sync/triggers/webhook-signs.ts";
import { UpkeepSchedule } from "./sync/upkeep-schedule.ts";

/**
 * Hundreds of mirrors with news are synced in about this time, and then it is quiet. Where it never is, readers learn this much later what
 * landed and what a restack would do.
 */
const WORK_BEHIND_MAX_WAIT_MS = 10_000;

/** So many first runs are asked for, and written down in one transaction, before requests have their turn. */
const ASKED_A_TURN = 40;

export interface Running extends AsyncDisposable {
  /** The origin to reach the server by. */
  readonly url: string;
  /** Settles when every repository was read once, or could not be. */
  readonly firstRuns: Promise<void>;
}

/**
 * Serves until the signal aborts, then releases everything in reverse order: no more requests, no more triggers, no run at work,
 * the store closed. Settles when all is released. `announce` is told each repository and the address once they can be reached.
 * @throws when the port is taken or the data folder cannot be used.
 */
export async function serve(
  config: Config,
  signal: AbortSignal,
  log: Logger,
  announce: (line: string) => void,
): Promise<void> {
  await using _running = await start(config, log, systemClock, (url) => {
    for (const repo of config.repos) {
      const place = repo.kind === "mirror" ? repo.url.href : repo.path;
      announce(`Stackit serves ${place} as ${repo.id} at ${url}`);
    }
    announce(`It is ${describePosture(config.posture)}.`);
  });
  if (!signal.aborted) await new Promise((done) => signal.addEventListener("abort", done, { once: true }));
  log.info("stopping");
}

/**
 * Opens, wires and starts everything. What was opened is released again when it throws. `clock`: of who may come in, of streams, and of
 * webhooks that fall silent. `onListening` is told the address before anything is asked of a repository; it must not throw.
 */
export async function start(
  config: Config,
  log: Logger,
  clock: Clock = systemClock,
  onListening: (url: string) => void = () => {},
): Promise<Running> {
  const house = new DisposableStack();
  const ending = new AbortController();
  try {
    const store = house.use(await openStore(config.dataDir));
    if (store.setAside !== undefined) {
      const { file, salvaged } = store.setAside;
      const said = salvaged ? "what can be read of it came over" : "a new one was begun";
      log.warn({ file, ...salvaged }, `the database was broken and was set aside; ${said}`);
    }
    const repos = [...config.repos, ...addedConfigs(await store.addedRepos.list(), config, log)];
    const mirrors = repos.filter(isFetched);
    let lock: Disposable | undefined;
    const lockOurMirrors = () => {
      lock ??= lockMirrors(config.dataDir);
    };
    if (mirrors.length > 0) lockOurMirrors();
    house.defer(() => lock?.[Symbol.dispose]());
    const scratch = house.use(await openScratchFolder(config.dataDir));
    const spawner = house.use(new MeasuredSpawner(new HelperSpawner()));
    const events = new EventLog({ onError: (error) => log.error({ err: error }, "an event reader failed") });
    const queue = newQueue(config, log);
    const isPublic = config.posture === "public";
    recordRuns(queue, store, isPublic ? eventsForStrangers(events) : events, log);
    const activity = new ActivityRecorder(store.activity, events, (error, repoId) =>
      log.error({ err: error, repoId }, "the activity of a repository cannot be written"),
    );
    queue.observe((change) => activity.observe(change));

    const looker = new RefLooker();
    house.defer(() => looker[Symbol.dispose]());
    const ssh = house.use(new SshClient(config.ssh ?? {}));
    const githubApp = await openGithubApp(config);
    house.defer(() => githubApp?.[Symbol.dispose]());
    const names = new ForgeNames(store.repositories, queue, (level, about, message) =>
      log[level](about, message),
    );
    const forgeSources = new ForgeSources(config, githubApp);
    const forge = house.use(new ForgeWatch(store.forgeFacts, forgeWatchOptions(names, events, log)));
    const interval = new IntervalTrigger(askedUnlessDeleted(queue, names), []);
    const behind = { counting: turnsWhenQuiet(queue), looking: turnsWhenQuiet(queue) };
    const opening = new Turns(MIRRORS_OPENED_AT_ONCE);
    const trunks = new TrunkMemory();
    const upkeep = new UpkeepSchedule(queue, [], { onEnded: (ended) => logUpkeep(ended, log) });
    const signs = new WebhookSigns((repoId, sign) =>
      events.append({ name: "webhook", data: { repoId, ...sign } }),
    );
    const hooks = house.use(
      new HookWatch(store.hooks, await store.hooks.list(), queue, {
        clock,
        onChanged: hookChanges(isPublic ? undefined : events, log),
      }),
    );
    const keeper = house.use(new SnapshotKeeper(turnsWhenQuiet(queue)));
    const served = house.use(
      new ServedRepos({
        config,
        spawner,
        looker,
        ssh,
        githubApp,
        store,
        scratch,
        behind,
        opening,
        trunks,
        names,
        forgeSources,
        forge,
        queue,
        interval,
        upkeep,
        keeper,
        events,
        activity,
        signs,
        hooks,
        log,
      }),
    );
    await served.addAll(repos);

    // Released before the repositories, so that a run is cut short by the end of the server and does not fail.
    house.use(queue);

    house.use(upkeep);
    const followUps = new FollowUpLooks(queue);
    house.defer(() => followUps[Symbol.dispose]());
    const githubDeliveries = new GithubDeliveries(
      store.deliveries,
      queue,
      names,
      followUps,
      forge,
      signs,
      hooks,
    );
    const webhookLog = house.use(new WebhookLog(store, names));
    queue.observe(({ run }) => {
      if (run.state === "finished" && run.outcome === "updated") forge.pushed(run.repoId);
    });
    const access = await openAccess(
      {
        config,
        store,
        names,
        log,
        clock,
        served: () => served.list(),
        configOf: (repoId) => served.configOf(repoId),
      },
      house,
    );
    const history = historyOf(store, (id) => served.storeKeyOf(id));
    const reader = activityOf(store, (id) => served.storeKeyOf(id));
    const onboarding = house.use(
      new Onboarding({
        config,
        spawner,
        ssh,
        store,
        served,
        queue,
        names,
        events,
        activity,
        githubApp,
        watch: access.team?.watch,
        lockMirrors: lockOurMirrors,
      }),
    );
    const submits = house.use(
      openSubmits({
        config,
        spawner,
        looker,
        scratch,
        store,
        queue,
        served,
        access,
        githubApp,
        events,
        forge,
        log,
      }),
    );
    const app = await createServer({
      ending: ending.signal,
      access,
      submits,
      clock,
      onboarding,
      repos: { list: () => served.list(), get: (id) => served.get(id) },
      syncs: isPublic ? syncsForStrangers(queue) : queue,
      activity: isPublic ? activityForStrangers(reader) : reader,
      history: isPublic ? historyForStrangers(history) : history,
      events,
      githubDeliveries,
      webhookSigns: signs,
      hooks,
      webhookLog,
      git: spawner,
      ops: opsFacts(config),
      forge: {
        failures: forge.failures,
        get requests() {
          return forgeSources.requests;
        },
        get quotaRemaining() {
          return forgeSources.quotaRemaining;
        },
        get checked() {
          return forge.checked;
        },
      },
      config: { ...config, version: productVersion(), ...webDir(), ...docsDir() },
      logger: log,
    });
    house.defer(() => app.close());
    const url = await listen(app, { host: config.bind, port: config.port });
    onListening(url);

    house.use(openMirrors(served.list().filter((repo) => repo instanceof Mirror)));
    await githubDeliveries.resume();
    const delaysMs = startDelaysMs(mirrors.map(({ id }) => id));
    const tickets: Promise<unknown>[] = [];
    for (const [index, { id }] of repos.entries()) {
      if (index > 0 && index % ASKED_A_TURN === 0) await setImmediate();
      // It may have been removed by those who know the address.
      if (!served.get(id)) continue;
      const runAfterMs = delaysMs.get(id) ?? 0;
      tickets.push(queue.request(id, { trigger: "startup", runAfterMs }).finished);
    }
    house.defer(() => interval[Symbol.dispose]());
    interval.start();
    forge.start();
    upkeep.start();
    for (const repo of served.list()) {
      if (repo instanceof WorkingCopy) house.use(watch(repo, queue, log));
    }
    return {
      url,
      firstRuns: Promise.all(tickets).then(() => undefined),
      [Symbol.asyncDispose]() {
        ending.abort();
        return house[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await house[Symbol.asyncDispose]();
    throw error;
  }
}

function newQueue(config: Config, log: Logger): SyncQueue {
  return new SyncQueue({
    maxRunning: config.maxSyncs,
    maxRunningPerHost: config.maxSyncsPerHost,
    timeoutMs: config.syncTimeoutMs,
    settleMs: config.settleMs,
    settleCapMs: Math.max(2_000, config.settleMs),
    onError: (error, where) => {
      if (error instanceof SyncFailure) {
        const { cause } = error;
        // What a remote answered stands in the run's own line, when it is understood.
        const isUnderstood = cause instanceof RemoteError && (cause.failure !== "error" || !cause.cause);
        const why = cause instanceof RemoteError ? cause.cause : cause;
        if (!isUnderstood) log.warn({ ...where, cause: String(why) }, error.message);
      } else log.error({ err: error, ...where }, "a sync run failed");
    },
  });
}

/** One step at a time: it keeps up to two processes busy, and nobody waits for it. */
function turnsWhenQuiet(queue: SyncQueue): Turns {
  return new Turns(1, { quiet: queue, maxWaitMs: WORK_BEHIND_MAX_WAIT_MS });
}

/** What its forge deleted is left alone until somebody who knows better asks. */
function askedUnlessDeleted(queue: SyncQueue, names: ForgeNames): AskedQueue {
  return {
    request: (repoId, ask) => queue.request(repoId, ask),
    historyOf: (repoId) => queue.historyOf(repoId),
    idleSinceMs: (repoId) => (names.isDeleted(repoId) ? undefined : queue.idleSinceMs(repoId)),
  };
}

/** Runs belong to a folder. They are told under the id that is asked for: another one that it has or had may be hidden. */
function historyOf(store: Store, storeKeyOf: (repoId: string) => string | undefined): SyncHistory {
  return {
    async list(repoId, page) {
      const storeKey = storeKeyOf(repoId);
      if (storeKey === undefined) return { runs: [] };
      const found = await store.syncRuns.list(storeKey, page);
      return { ...found, runs: found.runs.map((run) => ({ ...run, repoId })) };
    },
    async find(repoId, runId) {
      const storeKey = storeKeyOf(repoId);
      const found = storeKey === undefined ? undefined : await store.syncRuns.get(storeKey, runId);
      return found && { ...found, repoId };
    },
    check: () => store.ping(),
  };
}

/** As the runs: told under the id that is asked for. */
function activityOf(store: Store, storeKeyOf: (repoId: string) => string | undefined): ActivityReader {
  return {
    async list(repoIds, asked) {
      const ids = new Map(repoIds.flatMap((id) => [[storeKeyOf(id) ?? "", id] as const]));
      const { entries, ...rest } = await store.activity.list([...ids.keys()], asked);
      const events = entries.flatMap(({ repoKey, entry }) => {
        const repoId = ids.get(repoKey);
        return repoId === undefined ? [] : [{ ...entry, repoId }];
      });
      return { events, ...rest };
    },
  };
}

function watch(repo: WorkingCopy, queue: SyncQueue, log: Logger): DiskWatcher {
  const watcher = new DiskWatcher(repo, () => void queue.request(repo.id, { trigger: "watcher" }), {
    onDegraded: (reason) => log.warn({ repoId: repo.id, reason }, "polling the repository"),
  });
  void watcher.start();
  return watcher;
}

/** The built dashboard lies beside the built program; run from its sources, the program uses what was built last. */
function webDir(): { webDir?: string } {
  const found = ["./web", "../dist/web"]
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path));
  return found === undefined ? {} : { webDir: found };
}

/** The documents were copied beside the built program; run from its sources, the program reads those of the project. */
function docsDir(): { docsDir?: string } {
  const found = ["./documents", "../../.."]
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(`${path}/docs/contract.md`));
  return found === undefined ? {} : { docsDir: found };
}
