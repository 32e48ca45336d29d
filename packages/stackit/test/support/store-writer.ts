import { openStore } from "../../src/store/open-store.ts";

/**
 * A process that writes to the store of a data folder without end: `node store-writer.ts <dataDir> <storeKey>`.
 * It prints the id of each run after the store has acknowledged it.
 */
const [dataDir = "", storeKey = ""] = process.argv.slice(2);
const store = await openStore(dataDir);
for (let n = 0; ; n++) {
  const id = String(n).padStart(6, "0");
  const at = new Date().toISOString();
  await store.syncRuns.save(storeKey, {
    id,
    repoId: storeKey,
    triggers: ["manual"],
    requestedAt: at,
    finishedAt: at,
    state: "finished",
    outcome: "updated",
    refs: { created: 0, updated: 0, deleted: 0, changes: [], truncated: false },
    stacks: { created: [], changed: [], removed: [] },
    phases: { queueMs: 0, fetchMs: 0, readMs: 0, deriveMs: 0 },
  });
  await new Promise<void>((resolve) => process.stdout.write(`${id}\n`, () => resolve()));
}
