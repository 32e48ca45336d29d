// Runs the built server in the folder where npm was called, so that it serves the repository one stands in.
//
// Under `npm start` this already runs on the pinned Node; called by hand on an older one it hands over to it.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { whenParentEnds } from "./end-with-parent.mjs";

const OLDEST_NODE = [22, 18];

const main = new URL("../packages/stackit/dist/main.js", import.meta.url);
const pinned = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const isNewEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);

process.chdir(process.env.INIT_CWD ?? process.cwd());
if (isNewEnough) {
  if (process.env.npm_lifecycle_event) whenParentEnds(() => process.kill(process.pid, "SIGTERM"));
  await import(main.href);
} else if (existsSync(pinned) && process.execPath !== pinned) {
  const child = spawn(pinned, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("close", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
} else {
  process.stderr.write(`Stackit needs Node ${OLDEST_NODE.join(".")} or newer; this is ${process.version}.\n`);
  process.exit(1);
}
