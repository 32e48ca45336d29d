import { expect, test } from "vitest";
import { plan, planned, pull, settled, submission } from "../../testing/made-up-submit.ts";
import { repetition, together } from "./repetition.ts";
import { submitRows } from "./submit-rows.ts";

const names = (rows: readonly { name: string }[] | undefined) => rows?.map(({ name }) => name);

test("rows go from the root up, and a fork comes back to its parent", () => {
  const fork = plan([
    planned("api", "main"),
    planned("ui", "api"),
    planned("docs", "api"),
    planned("faq", "docs"),
  ]);
  const rows = submitRows(fork, undefined);
  expect(names(rows)).toEqual(["api", "docs", "faq", "ui"]);
  expect(rows.map(({ rail }) => rail.column)).toEqual([0, 1, 1, 0]);
  expect(rows[0]?.rail.joins.map(({ column }) => column)).toEqual([1]);
});

test("a submission without its plan is shown all the same, in one line", () => {
  const rows = submitRows(undefined, submission({ api: "done", ui: "working" }));
  expect(rows.map(({ name, tone }) => `${name} ${tone}`)).toEqual(["api ready", "ui running"]);
  expect(rows.map(({ rail }) => rail.column)).toEqual([0, 0]);
});

test("what failed is done again, and nothing else", () => {
  const over = submission(
    { api: "done", ui: "failed", docs: "failed" },
    { state: "finished", outcome: "partial" },
  );
  const told = planned("api", "main", { action: "update", push: false, changes: ["stack"], pr: pull(1) });
  const fresh = plan([told, planned("ui", "api"), planned("docs", "ui"), planned("faq", "docs")]);
  expect(names(repetition(fresh, over))).toEqual(["ui", "docs"]);
  expect(names(repetition(plan([settled("api", "main", 1), planned("ui", "api")]), over))).toEqual(["ui"]);
});

test("a person looks again where what failed cannot be done now, or needs more than was asked for", () => {
  const over = submission({ api: "done", ui: "failed" }, { state: "finished", outcome: "partial" });
  const barred = planned("ui", "api", { action: "cannot", push: false });
  expect(repetition(plan([settled("api", "main", 1), barred]), over)).toBeUndefined();
  const two = {
    ...over,
    branches: [...over.branches, { name: "docs", action: "create", state: "failed" } as const],
  };
  expect(repetition(plan([settled("api", "main", 1), barred, planned("docs", "api")]), two)).toBeUndefined();
  const goneOn = planned("api", "main", { action: "push", pr: pull(1) });
  expect(repetition(plan([goneOn, planned("ui", "api")]), over)).toBeUndefined();
  expect(repetition(plan([settled("api", "main", 1), settled("ui", "api", 2)]), over)).toBeUndefined();
});

test("what was done before stays done while the rest is done once more", () => {
  const before = submission(
    { api: "done", ui: "failed", docs: "skipped" },
    { state: "finished", outcome: "partial" },
  );
  const again = submission({ api: "skipped", ui: "working", docs: "skipped" }, { id: "01T" });
  expect(together(before, again).branches.map(({ state }) => state)).toEqual(["done", "working", "skipped"]);
  expect(together(before, again).id).toBe("01T");
});
