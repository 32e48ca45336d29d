import { problemOf } from "../contract/problems.ts";
import { askForRun, type RunOptions } from "./ask-for-run.ts";
import type { ExitCode, Terminal } from "./terminal.ts";

export interface RepairOptions extends RunOptions {
  readonly reclone?: true;
}

/** Asks a server to read all of a mirror and mend what is wrong, or to clone it anew, and prints what came of it. */
export function repairCommand(repo: string, options: RepairOptions, terminal: Terminal): Promise<ExitCode> {
  const verb = options.reclone ? "reclone" : "repair";
  return askForRun(repo, { verb, nextStep }, options, terminal);
}

/** A held run has printed its own. */
function nextStep(code: string): string | undefined {
  switch (code) {
    case "repo/not-found":
      return "`stackit status` lists the repositories of this server.";
    case "access/not-allowed":
    case "access/sign-in-required":
      return "Where people sign in, operators do this on the page of the repository below /ops; no token may.";
    case "repo/working-copy":
      return problemOf(code)?.mend;
    default:
      return code.startsWith("sync/") && code !== "sync/held" ? problemOf(code)?.mend : undefined;
  }
}
