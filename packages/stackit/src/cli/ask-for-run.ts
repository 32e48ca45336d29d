import { setTimeout as sleep } from "node:timers/promises";
import { Value } from "typebox/value";
import { SyncRun } from "../contract/sync-run.ts";
import { ServerAnswerError, ServerClient } from "./ask-server.ts";
import { pickRepo } from "./pick-repo.ts";
import { withProgressLine } from "./progress-line.ts";
import { runLines } from "./run-lines.ts";
import { type ExitCode, paintFor, printLine, type Terminal } from "./terminal.ts";

export interface RunOptions {
  readonly server: string;
  readonly json?: true;
}

/** What is asked for, and what the command knows about it. */
export interface RunWish {
  /** The last part of the route. */
  readonly verb: "sync" | "repair" | "reclone";
  readonly body?: object | undefined;
  /** What a person does next, by the code of a problem. */
  readonly nextStep: (code: string) => string | undefined;
}

/** Seconds that one request waits for a run: a first clone takes longer than a connection should stay silent. */
const WAIT_SEC = 60;
const LOOK_AGAIN_MS = 500;

/** Asks for a run, waits for it, and prints what it found. On a terminal it shows meanwhile how far a long one is. */
export async function askForRun(
  repo: string | undefined,
  wish: RunWish,
  options: RunOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const printNextStep = (code: string | undefined): void => {
    const step = code === undefined ? undefined : wish.nextStep(code);
    if (step !== undefined) printLine(terminal.stderr, `  → ${step}`);
  };
  try {
    const client = new ServerClient(options.server, terminal);
    const repoId = repo ?? (await pickRepo(client));
    const run = await withProgressLine(finishedRun(client, repoId, wish), {
      client,
      repoId,
      stream: terminal.stderr,
    });
    print(run, options, terminal);
    if (run.error) {
      const { title, detail, code } = run.error;
      printLine(terminal.stderr, `error: ${title}: ${detail} (${code})`);
      printNextStep(code);
    }
    return run.outcome === "failed" || run.outcome === "held" ? 1 : 0;
  } catch (error) {
    if (!(error instanceof ServerAnswerError)) throw error;
    const run = error.problem?.run;
    if (Value.Check(SyncRun, run)) print(run, options, terminal);
    else if (options.json && error.problem)
      printLine(terminal.stdout, JSON.stringify(error.problem, null, 2));
    printLine(terminal.stderr, `error: ${error.message}`);
    printNextStep(error.code);
    return 1;
  }
}

async function finishedRun(client: ServerClient, repoId: string, { verb, body }: RunWish): Promise<SyncRun> {
  const path = `/repos/${encodeURIComponent(repoId)}`;
  let run = await client.ask("POST", `${path}/${verb}`, SyncRun, { body, prefer: `wait=${WAIT_SEC}` });
  while (run.state !== "finished") {
    await sleep(LOOK_AGAIN_MS, undefined, { signal: client.signal });
    run = await client.ask("GET", `${path}/sync-runs/${run.id}`, SyncRun);
  }
  return run;
}

function print(run: SyncRun, options: RunOptions, terminal: Terminal): void {
  const lines = options.json ? [JSON.stringify(run, null, 2)] : runLines(run, paintFor(terminal.stdout));
  for (const line of lines) printLine(terminal.stdout, line);
}
