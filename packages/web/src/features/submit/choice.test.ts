import { expect, test } from "vitest";
import { plan, planned, pull, settled } from "../../testing/made-up-submit.ts";
import { chosenBranches, inclusions, isEdited, requestOf, toggled, untitled, untouched } from "./choice.ts";

const line = plan([
  planned("api", "main"),
  planned("view", "api"),
  planned("ui", "view"),
  planned("docs", "ui"),
]);
const names = (branches: readonly { name: string }[]) => branches.map(({ name }) => name);

test("what is left out takes with it what needs it, and says why", () => {
  const choice = toggled(line, untouched, "view", false);
  expect(names(chosenBranches(line, choice))).toEqual(["api"]);
  expect([...inclusions(line, choice)]).toEqual([
    ["api", { kind: "in" }],
    ["view", { kind: "out" }],
    ["ui", { kind: "without", below: "view" }],
    ["docs", { kind: "without", below: "view" }],
  ]);
});

test("what is taken in again brings what it needs, and what waited for it", () => {
  const without = toggled(line, toggled(line, untouched, "api", false), "ui", false);
  expect(names(chosenBranches(line, toggled(line, without, "view", true)))).toEqual(["api", "view"]);
  const again = toggled(line, without, "ui", true);
  expect(names(chosenBranches(line, again))).toEqual(["api", "view", "ui", "docs"]);
});

test("a branch needs nothing of one that the forge has as it is", () => {
  const told = planned("view", "api", { action: "update", push: false, changes: ["stack"], pr: pull(7) });
  const upper = plan([settled("api", "main", 6), told, planned("ui", "view")]);
  expect(inclusions(upper, untouched).get("api")).toEqual({ kind: "idle" });
  expect(names(chosenBranches(upper, toggled(upper, untouched, "view", false)))).toEqual(["ui"]);
});

test("siblings do not need each other", () => {
  const fork = plan([planned("api", "main"), planned("ui", "api"), planned("docs", "api")]);
  expect(names(chosenBranches(fork, toggled(fork, untouched, "ui", false)))).toEqual(["api", "docs"]);
});

test("only what is created gets the words of the person, and what is only spaces is no title", () => {
  const mixed = plan([planned("api", "main", { action: "push", pr: pull(6) }), planned("ui", "api")]);
  const choice = { ...untouched, titles: new Map([["ui", " A new face "]]), drafts: new Map([["ui", true]]) };
  expect(requestOf(mixed, choice, mixed.branches)).toEqual({
    plan: "plan-1",
    branches: [{ name: "api" }, { name: "ui", title: "A new face", draft: true }],
  });
  expect(requestOf(mixed, { ...choice, ready: true }, [])).toMatchObject({ ready: true });
  expect(untitled(mixed, choice)).toBeUndefined();
  expect(untitled(mixed, { ...untouched, titles: new Map([["ui", "  "]]) })).toBe("ui");
});

test("what was put back is not edited any more", () => {
  expect(isEdited(line, untouched)).toBe(false);
  expect(isEdited(line, toggled(line, untouched, "view", false))).toBe(true);
  expect(isEdited(line, toggled(line, toggled(line, untouched, "view", false), "view", true))).toBe(false);
  expect(isEdited(line, { ...untouched, titles: new Map([["ui", "Other"]]) })).toBe(true);
  expect(isEdited(line, { ...untouched, titles: new Map([["ui", "Build ui"]]) })).toBe(false);
});
