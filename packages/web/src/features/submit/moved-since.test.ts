import { expect, test } from "vitest";
import { branch, stack, view } from "../../testing/made-up.ts";
import { plan, planned, pull } from "../../testing/made-up-submit.ts";
import { changedSince, hasMovedSince } from "./moved-since.ts";

const made = plan([planned("api", "main"), planned("ui", "api")], { generation: 4 });
const api = branch("api");
const ui = branch("ui", { parent: "api" });
const later = (...branches: Parameters<typeof stack>[1]) => view([stack("api", branches)], { generation: 5 });

test("a plan stands while its stack is as it was, whatever else is new", () => {
  expect(hasMovedSince(made, later(api, ui))).toBe(false);
  const landed = branch("old", { restack: { state: "merged", reason: "It is in the trunk." } });
  expect(hasMovedSince(made, later(landed, api, ui))).toBe(false);
});

test.each([
  ["a branch was pushed", later(api, { ...ui, revision: "b".repeat(40) })],
  ["a branch is new", later(api, ui, branch("docs", { parent: "ui" }))],
  ["a branch is gone", later(api)],
  ["the trunk went on below it", later({ ...api, needsRestack: true }, ui)],
  ["the stack is gone", view([], { generation: 5 })],
])("a plan is old when %s", (_what, now) => {
  expect(hasMovedSince(made, now)).toBe(true);
});

test("what the page has not seen yet makes no plan old", () => {
  expect(hasMovedSince(made, { ...later(api), generation: 4 })).toBe(false);
});

test("a fresh plan is compared with the one before", () => {
  const fresh = plan([
    planned("api", "main"),
    planned("ui", "api", { action: "push", pr: pull(3) }),
    planned("docs", "ui"),
  ]);
  expect([...changedSince(made, fresh)]).toEqual(["ui", "docs"]);
});
