import type { PullRequest } from "../../src/stacks/pull-request.ts";

/** An open one of that branch, for the trunk. */
export function pullRequest(head: string, given: Partial<PullRequest> = {}): PullRequest {
  return {
    number: 1,
    title: "Add it",
    body: "",
    url: "https://github.com/octo/widget/pull/1",
    state: "open",
    isDraft: false,
    base: "main",
    head,
    headOid: "a".repeat(40),
    labels: [],
    createdAtMs: 0,
    updatedAtMs: 0,
    mergeable: "mergeable",
    reviews: [],
    observedAtMs: 0,
    ...given,
  };
}
