import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pino } from "pino";
import { start } from "../../src/app.ts";
import type { Config } from "../../src/config/config.ts";
import type { HttpConfig } from "../../src/http/server-config.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { EventReader, type ReadEvent } from "./event-reader.ts";
import { filesBelow } from "./files-below.ts";
import { foundIn } from "./spellings.ts";
import { SECRET_MARK } from "./test-secret.ts";

export interface ServedFolders extends AsyncDisposable {
  readonly url: string;
  /** GET below `/api/v1`; the parsed body. Throws for anything but 200. */
  get<T>(path: string): Promise<T>;
  /** POST to the sync route of a repository. */
  sync(body?: object, headers?: Record<string, string>, repo?: string): Promise<Response>;
  /** An open stream of events below `/api/v1`. */
  events(path: string): Promise<EventReader>;
}

/**
 * The product as `serve` composes it, on a free port, with a data folder of its own. Settles when each repository was read once,
 * or could not be; with `atOnce` before. `clock`: of who may come in, and of streams. `onListening` is told the address first.
 */
export async function serveFolders(
  repos: Config["repos"],
  overrides: Partial<Config> = {},
  {
    atOnce = false,
    clock,
    onListening,
  }: { atOnce?: boolean; clock?: Clock; onListening?: (url: string) => void } = {},
): Promise<ServedFolders> {
  const dataDir = await mkdtemp(join(tmpdir(), "stackit-data-"));
  // One client is a whole test here, so it may ask as often as it likes.
  const config: Config & Pick<HttpConfig, "limits"> = {
    limits: { requestsPerSec: 0 },
    repos,
    dataDir,
    bind: "127.0.0.1",
    port: 0,
    posture: "local",
    readOnly: false,
    trustedProxies: [],
    syncIntervalMs: 0,
    syncIntervalMinMs: 60_000,
    syncIntervalMaxMs: 3_600_000,
    settleMs: 250,
    syncTimeoutMs: 60_000,
    maxSyncs: 8,
    maxSyncsPerHost: 4,
    webhookSecrets: [],
    github: { url: new URL("https://github.com"), apiUrl: new URL("https://api.github.com") },
    shutdownTimeoutMs: 10_000,
    environment: "local",
    logLevel: "silent",
    ...overrides,
  };
  const log: string[] = [];
  const lines = new Writable({
    write(chunk, _encoding, done) {
      log.push(String(chunk));
      done();
    },
  });
  const running = await start(config, pino({ level: "trace" }, lines), clock, onListening);
  if (!atOnce) await running.firstRuns;
  const { url } = running;
  return {
    url,
    async get<T>(path: string): Promise<T> {
      const response = await fetch(`${url}/api/v1${path}`);
      const text = await response.text();
      if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${text}`);
      return JSON.parse(text);
    },
    sync: (body = {}, headers = {}, repo = "default") =>
      fetch(`${url}/api/v1/repos/${repo}/sync`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    events: (path) => EventReader.open(`${url}/api/v1${path}`),
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      const left = foundIn([...log, ...(await filesBelow(config.dataDir))], [SECRET_MARK]);
      await rm(dataDir, { recursive: true, force: true });
      if (left.length > 0) throw new Error("a secret of the test lay in the log or in the data folder");
    },
  };
}

/** Serves one folder as `default`. */
export function serveFolder(path: string, overrides: Partial<Config> = {}): Promise<ServedFolders> {
  return serveFolders([{ kind: "working-copy", id: "default", path }], overrides);
}

/** Reads on until an event fits; throws when the stream ends first. */
export async function eventThat(
  reader: EventReader,
  fits: (event: ReadEvent) => boolean,
): Promise<ReadEvent> {
  for (let event = await reader.next(); event; event = await reader.next()) if (fits(event)) return event;
  throw new Error("the stream ended before the event came");
}
