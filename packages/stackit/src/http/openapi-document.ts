import { pino } from "pino";
import { Access } from "../access/access.ts";
import { EventLog } from "../events/event-log.ts";
import { systemClock } from "../lib/clock.ts";
import { SyncQueue } from "../sync/sync-queue.ts";
import { type OpenApiDocument, openApiDocumentOf } from "./openapi.ts";
import { createServer } from "./server.ts";
import type { ServerParts } from "./server-parts.ts";

/** The document that a server of this version serves, without any server. */
export async function openApiDocument(version: string): Promise<OpenApiDocument> {
  await using app = await createServer({
    ...nothing(),
    config: { version, readOnly: false, bind: "127.0.0.1" },
    logger: pino({ level: "silent" }),
  });
  return openApiDocumentOf(app);
}

function nothing(): ServerParts {
  const audit = { write: async () => {}, list: async () => ({ entries: [] }) };
  return {
    access: new Access({ posture: "local", clock: systemClock, audit, repo: () => undefined }),
    repos: { list: () => [], get: () => undefined },
    onboarding: {
      check: async () => ({ remote: {} }),
      add: async () => ({ repoId: "", isNew: false }),
      isCloning: () => false,
      remove: async () => {},
    },
    syncs: new SyncQueue(),
    history: { list: async () => ({ runs: [] }), find: async () => undefined, check: async () => {} },
    activity: { list: async () => ({ events: [] }) },
    events: new EventLog(),
    githubDeliveries: {
      receive: async () => "ignored",
      replay: () => Promise.reject(new Error("nothing is served")),
      onAnswered: () => () => {},
    },
    webhookLog: {
      refused: () => {},
      list: async () => ({ deliveries: [] }),
      payload: async () => ({ omitted: [] }),
    },
    webhookSigns: { of: () => undefined },
    hooks: { of: () => undefined },
    git: { started: 0, running: 0 },
    ops: { startedAt: "", slots: 0, slotsPerHost: 0, settings: [], disk: async () => undefined },
    forge: { requests: 0, failures: new Map(), quotaRemaining: undefined, checked: [] },
    submits: {
      plan: () => Promise.reject(new Error("nothing is served")),
      submit: () => Promise.reject(new Error("nothing is served")),
      find: async () => undefined,
    },
  };
}
