import type { PlannedBranch, SubmitPlan, SubmitRequest } from "stackit/contract/submit";

/** What somebody made of a plan. It outlives the plan: a fresh one is shown with the same choices and words. */
export interface Choice {
  /** Branches that were left out by hand. */
  readonly out: ReadonlySet<string>;
  readonly titles: ReadonlyMap<string, string>;
  readonly drafts: ReadonlyMap<string, boolean>;
  /** Whether drafts that are there are said to be ready for review. */
  readonly ready: boolean;
}

export const untouched: Choice = { out: new Set(), titles: new Map(), drafts: new Map(), ready: false };

/** `without`: it needs a branch that is left out. `idle`: there is nothing to choose. */
export type Inclusion = { kind: "in" | "out" | "idle" } | { kind: "without"; below: string };

/** Whether there is something to do for a branch, and it can be done. */
export function canBeChosen({ action }: PlannedBranch): boolean {
  return action !== "nothing" && action !== "cannot";
}

/** By name. A branch is submitted when neither it nor anything that it needs was left out. */
export function inclusions({ branches }: SubmitPlan, { out }: Choice): Map<string, Inclusion> {
  const found = new Map<string, Inclusion>();
  const planned = byName(branches);
  for (const branch of branches) found.set(branch.name, inclusionOf(branch));
  return found;

  function inclusionOf(branch: PlannedBranch): Inclusion {
    if (!canBeChosen(branch)) return { kind: "idle" };
    if (out.has(branch.name)) return { kind: "out" };
    const needed = neededBy(branch, planned);
    const below = needed && found.get(needed.name);
    if (!needed || !below || below.kind === "in") return { kind: "in" };
    return { kind: "without", below: below.kind === "without" ? below.below : needed.name };
  }
}

/** Leaves a branch out, or takes it in again with everything that it needs. */
export function toggled({ branches }: SubmitPlan, choice: Choice, name: string, isIn: boolean): Choice {
  const out = new Set(choice.out);
  if (!isIn) return { ...choice, out: out.add(name) };
  const planned = byName(branches);
  for (let at = planned.get(name); at; at = neededBy(at, planned)) out.delete(at.name);
  return { ...choice, out };
}

/** The branch right below that has to go along: a pull request needs its base on the remote, as it will be. */
function neededBy(
  { base }: PlannedBranch,
  planned: ReadonlyMap<string, PlannedBranch>,
): PlannedBranch | undefined {
  const below = planned.get(base);
  const isThere = below && !below.push && below.pr !== undefined;
  return below && !isThere && canBeChosen(below) ? below : undefined;
}

export function chosenBranches(plan: SubmitPlan, choice: Choice): PlannedBranch[] {
  const included = inclusions(plan, choice);
  return plan.branches.filter(({ name }) => included.get(name)?.kind === "in");
}

export function titleOf(branch: PlannedBranch, { titles }: Choice): string {
  return (branch.action === "create" ? titles.get(branch.name) : undefined) ?? branch.title;
}

export function draftOf(branch: PlannedBranch, { drafts }: Choice): boolean {
  return (branch.action === "create" ? drafts.get(branch.name) : undefined) ?? branch.draft;
}

/** Whether a pull request that is there is a draft, or would cease to be one. */
export function hasDrafts({ branches }: SubmitPlan): boolean {
  return branches.some(({ pr, draft, changes }) => pr && (draft || changes.includes("ready")));
}

/** Whether closing would lose something that somebody did. */
export function isEdited(plan: SubmitPlan, choice: Choice): boolean {
  return plan.branches.some(
    (branch) =>
      choice.out.has(branch.name) ||
      titleOf(branch, choice) !== branch.title ||
      draftOf(branch, choice) !== branch.draft,
  );
}

/** The first branch whose pull request would be without a title. */
export function untitled(plan: SubmitPlan, choice: Choice): string | undefined {
  return chosenBranches(plan, choice).find((branch) => titleOf(branch, choice).trim() === "")?.name;
}

export function requestOf(
  plan: SubmitPlan,
  choice: Choice,
  branches: readonly PlannedBranch[],
): SubmitRequest {
  return {
    plan: plan.id,
    ...(choice.ready && { ready: true }),
    branches: branches.map((branch) => ({
      name: branch.name,
      ...(branch.action === "create" && {
        title: titleOf(branch, choice).trim(),
        draft: draftOf(branch, choice),
      }),
    })),
  };
}

function byName(branches: readonly PlannedBranch[]): Map<string, PlannedBranch> {
  return new Map(branches.map((branch) => [branch.name, branch]));
}
