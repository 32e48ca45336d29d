import type {
  PlannedBranch,
  Submission,
  SubmitAction,
  SubmitPlan,
  SubmittedBranch,
} from "../contract/submit.ts";
import { printable } from "./printable.ts";
import { alignColumns } from "./table.ts";
import type { Paint, Style } from "./terminal.ts";

const STYLES: Readonly<Record<SubmitAction, Style>> = {
  create: "green",
  update: "green",
  push: "green",
  nothing: "dim",
  cannot: "red",
};

/** Below the row that it is about. */
const INDENT = " ".repeat(8);

/** What a submit would do, from the bottom of the stack to its top, and why it cannot where it cannot. */
export function planLines(plan: SubmitPlan, paint: Paint): string[] {
  const { repoId, title, as, branches } = plan;
  const rows = alignColumns(
    branches.map(({ action, name, base, pr, title: said, draft, ...rest }) => [
      action,
      printable(name),
      `into ${printable(base)}`,
      pr ? `#${pr.number}` : draft ? "draft" : "",
      printable(said),
      rest.restack && action !== "cannot" ? "restacked first" : "",
    ]),
  );
  return [
    `${repoId}: ${printable(title)}, as ${printable(as.name)}`,
    ...branches.flatMap((branch, index) => {
      const row = rows[index] ?? "";
      const { action } = branch;
      return [paint(STYLES[action], action) + row.slice(action.length), ...reasonLines(branch, paint)];
    }),
    summary(branches),
    ...wishLines(plan),
  ];
}

/** What the configuration asks for beside, where it will be asked for. */
function wishLines({ branches, reviewers, labels }: SubmitPlan): string[] {
  const isNew = branches.some(({ action }) => action === "create");
  const becomesReady = branches.some(
    ({ action, draft, changes }) => (action === "create" && !draft) || changes.includes("ready"),
  );
  return [
    ...(isNew && labels.length > 0 ? [`labels: ${labels.map(printable).join(", ")}`] : []),
    ...(becomesReady && reviewers.length > 0 ? [`reviewers: ${reviewers.map(printable).join(", ")}`] : []),
  ];
}

function reasonLines({ reason }: PlannedBranch, paint: Paint): string[] {
  if (!reason) return [];
  const { code, detail, files = [], command } = reason;
  return [
    paint("red", `${INDENT}${printable(detail)} (${code})`),
    ...files.map((file) => `${INDENT}  ${printable(file)}`),
    ...(command === undefined ? [] : [`${INDENT}→ ${printable(command)}`]),
  ];
}

/** "3 pushes, 2 new pull requests, 1 updated". */
function summary(branches: readonly PlannedBranch[]): string {
  const pushes = branches.filter(({ push }) => push).length;
  const creates = branches.filter(({ action }) => action === "create").length;
  const updates = branches.filter(({ action }) => action === "update").length;
  const parts = [
    pushes > 0 && `${pushes} ${pushes === 1 ? "push" : "pushes"}`,
    creates > 0 && `${creates} new pull request${creates === 1 ? "" : "s"}`,
    updates > 0 && `${updates} updated`,
  ].filter((part) => part !== false);
  if (parts.length > 0) return parts.join(", ");
  const isBarred = branches.some(({ action }) => action === "cannot");
  return isBarred ? "Nothing of this can be submitted." : "Nothing to do: the remote has all of it.";
}

const DONE: Readonly<Record<SubmitAction, string>> = {
  create: "created",
  update: "updated",
  push: "pushed",
  nothing: "done",
  cannot: "done",
};
const WIDEST = 7;

/** Of a branch to which nothing more happens. */
export function outcomeLine({ name, action, state, pr, error }: SubmittedBranch, paint: Paint): string {
  const isDone = state === "done";
  const word = (isDone ? DONE[action] : state).padEnd(WIDEST);
  const told = isDone || !error ? pr?.url : `${error.title}: ${error.detail}`;
  return [paint(isDone ? "green" : "red", word), printable(name), printable(told ?? "")].join("  ").trimEnd();
}

/** What the forge would not do, although the pull requests are there. */
export function warningLines({ branches }: Submission): string[] {
  return branches.flatMap(({ name, warnings = [] }) =>
    warnings.map((warning) => `warning: ${printable(name)}: ${printable(warning)}`),
  );
}

export function isOver({ state }: SubmittedBranch): boolean {
  return state === "done" || state === "failed";
}

/** How it ended. */
export function endLine({ branches, outcome }: Submission): string {
  const taken = branches.filter(({ state }) => state !== "skipped");
  const done = taken.filter(({ state }) => state === "done").length;
  const of = `${taken.length} branch${taken.length === 1 ? "" : "es"}`;
  if (outcome === "submitted") return `${of} submitted.`;
  if (outcome === "failed") return "Nothing was changed on the remote.";
  return `${done} of ${of} submitted${outcome === "interrupted" ? ", then the server ended" : ""}.`;
}
