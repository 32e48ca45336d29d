import { type AddressInfo, connect, type Socket } from "node:net";
import { Writable } from "node:stream";
import { pino } from "pino";
import { Access } from "../../src/access/access.ts";
import { Problem } from "../../src/contract/problem-error.ts";
import { EventLog } from "../../src/events/event-log.ts";
import type { App } from "../../src/http/app-type.ts";
import { createServer, listen } from "../../src/http/server.ts";
import type { HttpConfig } from "../../src/http/server-config.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { ForgeNames } from "../../src/sync/forge-names.ts";
import { SyncQueue } from "../../src/sync/sync-queue.ts";
import type { SyncResult, SyncWork } from "../../src/sync/sync-target.ts";
import { GithubDeliveries } from "../../src/sync/triggers/github-deliveries.ts";
import { HookWatch } from "../../src/sync/triggers/hook-watch.ts";
import { WebhookLog } from "../../src/sync/triggers/webhook-log.ts";
import { WebhookSigns } from "../../src/sync/triggers/webhook-signs.ts";
import { HandMadeRepo } from "./hand-made-repo.ts";
import { NO_SUBMITS } from "./no-submits.ts";
import { NO_OPS_FACTS } from "./ops-facts.ts";

/** What a run of a hand-made repository does; a test may give another. */
export type HandMadeRun = (repo: HandMadeRepo, work: SyncWork) => Promise<SyncResult>;

export function unchanged(repo: HandMadeRepo): SyncResult {
  return {
    outcome: "unchanged",
    generation: repo.snapshot?.generation ?? 0,
    refs: { created: 0, updated: 0, deleted: 0, changes: [], truncated: false },
    stacks: { created: [], changed: [], removed: [] },
    phases: { fetchMs: 0, readMs: 1, deriveMs: 0 },
  };
}

export interface StartedServer extends AsyncDisposable {
  readonly app: App;
  /** The first of `repos`. */
  readonly repo: HandMadeRepo;
  readonly events: EventLog;
  readonly syncs: SyncQueue;
  readonly store: Store;
  /** Of the listening socket, `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** What was logged, one parsed line each. */
  readonly log: Record<string, unknown>[];
  /** A connection on which a test writes what it likes. */
  connect(): Socket;
}

export interface StartOptions {
  repos?: HandMadeRepo[];
  config?: Partial<HttpConfig>;
  run?: HandMadeRun;
  events?: EventLog;
  /** Of the store; one in memory when it is left out. */
  dataDir?: string;
  /** The server's; the queue keeps real time. */
  clock?: Clock;
  /** Aborted by a test that wants the server to be about to end. */
  ending?: AbortSignal;
  /** Who may see and do what; whoever reaches it, all of it, when it is left out. */
  access?: (store: Store) => Access;
}

/** The real server, queue, log and store on a free port, around hand-made repositories. */
export async function startServer(options: StartOptions = {}): Promise<StartedServer> {
  const {
    repos = [widget()],
    run = async (repo) => unchanged(repo),
    events = new EventLog(),
    dataDir = ":memory:",
  } = options;
  const log: Record<string, unknown>[] = [];
  const lines = new Writable({
    write(chunk, _encoding, done) {
      log.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const store = await openStore(dataDir);
  const syncs = new SyncQueue({ settleMs: 0 });
  const logger = pino({ level: "debug" }, lines);
  const names = new ForgeNames(store.repositories, syncs, (level, about, message) =>
    logger[level](about, message),
  );
  const hooks = new HookWatch(store.hooks, new Map(), syncs, options.clock ? { clock: options.clock } : {});
  for (const repo of repos) {
    const target = { repoId: repo.id, storeKey: repo.id, sync: (work: SyncWork) => run(repo, work) };
    syncs.register(target, { kind: repo.kind, cadence: () => ({ expectedMaxAgeSec: 60 }) });
    if (repo.kind === "mirror") await names.follow(repo, repo.id);
    if (repo.kind === "mirror" && options.config?.webhookSecrets) hooks.follow(repo.id, repo.id);
  }
  syncs.observe(({ storeKey, run, freshness }) => {
    events.append({ name: "sync", data: { repoId: run.repoId, run, freshness } });
    return store.syncRuns.save(storeKey, run);
  });
  const signs = new WebhookSigns((repoId, sign) =>
    events.append({ name: "webhook", data: { repoId, ...sign } }),
  );
  const forge = { watches: () => false, heardOf: () => {} };
  const githubDeliveries = new GithubDeliveries(
    store.deliveries,
    syncs,
    names,
    { pushed: () => {} },
    forge,
    signs,
    hooks,
  );
  const webhookLog = new WebhookLog(store, names);
  await githubDeliveries.resume();
  const app = await createServer({
    access: options.access?.(store) ?? openAccess(options.config?.readOnly),
    repos: { list: () => repos, get: (id) => repos.find((repo) => repo.id === id) },
    onboarding: {
      check: async () => ({ remote: {} }),
      add: async () => {
        throw new Problem("repo/no-access", "Nothing can be added here.");
      },
      isCloning: () => false,
      remove: async (_id, { isOperator }) => {
        throw isOperator
          ? new Problem("repo/configured", "The test says so.")
          : new Problem("access/not-allowed", "This is for operators.");
      },
    },
    syncs,
    history: {
      list: (id, page) => store.syncRuns.list(id, page),
      find: (id, runId) => store.syncRuns.get(id, runId),
      check: () => store.ping(),
    },
    activity: {
      list: async (repoIds, asked) => {
        const { entries, ...rest } = await store.activity.list(repoIds, asked);
        return { ...rest, events: entries.map(({ repoKey, entry }) => ({ ...entry, repoId: repoKey })) };
      },
    },
    events,
    githubDeliveries,
    webhookSigns: signs,
    hooks,
    webhookLog,
    git: { started: 0, running: 0 },
    ops: NO_OPS_FACTS,
    forge: { requests: 0, failures: new Map(), quotaRemaining: undefined, checked: [] },
    submits: NO_SUBMITS,
    config: { version: "1.2.3", readOnly: false, bind: "127.0.0.1", ...options.config },
    logger,
    ...(options.clock ? { clock: options.clock } : {}),
    ...(options.ending ? { ending: options.ending } : {}),
  });
  const origin = await listen(app, { host: "127.0.0.1", port: 0 });
  const [repo = widget()] = repos;
  return {
    app,
    repo,
    events,
    syncs,
    store,
    origin,
    log,
    connect: () => connect((app.server.address() as AddressInfo).port, "127.0.0.1"),
    async [Symbol.asyncDispose]() {
      await app.close();
      await syncs[Symbol.asyncDispose]();
      await hooks[Symbol.asyncDispose]();
      await webhookLog[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** A repository with the stacks `api ← ui` and `feat/login`. */
export function widget(id?: string, fullName?: string): HandMadeRepo {
  const repo = new HandMadeRepo(id, fullName);
  repo.publish({ api: "main", ui: "api", "feat/login": "main" });
  return repo;
}

/** To whoever reaches it; on a read-only server to look only. */
export function openAccess(isReadOnly = false): Access {
  return new Access({
    posture: isReadOnly ? "public" : "local",
    clock: systemClock,
    audit: { write: async () => {}, list: async () => ({ entries: [] }) },
    repo: () => ({ visibility: "everyone", forgeRepoId: undefined }),
  });
}
