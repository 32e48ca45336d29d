import { createHash } from "node:crypto";
import type { SubmitPlan } from "../contract/submit.ts";
import { STACKIT_METADATA } from "../stacks/ref-reading.ts";
import type { SubmittedState } from "./plan-branches.ts";
import type { Member } from "./stack-members.ts";

/**
 * Follows from what the plan was made of, and from nothing that is another each time, such as the ids of restacked commits: these carry
 * the time at which they were made.
 */
export function planId(
  members: readonly Member[],
  states: readonly SubmittedState[],
  remoteRefs: ReadonlyMap<string, string>,
  branches: SubmitPlan["branches"],
): string {
  const parts = members.map(({ name, tip, parent, layer }, index) => {
    const { pr, remoteTip } = states[index] ?? {};
    const { action, push, reason } = branches[index] ?? {};
    return [
      [name, tip, parent, layer && [layer.base, layer.onto]],
      [remoteTip ?? "", remoteRefs.get(STACKIT_METADATA + name) ?? ""],
      pr && [pr.number, pr.state, pr.base, pr.headOid],
      [action, push, reason?.code],
    ];
  });
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 32);
}
