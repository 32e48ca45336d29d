import { expect, test } from "vitest";
import type { PlannedBranch, Submission, SubmitPlan } from "../contract/submit.ts";
import { endLine, outcomeLine, planLines } from "./submit-lines.ts";

const plain = (_style: unknown, text: string): string => text;

const branch = (name: string, base: string, given: Partial<PlannedBranch> = {}): PlannedBranch => ({
  name,
  base,
  action: "create",
  revision: "a".repeat(40),
  restack: false,
  push: true,
  changes: [],
  title: `Build ${name}`,
  body: "",
  draft: false,
  ...given,
});
const pr = { number: 12, url: "https://github.example/acme/web/pull/12" };
const plan = (...branches: PlannedBranch[]): SubmitPlan => ({
  id: "p",
  repoId: "shop",
  rootBranch: "api",
  title: "Checkout",
  generation: 1,
  branches,
  pushes: 0,
  creates: 0,
  updates: 0,
  reviewers: [],
  labels: [],
  as: { kind: "person", name: "mira" },
});

test("a plan is a table from the bottom to the top, with what stands in the way and what to do", () => {
  const reason = {
    code: "conflict",
    detail: "It would conflict with view.",
    files: ["src/a.ts"],
    command: "git rebase --onto view abc docs",
  } as const;
  const lines = planLines(
    plan(
      branch("api", "main", { action: "update", pr, changes: ["head"] }),
      branch("view", "api", { restack: true, draft: true }),
      branch("docs", "view", {
        action: "cannot",
        push: false,
        reason: { ...reason, files: [...reason.files] },
      }),
    ),
    plain,
  );
  expect(`\n${lines.join("\n")}`).toBe(`
shop: Checkout, as mira
update  api   into main  #12    Build api
create  view  into api   draft  Build view  restacked first
cannot  docs  into view         Build docs
        It would conflict with view. (conflict)
          src/a.ts
        → git rebase --onto view abc docs
2 pushes, 1 new pull request, 1 updated`);
});

test("a plan of nothing says whether all is there, or nothing can be done", () => {
  const nothing = branch("api", "main", { action: "nothing", push: false, pr });
  expect(planLines(plan(nothing), plain).at(-1)).toBe("Nothing to do: the remote has all of it.");
  const barred = branch("api", "main", { action: "cannot", push: false });
  expect(planLines(plan(barred), plain).at(-1)).toBe("Nothing of this can be submitted.");
});

test("what a title holds does not reach the terminal as an order to it", () => {
  const odd = planLines(plan(branch("api", "main", { title: "\x1b]0;mine\x07" })), plain).join("\n");
  expect(odd).toContain("\uFFFD]0;mine\uFFFD");
});

test("a branch tells where its pull request is, or why there is none", () => {
  const done = { name: "api", action: "create", state: "done", pr } as const;
  expect(outcomeLine(done, plain)).toBe(`created  api  ${pr.url}`);
  const error = { code: "submit/pull-request-refused", title: "GitHub refused it", detail: "No commits." };
  expect(outcomeLine({ name: "ui", action: "create", state: "failed", error }, plain)).toBe(
    "failed   ui  GitHub refused it: No commits.",
  );
});

test("the end counts what was taken", () => {
  const states = (...all: Submission["branches"][number]["state"][]): Submission["branches"] =>
    all.map((state, index) => ({ name: `b${index}`, action: "create", state }));
  const over: Submission = {
    id: "01S",
    repoId: "shop",
    rootBranch: "api",
    planId: "p",
    requestedAt: "2026-01-05T09:00:00.000Z",
    state: "finished",
    outcome: "submitted",
    branches: states("done", "skipped"),
  };
  expect(endLine(over)).toBe("1 branch submitted.");
  expect(endLine({ ...over, outcome: "partial", branches: states("done", "failed", "skipped") })).toBe(
    "1 of 2 branches submitted.",
  );
  expect(endLine({ ...over, outcome: "failed" })).toBe("Nothing was changed on the remote.");
  expect(endLine({ ...over, outcome: "interrupted", branches: states("done", "waiting") })).toBe(
    "1 of 2 branches submitted, then the server ended.",
  );
});
