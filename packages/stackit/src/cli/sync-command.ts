import { setTimeout as sleep } from "node:timers/promises";
import { Value } from "typebox/value";
import { problemOf } from "../contract/problems.ts";
import { type RefChange, SyncRun } from "../contract/sync-run.ts";
import { ServerAnswerError, ServerClient } from "./ask-server.ts";
import { pickRepo } from "./pick-repo.ts";
import { withProgressLine } from "./progress-line.ts";
import { type ExitCode, type Paint, paintFor, printLine, type Style, type Terminal } from "./terminal.ts";

export interface SyncOptions {
  readonly server: string;
  readonly json?: true;
  readonly confirm?: string;
}

/** Seconds that one request waits for a run: a first clone takes longer than a connection should stay silent. */
const WAIT_SEC = 60;
const LOOK_AGAIN_MS = 500;

/** Asks for a sync, waits for it, and prints what it found. On a terminal it shows meanwhile how far a long one is. */
export async function syncCommand(
  repo: string | undefined,
  options: SyncOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  try {
    const client = new ServerClient(options.server, terminal);
    const repoId = repo ?? (await pickRepo(client));
    const body = options.confirm === undefined ? undefined : { confirm: options.confirm };
    const run = await withProgressLine(syncAndWait(client, repoId, body), {
      client,
      repoId,
      stream: terminal.stderr,
    });
    print(run, options, terminal);
    if (run.error) {
      const { title, detail, code } = run.error;
      printLine(terminal.stderr, `error: ${title}: ${detail} (${code})`);
      printNextStep(code, terminal);
    }
    return run.outcome === "failed" || run.outcome === "held" ? 1 : 0;
  } catch (error) {
    if (!(error instanceof ServerAnswerError)) throw error;
    const run = error.problem?.run;
    if (Value.Check(SyncRun, run)) print(run, options, terminal);
    else if (options.json && error.problem)
      printLine(terminal.stdout, JSON.stringify(error.problem, null, 2));
    printLine(terminal.stderr, `error: ${error.message}`);
    printNextStep(error.code, terminal);
    return 1;
  }
}

/** A held run has printed its own. */
function nextStep(code: string): string | undefined {
  if (code === "repo/not-found") return "`stackit status` lists the repositories of this server.";
  return code.startsWith("sync/") && code !== "sync/held" ? problemOf(code)?.mend : undefined;
}

function printNextStep(code: string | undefined, terminal: Terminal): void {
  const step = code === undefined ? undefined : nextStep(code);
  if (step !== undefined) printLine(terminal.stderr, `  → ${step}`);
}

/** The finished run. */
async function syncAndWait(client: ServerClient, repoId: string, body: object | undefined): Promise<SyncRun> {
  const path = `/repos/${encodeURIComponent(repoId)}`;
  let run = await client.ask("POST", `${path}/sync`, SyncRun, { body, prefer: `wait=${WAIT_SEC}` });
  while (run.state !== "finished") {
    await sleep(LOOK_AGAIN_MS, undefined, { signal: client.signal });
    run = await client.ask("GET", `${path}/sync-runs/${run.id}`, SyncRun);
  }
  return run;
}

function print(run: SyncRun, options: SyncOptions, terminal: Terminal): void {
  const lines = options.json ? [JSON.stringify(run, null, 2)] : runLines(run, paintFor(terminal.stdout));
  for (const line of lines) printLine(terminal.stdout, line);
}

const STYLES: Readonly<Record<NonNullable<SyncRun["outcome"]>, Style>> = {
  updated: "green",
  unchanged: "dim",
  partial: "yellow",
  held: "yellow",
  failed: "red",
};

const HEADS = /^refs\/heads\//;

/** What a run found, in the manner of `git fetch`, and which stacks that touched. */
export function runLines(run: SyncRun, paint: Paint): string[] {
  const outcome = run.outcome ?? "failed";
  const took = run.durationMs === undefined ? "" : ` in ${formatMs(run.durationMs)}`;
  const generation = run.generation === undefined ? "" : `, generation ${run.generation}`;
  const lines = [`${run.repoId}: ${paint(STYLES[outcome], outcome)}${took}${generation}`];
  if (run.recloned) lines.push("   the mirror has been cloned anew");
  for (const change of run.refs.changes) lines.push(changeLine(change, paint));
  const { created, updated, deleted, truncated, changes } = run.refs;
  if (truncated) lines.push(`   … and ${created + updated + deleted - changes.length} more refs`);
  for (const [word, roots] of Object.entries(run.stacks)) {
    if (roots.length > 0) lines.push(`stacks ${word}: ${roots.join(", ")}`);
  }
  for (const { ref, expected, actual } of run.unmet ?? []) {
    const wanted = expected === null ? "gone" : `at ${short(expected)}`;
    const found = actual === undefined ? "it is not there" : `it is at ${short(actual)}`;
    lines.push(`${ref.replace(HEADS, "")} was to be ${wanted}; ${found}`);
  }
  if (run.hold) {
    const { id, branchesBefore, branchesAfter, wouldRemove, confirmsAt } = run.hold;
    lines.push(
      `${branchesBefore - branchesAfter} of ${branchesBefore} branches would vanish: ${wouldRemove.slice(0, 10).join(", ")}${wouldRemove.length > 10 ? ", …" : ""}`,
      `Let it through with: stackit sync ${run.repoId} --confirm ${id} (a second look does so by itself at ${confirmsAt})`,
    );
  }
  return lines;
}

function changeLine({ ref, kind, old, new: now }: RefChange, paint: Paint): string {
  const name = ref.replace(HEADS, "");
  switch (kind) {
    case "created":
      return ` ${paint("green", "*")} ${label("new", ref)}  ${name}`;
    case "deleted":
      return ` ${paint("red", "-")} ${label("gone", ref)}  ${name}`;
    case "forward":
      return `   ${short(old)}..${short(now)}   ${name}`;
    case "rewritten":
      return ` ${paint("yellow", "+")} ${short(old)}...${short(now)}  ${name}`;
  }
}

function label(word: string, ref: string): string {
  const thing = ref.startsWith("refs/heads/")
    ? "branch"
    : ref.startsWith("refs/stackit/")
      ? "metadata"
      : "ref";
  return `[${word} ${thing}]`.padEnd(17);
}

function short(id: string | undefined): string {
  return (id ?? "").slice(0, 7).padEnd(7);
}

function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
