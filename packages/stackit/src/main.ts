#!/usr/bin/env node
import { abortOnSignals } from "./cli/process-signals.ts";
import { runCli } from "./cli/run-cli.ts";

// A reader that has seen enough, such as `head`, is no reason to fail.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  signal: abortOnSignals(),
  endNow: (code) => process.exit(code),
});
