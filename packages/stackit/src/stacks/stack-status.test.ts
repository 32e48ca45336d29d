import { expect, test } from "vitest";
import { type StackMember, stackStatus } from "./stack-status.ts";

const READY = { isDraft: false, mergeable: "mergeable", checks: "passing" } as const;

function member(given: Partial<StackMember> = {}): StackMember {
  return {
    isLanded: false,
    isLocked: false,
    isMoved: false,
    hasPullRequest: true,
    isUncertain: false,
    ...given,
  };
}

const withForge = (forge: Partial<NonNullable<StackMember["forge"]>>) =>
  stackStatus([member({ forge: READY }), member({ forge: { ...READY, ...forge } })]);

test("without a forge, locks, moved parents and recorded pull requests decide, in this order, and none is ready", () => {
  expect(stackStatus([member(), member()])).toBe("pending");
  expect(stackStatus([member(), member({ hasPullRequest: false })])).toBe("incomplete");
  expect(stackStatus([member({ isMoved: true }), member({ hasPullRequest: false })])).toBe("pending");
  expect(stackStatus([member({ isMoved: true }), member({ isLocked: true })])).toBe("blocked");
});

test("checks, reviews and conflicts decide where the forge tells of them", () => {
  expect(withForge({})).toBe("shippable");
  for (const checks of ["none", "skipped", "passing"] as const)
    expect(withForge({ checks })).toBe("shippable");
  for (const checks of ["pending", "unknown"] as const) expect(withForge({ checks })).toBe("pending");
  expect(withForge({ checks: "failing" })).toBe("blocked");
  expect(withForge({ reviewDecision: "REVIEW_REQUIRED" })).toBe("pending");
  expect(withForge({ reviewDecision: "CHANGES_REQUESTED" })).toBe("blocked");
  for (const reviewDecision of ["APPROVED", "A_NEW_WORD"])
    expect(withForge({ reviewDecision })).toBe("shippable");
  expect(withForge({ mergeable: "conflicting" })).toBe("blocked");
  expect(withForge({ mergeable: "unknown" })).toBe("shippable");
  expect(withForge({ isDraft: true, checks: "pending" })).toBe("incomplete");
});

test("one branch of which nobody has seen checks, or whose record cannot be read, keeps a stack from being ready", () => {
  const ready = member({ forge: READY });
  expect(stackStatus([ready, member()])).toBe("pending");
  expect(stackStatus([ready, member({ forge: READY, isUncertain: true })])).toBe("pending");
});

test("what has landed asks for nothing", () => {
  const landed = member({ isLanded: true, isLocked: true, hasPullRequest: false });
  expect(stackStatus([landed, member({ forge: READY })])).toBe("shippable");
  expect(stackStatus([landed])).toBe("shippable");
});
