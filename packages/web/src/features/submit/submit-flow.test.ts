import { expect, test } from "vitest";
import { plan, planned, settled, submission } from "../../testing/made-up-submit.ts";
import { advanceSubmit, firstFlow, planOf, type SubmitEvent } from "./submit-flow.ts";

const first = plan([planned("api", "main")]);
const fresh = plan([planned("api", "main", { revision: "b".repeat(40) })], { id: "plan-2" });
const after = (...events: SubmitEvent[]) => events.reduce(advanceSubmit, firstFlow(undefined));
const reviewed = [
  { type: "planned", plan: first },
  { type: "sent", plan: first },
] as const;

test("a plan that was asked for otherwise has no changes, though it differs", () => {
  const ready = planned("api", "main", { action: "update", changes: ["ready"] });
  const first = advanceSubmit(firstFlow(undefined), {
    type: "planned",
    plan: plan([settled("api", "main", 1)]),
  });
  const again = advanceSubmit(first, { type: "asked" });
  const other = { type: "planned", plan: plan([ready]) } as const;
  expect(advanceSubmit(again, other)).toMatchObject({ changed: new Set(["api"]) });
  expect(advanceSubmit(again, { ...other, isOther: true })).toMatchObject({ changed: new Set() });
});

test("a plan is looked at, sent, and followed with what it said", () => {
  expect(after(reviewed[0])).toMatchObject({ step: "review", changed: new Set(), note: undefined });
  const flow = after(...reviewed, { type: "accepted", id: "01S" });
  expect(flow).toEqual({ step: "following", plan: first, before: undefined, id: "01S", isOthers: false });
});

test("a plan that no longer holds is looked at again, and the fresh one says what is new in it", () => {
  const refused = after(...reviewed, { type: "plan-changed" });
  expect(refused).toMatchObject({ step: "review", plan: first, note: "changed" });
  const again = [{ type: "asked" }, { type: "planned", plan: fresh }] as const;
  expect(again.reduce(advanceSubmit, refused)).toMatchObject({
    step: "review",
    plan: fresh,
    changed: new Set(["api"]),
    note: undefined,
  });
});

test("what is asked for anew keeps the plan before it in sight", () => {
  expect(planOf(after(reviewed[0], { type: "asked" }))).toBe(first);
});

test("a refusal keeps the plan, so that nothing that was worded is lost", () => {
  const problem = new Error("no answer");
  expect(after(...reviewed, { type: "not-sent", problem })).toMatchObject({
    step: "review",
    plan: first,
    problem,
  });
});

test("who comes second, or comes back, follows what goes on", () => {
  expect(after(...reviewed, { type: "overtaken", id: "01X" })).toMatchObject({ id: "01X", isOthers: true });
  const underWay = submission({ api: "working" });
  expect(firstFlow(underWay)).toMatchObject({ step: "following", id: underWay.id, plan: undefined });
});
