import type { ChecksState, PullRequest } from "./pull-request.ts";

/** What decides about one branch of a stack. */
export interface StackMember {
  readonly isLanded: boolean;
  readonly isLocked: boolean;
  /** Whether it must be put on its parent again. */
  readonly isMoved: boolean;
  /** Whether there is one that can be merged, as far as anybody says so. */
  readonly hasPullRequest: boolean;
  /** Whether what a tool recorded of it cannot be read now. */
  readonly isUncertain: boolean;
  /** What the forge says of it; absent where no forge told of one that is open. */
  readonly forge?: Pick<PullRequest, "isDraft" | "mergeable" | "reviewDecision"> & {
    /** `unknown`: nobody has seen them for the commit that the branch has now, or not lately. */
    readonly checks: ChecksState | "unknown";
  };
}

export type StackStatus = "shippable" | "pending" | "blocked" | "incomplete";

/**
 * Whether a stack can be merged. `blocked`: somebody must do something first. `pending`: something must happen first.
 * `incomplete`: not all of it is up for review. What has landed asks for nothing.
 */
export function stackStatus(members: Iterable<StackMember>): StackStatus {
  const left = [...members].filter(({ isLanded }) => !isLanded);
  if (left.some(isBlocked)) return "blocked";
  if (left.some(isPending)) return "pending";
  if (!left.every(({ hasPullRequest, forge }) => hasPullRequest && !forge?.isDraft)) return "incomplete";
  // Of what only a tool recorded, nobody has seen checks or reviews: not known is not passing.
  return left.every(({ isUncertain, forge }) => !isUncertain && forge) ? "shippable" : "pending";
}

function isBlocked({ isLocked, forge }: StackMember): boolean {
  return (
    isLocked ||
    forge?.checks === "failing" ||
    forge?.mergeable === "conflicting" ||
    forge?.reviewDecision === "CHANGES_REQUESTED"
  );
}

function isPending({ isMoved, forge }: StackMember): boolean {
  if (isMoved) return true;
  if (!forge || forge.isDraft) return false;
  return (
    forge.checks === "pending" || forge.checks === "unknown" || forge.reviewDecision === "REVIEW_REQUIRED"
  );
}
