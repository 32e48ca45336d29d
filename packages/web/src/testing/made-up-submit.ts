import type { PlannedBranch, Submission, SubmitPlan, SubmittedBranch } from "stackit/contract/submit";

/** A branch whose pull request would be created, with what a test does not care about filled in. */
export function planned(name: string, base: string, given: Partial<PlannedBranch> = {}): PlannedBranch {
  return {
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
  };
}

/** What the forge has all of. */
export function settled(name: string, base: string, number: number): PlannedBranch {
  return planned(name, base, { action: "nothing", push: false, pr: pull(number) });
}

export function pull(number: number): { number: number; url: string } {
  return { number, url: `https://github.example/acme/web/pull/${number}` };
}

export function plan(branches: PlannedBranch[], given: Partial<SubmitPlan> = {}): SubmitPlan {
  return {
    id: "plan-1",
    repoId: "web",
    rootBranch: branches[0]?.name ?? "api",
    title: "Checkout",
    generation: 1,
    branches,
    pushes: branches.filter(({ push }) => push).length,
    creates: branches.filter(({ action }) => action === "create").length,
    updates: branches.filter(({ action }) => action === "update").length,
    reviewers: [],
    labels: [],
    as: { kind: "person", name: "mira" },
    ...given,
  };
}

export function submission(
  states: Record<string, SubmittedBranch["state"]>,
  given: Partial<Submission> = {},
): Submission {
  return {
    id: "01S",
    repoId: "web",
    rootBranch: "api",
    planId: "plan-1",
    requestedAt: "2026-01-05T10:00:00.000Z",
    state: "running",
    branches: Object.entries(states).map(([name, state]) => ({ name, action: "create", state })),
    ...given,
  };
}
