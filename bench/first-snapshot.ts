// One start in a process of its own, so that nothing is warm but the disk: opens the repository given as argument, reads it
// for the first time, and prints the milliseconds. The start of Node and the loading of modules are not in them.

import { HelperSpawner } from "../packages/stackit/src/git/helper-spawner.ts";
import { WorkingCopy } from "../packages/stackit/src/repos/working-copy.ts";
import { timeMs } from "./measure.ts";

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: first-snapshot.ts <repository>");

await using spawner = new HelperSpawner();
await using repo = new WorkingCopy(spawner, { id: "bench", folder, namesPerson: false });
const ms = await timeMs(async () => {
  await repo.open();
  await repo.refresh({ signal: new AbortController().signal, confirmed: new Set() });
});
process.stdout.write(`${ms}\n`);
