import type {
  PlannedBranch,
  Submission,
  SubmitPlan,
  SubmitReasonCode,
  SubmittedBranch,
} from "stackit/contract/submit";
import { count, listed } from "../../lib/words.ts";
import type { GlyphName } from "../../ui/glyphs.tsx";

const reasons: Record<SubmitReasonCode, string> = {
  locked: "locked",
  frozen: "frozen",
  held: "checked out",
  conflict: "would conflict",
  unclear: "restack unclear",
  "remote-moved": "remote moved",
  "unborn-parent": "base not on the remote",
  empty: "no commits",
  below: "needs the one below",
  name: "no name for a forge",
};

/** What becomes of a branch; the number of its pull request follows, where it has one. */
export function actionWords({ action, reason }: PlannedBranch, draft: boolean): string {
  switch (action) {
    case "create":
      return draft ? "Create draft PR" : "Create PR";
    case "update":
      return "Update PR";
    case "push":
      return "Push only";
    case "nothing":
      return "Nothing to do";
    case "cannot":
      return `Cannot: ${reason ? reasons[reason.code] : "no reason given"}`;
  }
}

const changeWords = {
  head: "commits",
  base: "base",
  stack: "list of the stack",
  ready: "ready for review",
} as const;

/** What an action does beside its name. */
export function actionDetail({ action, changes, restack, base }: PlannedBranch): string | undefined {
  if (action === "nothing" || action === "cannot") return undefined;
  const onto = restack ? `restacked on ${base}` : undefined;
  if (action !== "update") return onto;
  return (
    [onto, listed(changes.map((change) => changeWords[change]))].filter(Boolean).join(" · ") || undefined
  );
}

/** "3 pushes, 2 new PRs, 1 updated". */
export function summaryWords(chosen: readonly PlannedBranch[]): string {
  const pushes = chosen.filter(({ push }) => push).length;
  const creates = chosen.filter(({ action }) => action === "create").length;
  const updates = chosen.filter(({ action }) => action === "update").length;
  const parts = [
    pushes > 0 && count(pushes, "push", "pushes"),
    creates > 0 && count(creates, "new PR"),
    updates > 0 && `${updates} updated`,
  ].filter((part) => part !== false);
  return parts.join(", ");
}

/** Whose the pull requests will be. */
export function asWords({ as }: SubmitPlan): string {
  switch (as.kind) {
    case "person":
      return `In your name, ${as.name}`;
    case "app":
      return `In the name of the app ${as.name}`;
    case "token":
      return `With the server’s token, as ${as.name}`;
  }
}

export interface StateWords {
  sign: GlyphName;
  tone: "idle" | "run" | "ok" | "bad";
  text: string;
}

const doneWords = {
  create: "Created",
  update: "Updated",
  push: "Pushed",
  nothing: "Done",
  cannot: "Done",
} as const;

export function stateWords({ state, action }: SubmittedBranch): StateWords {
  switch (state) {
    case "waiting":
      return { sign: "queued", tone: "idle", text: "Waiting" };
    case "working":
      return { sign: "running", tone: "run", text: "Working…" };
    case "pushed":
      return { sign: "running", tone: "run", text: action === "push" ? "Pushed" : "Pushed, PR next" };
    case "done":
      return { sign: "ok", tone: "ok", text: doneWords[action] };
    case "failed":
      return { sign: "failing", tone: "bad", text: "Failed" };
    case "skipped":
      return { sign: "never", tone: "idle", text: action === "nothing" ? "Nothing to do" : "Left out" };
  }
}

/** How far a submission is, or how it ended. */
export function progressWords({ state, outcome, branches }: Submission): string {
  const taken = branches.filter((branch) => branch.state !== "skipped");
  const done = taken.filter((branch) => branch.state === "done").length;
  const failed = taken.filter((branch) => branch.state === "failed").length;
  if (state === "queued") return "Waiting for its turn in this repository…";
  if (state === "running") return `${done} of ${count(taken.length, "branch", "branches")} done…`;
  switch (outcome) {
    case "submitted":
      return `${count(done, "branch", "branches")} submitted`;
    case "failed":
      return "Nothing was changed on the remote";
    case "interrupted":
      return `Interrupted: ${done} of ${count(taken.length, "branch", "branches")} submitted`;
    default:
      return `${done} of ${count(taken.length, "branch", "branches")} submitted, ${failed} failed`;
  }
}

/** What its configuration asks for beside, where it will be asked for. */
export function wishWords({ branches, reviewers, labels }: SubmitPlan): string[] {
  const isNew = branches.some(({ action }) => action === "create");
  const asksForReviews = isNew || branches.some(({ changes }) => changes.includes("ready"));
  return [
    ...(isNew && labels.length > 0 ? [`Labels: ${labels.join(", ")}`] : []),
    ...(asksForReviews && reviewers.length > 0 ? [`Reviewers: ${reviewers.join(", ")}`] : []),
  ];
}
