import { problemOf } from "../contract/problems.ts";
import type { Freshness, RepoSummary } from "../contract/repo.ts";
import { ago, every, soon } from "./ago.ts";
import { ServerAnswerError, ServerClient } from "./ask-server.ts";
import { forgeTrouble, forgeWord } from "./forge-words.ts";
import { hookTrouble } from "./hook-words.ts";
import { ReposAnswer } from "./pick-repo.ts";
import { progressWords } from "./progress-words.ts";
import { alignColumns } from "./table.ts";
import { type ExitCode, type Paint, paintFor, printLine, type Style, type Terminal } from "./terminal.ts";

export interface StatusOptions {
  readonly server: string;
  readonly json?: true;
}

/** Prints the repositories of a server, each with how fresh what it shows is. */
export async function statusCommand(options: StatusOptions, terminal: Terminal): Promise<ExitCode> {
  try {
    const client = new ServerClient(options.server, terminal);
    const { repos } = await client.ask("GET", "/repos", ReposAnswer);
    const lines = options.json
      ? [JSON.stringify({ repos }, null, 2)]
      : statusLines(repos, Date.now(), paintFor(terminal.stdout));
    for (const line of lines) printLine(terminal.stdout, line);
    return 0;
  } catch (error) {
    if (!(error instanceof ServerAnswerError)) throw error;
    printLine(terminal.stderr, `error: ${error.message}`);
    return 1;
  }
}

const STYLES: Readonly<Record<Freshness["health"], Style>> = {
  fresh: "green",
  local: "green",
  late: "yellow",
  failing: "red",
  never: "yellow",
};

/** Below the row that it is about. */
const INDENT = " ".repeat(8);

export function statusLines(repos: readonly RepoSummary[], nowMs: number, paint: Paint): string[] {
  if (repos.length === 0) return ["No repository is served."];
  const hasForges = repos.some(({ forge }) => forge);
  const rows = repos.map(({ id, displayName, kind, trunk, currentBranch, freshness, forge }) => [
    freshness.health,
    id,
    displayName === id ? "" : displayName,
    trunk || (isUnread(freshness) ? "not read yet" : "no trunk"),
    // Nobody works in a mirror.
    kind === "mirror" || isUnread(freshness) ? "-" : (currentBranch ?? "detached"),
    freshness.activity,
    ago(freshness.lastSuccessAt, nowMs),
    ago(freshness.lastChangeAt, nowMs),
    ...(hasForges ? [forgeWord(forge, nowMs)] : []),
    intervalWords(freshness),
  ]);
  const asked = repos.some(({ freshness }) => freshness.interval) ? "ASKED" : "";
  const pulls = hasForges ? ["PULL REQUESTS"] : [];
  const head = [
    "HEALTH",
    "REPOSITORY",
    "NAME",
    "TRUNK",
    "CURRENT",
    "ACTIVITY",
    "READ",
    "CHANGED",
    ...pulls,
    asked,
  ];
  const [title = "", ...lines] = alignColumns([head, ...rows]);
  const painted = lines.flatMap((line, index) => {
    const { id, freshness, forge, hook } = repos[index] ?? {};
    if (id === undefined || !freshness) return [];
    const row = paint(STYLES[freshness.health], freshness.health) + line.slice(freshness.health.length);
    const { consecutiveFailures, waitingFor } = freshness;
    const progress = progressWords(freshness);
    return [
      row,
      ...(progress === undefined ? [] : [`${INDENT}${progress}`]),
      ...(consecutiveFailures === 0 ? [] : failureLines(freshness, nowMs, paint)),
      ...(freshness.lastAttempt?.outcome === "held" ? [paint("yellow", `${INDENT}${heldWords(id)}`)] : []),
      ...forgeTrouble(forge, nowMs).map((text) =>
        paint(forge?.health === "off" ? "dim" : "red", INDENT + text),
      ),
      ...hookTrouble(hook, nowMs).map((text) => paint("yellow", INDENT + text)),
      ...(waitingFor ? [paint("yellow", `${INDENT}${waitWords(waitingFor, nowMs)}`)] : []),
    ];
  });
  return [paint("dim", title), ...painted];
}

function isUnread({ lastSuccessAt }: Freshness): boolean {
  return lastSuccessAt === undefined;
}

function intervalWords({ interval }: Freshness): string {
  return interval ? `${every(interval.everySec)}: ${interval.reason}` : "";
}

/** What is wrong, and what to do about it. */
function failureLines(
  { consecutiveFailures, lastAttempt, nextDueAt }: Freshness,
  nowMs: number,
  paint: Paint,
): string[] {
  const times = consecutiveFailures === 1 ? "once" : `${consecutiveFailures} times in a row`;
  const code = lastAttempt?.code;
  const problem = code === undefined ? undefined : problemOf(code);
  const why = code === undefined ? "" : `: ${code}${problem ? `, ${lowerFirst(problem.title)}` : ""}`;
  const next = nextDueAt === undefined ? "" : `; next try ${soon(nextDueAt, nowMs)}`;
  const more = [lastAttempt?.detail, problem?.mend].filter((part) => part !== undefined).join(" ");
  return [
    paint("red", `${INDENT}failed ${times}${why}${next}`),
    ...(more === "" ? [] : [`${INDENT}${more}`]),
  ];
}

function heldWords(id: string): string {
  return `held: more than half of the branches would vanish; \`stackit sync ${id}\` names them, and how to let it through`;
}

function waitWords({ host, reason, until }: NonNullable<Freshness["waitingFor"]>, nowMs: number): string {
  const why = reason === "rate-limited" ? "asked to be left alone" : "keeps failing";
  const next = until === undefined ? "one run is trying it for all" : `asked again ${soon(until, nowMs)}`;
  return `${host} ${why}; ${next}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
