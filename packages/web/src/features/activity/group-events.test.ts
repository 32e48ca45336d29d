import type { ActivityEvent } from "stackit/contract/activity";
import { expect, test } from "vitest";
import { describeEvent } from "./activity-words.ts";
import { groupEvents, stackOf } from "./group-events.ts";

let number = 0;
const event = (given: Partial<ActivityEvent>): ActivityEvent => ({
  id: `e${++number}`,
  at: "2026-01-05T10:00:00.000Z",
  repoId: "web",
  kind: "pushed",
  actor: "theo",
  branch: `b${number}`,
  ...given,
});
const sizes = (events: ActivityEvent[]) => groupEvents(events).map((group) => group.events.length);
const stack = { id: "s", title: "Tokens" };

test("what somebody does to one stack within ten minutes is one line, and so is what one sync found", () => {
  const late = "2026-01-05T10:09:00.000Z";
  const [group] = groupEvents([event({ stack, at: late }), event({ stack }), event({ stack })]);
  expect(group?.events).toHaveLength(3);
  expect(group && stackOf(group)).toEqual(stack);
  expect(sizes([event({ runId: "r" }), event({ runId: "r", stack })])).toEqual([2]);
  expect(sizes([event({ stack, at: "2026-01-05T10:11:00.000Z" }), event({ stack })])).toEqual([1, 1]);
});

test("other people, kinds, stacks and repositories are other lines", () => {
  const others = [
    { actor: "mira" },
    { kind: "branch-deleted" },
    { stack: { ...stack, id: "t" } },
    { repoId: "api" },
  ];
  for (const other of others) {
    expect(sizes([event({ stack }), event({ stack, ...(other as Partial<ActivityEvent>) })])).toEqual([1, 1]);
  }
  expect(sizes([event({ kind: "review", stack }), event({ kind: "review", stack })])).toEqual([1, 1]);
  expect(sizes([event({}), event({})])).toEqual([1, 1]);
});

test("a kind that is not known here is said in general words", () => {
  const unknown = { ...event({}), kind: "tag-signed" } as unknown as ActivityEvent;
  expect(describeEvent(unknown)).toMatchObject({ active: "changed", object: "branch", tail: "tag signed" });
  expect(groupEvents([unknown])).toHaveLength(1);
  expect(describeEvent({ ...unknown, kind: "toString" } as unknown as ActivityEvent).tail).toBe("toString");
});
