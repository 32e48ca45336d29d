import { setTimeout as sleep } from "node:timers/promises";
import { Type } from "typebox";
import { problemOf } from "../contract/problems.ts";
import { PlannedBranch, Submission, SubmitPlan, SubmittedBranch } from "../contract/submit.ts";
import { soon } from "./ago.ts";
import { ServerAnswerError, ServerClient } from "./ask-server.ts";
import { canAsk, confirm } from "./confirm.ts";
import { pickRepo } from "./pick-repo.ts";
import { pickStack } from "./pick-stack.ts";
import { endLine, isOver, outcomeLine, planLines, warningLines } from "./submit-lines.ts";
import { type ExitCode, paintFor, printLine, type Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

export interface SubmitOptions {
  readonly server: string;
  readonly stack?: string;
  readonly dryRun?: true;
  readonly draft?: true;
  readonly ready?: true;
  readonly yes?: true;
  readonly json?: true;
}

/** What the server answers, with its references resolved. */
const PlanAnswer = Type.Object({ ...SubmitPlan.properties, branches: Type.Array(PlannedBranch) });
const SubmissionAnswer = Type.Object({ ...Submission.properties, branches: Type.Array(SubmittedBranch) });

const LOOK_AGAIN_MS = 500;

/** Shows what a submit of a stack would do, asks whether to, and prints what becomes of each branch. */
export async function submitCommand(
  repo: string | undefined,
  options: SubmitOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  if (!options.yes && !options.dryRun && !canAsk(terminal)) {
    throw new UsageError(
      "nobody can be asked here: add --yes to submit at once, or --dry-run to see the plan.",
    );
  }
  try {
    const client = new ServerClient(options.server, terminal);
    const repoId = repo ?? (await pickRepo(client));
    const root = await pickStack(client, repoId, options.stack);
    return await submit({ client, repoId, root, options, terminal });
  } catch (error) {
    if (!(error instanceof ServerAnswerError)) throw error;
    if (options.json && error.problem) printLine(terminal.stdout, JSON.stringify(error.problem, null, 2));
    printLine(terminal.stderr, `error: ${error.message}`);
    printNextStep(error.code, terminal);
    return 1;
  }
}

interface Submit {
  readonly client: ServerClient;
  readonly repoId: string;
  readonly root: string;
  readonly options: SubmitOptions;
  readonly terminal: Terminal;
}

async function submit(asked: Submit): Promise<ExitCode> {
  const { client, repoId, root, options, terminal } = asked;
  const { stdout, stderr } = terminal;
  const path = `/repos/${encodeURIComponent(repoId)}/stacks/${encodeURIComponent(root)}/submit`;
  const words = { ...(options.draft && { draft: true }), ...(options.ready && { ready: true }) };
  const plan = await client.ask("POST", `${path}?dryRun=1`, PlanAnswer, { body: words });
  const able = plan.branches.filter(({ action }) => action !== "cannot" && action !== "nothing").length;
  const barred = plan.branches.filter(({ action }) => action === "cannot").length;
  const isLast = options.dryRun === true || able === 0;
  if (options.json && isLast) printLine(stdout, JSON.stringify(plan, null, 2));
  else {
    // What a program reads is the submission alone.
    const stream = options.json ? stderr : stdout;
    for (const line of planLines(plan, paintFor(stream))) printLine(stream, line);
  }
  if (options.dryRun) return 0;
  if (able === 0) return barred > 0 ? 1 : 0;
  if (!options.yes && !(await confirm(`Submit ${able} branch${able === 1 ? "" : "es"}?`, terminal))) {
    printLine(stderr, "Nothing was submitted.");
    return 1;
  }
  const begun = await client.ask("POST", path, SubmissionAnswer, {
    body: { plan: plan.id, ...words },
    prefer: "respond-async",
  });
  return tellEnd(await followed(begun, asked), barred, asked);
}

/** Prints each branch as soon as nothing more happens to it. Resolves to the finished submission. */
async function followed(
  begun: Submission,
  { client, repoId, options, terminal }: Submit,
): Promise<Submission> {
  const told = new Set<string>();
  const paint = paintFor(terminal.stdout);
  let submission = begun;
  for (;;) {
    for (const branch of submission.branches) {
      if (options.json || told.has(branch.name) || !isOver(branch)) continue;
      told.add(branch.name);
      printLine(terminal.stdout, outcomeLine(branch, paint));
    }
    if (submission.state === "finished") {
      for (const line of options.json ? [] : warningLines(submission)) printLine(terminal.stderr, line);
      return submission;
    }
    await sleep(LOOK_AGAIN_MS, undefined, { signal: client.signal });
    const path = `/repos/${encodeURIComponent(repoId)}/submissions/${submission.id}`;
    submission = await client.ask("GET", path, SubmissionAnswer);
  }
}

function tellEnd(submission: Submission, barred: number, { options, terminal }: Submit): ExitCode {
  const { stdout, stderr } = terminal;
  const { error, outcome } = submission;
  printLine(stdout, options.json ? JSON.stringify(submission, null, 2) : endLine(submission));
  if (error) {
    const later = error.retryAt === undefined ? "" : ` Try again ${soon(error.retryAt, Date.now())}.`;
    printLine(stderr, `error: ${error.title}: ${error.detail} (${error.code})${later}`);
    printNextStep(error.code, terminal);
  }
  if (barred > 0) {
    printLine(
      stderr,
      `${barred} branch${barred === 1 ? "" : "es"} could not be submitted: the plan says why.`,
    );
  }
  return outcome === "submitted" && barred === 0 ? 0 : 1;
}

function printNextStep(code: string | undefined, { stderr }: Terminal): void {
  const step = code === undefined ? undefined : nextStep(code);
  if (step !== undefined) printLine(stderr, `  → ${step}`);
}

function nextStep(code: string): string | undefined {
  switch (code) {
    case "repo/not-found":
      return "`stackit status` lists the repositories of this server.";
    case "stack/not-found":
    case "submit/trunk":
      return "Name a stack with --stack, by its root or any of its branches.";
    case "submit/plan-changed":
      return "Run it again, and look at the plan as it is now.";
    case "submit/under-way":
      return "Wait until it is over, then run it again.";
    default:
      return /^(submit|sync)\//.test(code) ? problemOf(code)?.mend : undefined;
  }
}
