#!/usr/bin/env node
import { explainOldNode } from "./cli/old-node.ts";
import { abortOnSignals } from "./cli/process-signals.ts";
import { runCli } from "./cli/run-cli.ts";

// A reader that has seen enough, such as `head`, is no reason to fail.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

const tooOld = explainOldNode(process.versions.node);
if (tooOld !== undefined) {
  process.stderr.write(`error: ${tooOld}\n`);
  process.exit(1);
}

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: abortOnSignals(),
  endNow: (code) => process.exit(code),
});
