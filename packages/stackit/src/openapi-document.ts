import { pino } from "pino";
import { EventLog } from "./events/event-log.ts";
import { type OpenApiDocument, openApiDocumentOf } from "./http/openapi.ts";
import { createServer } from "./http/server.ts";
import { productVersion } from "./lib/version.ts";
import { SyncQueue } from "./sync/sync-queue.ts";

/** The document that every server of this version serves: the routes of one without repositories, never listening. */
export async function openApiDocument(): Promise<OpenApiDocument> {
  await using syncs = new SyncQueue();
  const app = await createServer({
    repos: { list: () => [], get: () => undefined },
    syncs,
    history: { list: async () => ({ runs: [] }), find: async () => undefined, check: async () => {} },
    events: new EventLog(),
    config: { version: productVersion(), readOnly: false, bind: "127.0.0.1" },
    logger: pino({ level: "silent" }),
  });
  try {
    return openApiDocumentOf(app);
  } finally {
    await app.close();
  }
}
