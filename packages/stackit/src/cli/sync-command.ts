import { problemOf } from "../contract/problems.ts";
import { askForRun, type RunOptions } from "./ask-for-run.ts";
import type { ExitCode, Terminal } from "./terminal.ts";

export interface SyncOptions extends RunOptions {
  readonly confirm?: string;
}

/** Asks a server to look now, and prints what it found. */
export function syncCommand(
  repo: string | undefined,
  options: SyncOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const body = options.confirm === undefined ? undefined : { confirm: options.confirm };
  return askForRun(repo, { verb: "sync", body, nextStep }, options, terminal);
}

/** A held run has printed its own. */
function nextStep(code: string): string | undefined {
  if (code === "repo/not-found") return "`stackit status` lists the repositories of this server.";
  return code.startsWith("sync/") && code !== "sync/held" ? problemOf(code)?.mend : undefined;
}
