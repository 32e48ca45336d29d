import { Problem } from "../contract/problem-error.ts";
import type { PlannedBranch, SubmittedBranch } from "../contract/submit.ts";
import type { ForgePullRequest } from "../forge/pull-requests-of-heads.ts";
import { pushRefs, type RefPush, type RefPushed } from "../git/push.ts";
import type { Spawner } from "../git/spawner.ts";
import { HEADS, STACKIT_METADATA } from "../stacks/ref-reading.ts";
import type { OwnRefs } from "./own-refs.ts";
import type { StackReading } from "./read-stack.ts";
import { askForReview, keepNativeStack } from "./review-wishes.ts";
import { bodyWithStack } from "./stack-note.ts";
import type { SubmissionRecord } from "./submission-record.ts";
import { failureOf, interruption, isForAll } from "./submit-failure.ts";
import { metadataPushes } from "./submitted-metadata.ts";

const PUSH_TIMEOUT_MS = 120_000;

export interface CarryOutWork {
  readonly reading: StackReading;
  /** Of the plan, a parent before its children; none that cannot be submitted. */
  readonly branches: readonly PlannedBranch[];
  /** Whose pull requests are there, and lack labels and reviewers. */
  readonly owed: ReadonlySet<string>;
  readonly record: SubmissionRecord;
  readonly spawner: Spawner;
  /** Moves the branches of a clone that somebody works in. */
  readonly ownRefs: OwnRefs | undefined;
  readonly wallNow: () => number;
  /** Hears what was not worth stopping for. */
  readonly onIgnored: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/**
 * Does what the plan says, step by step, each of which leaves a state that a further submit goes on from: the branches of the clone, one push
 * of all, then pull requests from below, and at last what each says of the stack. Never rejects: the record tells how it ended.
 * Resolves to the refs that the remote has now.
 */
export async function carryOut(work: CarryOutWork): Promise<ReadonlyMap<string, string>> {
  const { record, wallNow } = work;
  const pushed = new Map<string, string>();
  try {
    await record.begin();
    await movedAndPushed(work, pushed);
    await openPullRequests(work, pushed);
    record.end({ hasChanged: pushed.size > 0 });
  } catch (error) {
    const cause = interruption(work.signal, error) ?? error;
    record.end({ hasChanged: pushed.size > 0, error: failureOf(cause, wallNow()) });
  }
  return pushed;
}

async function movedAndPushed(work: CarryOutWork, pushed: Map<string, string>): Promise<void> {
  const { reading, branches, record, ownRefs, signal } = work;
  const heads = branches
    .filter(({ push }) => push)
    .map(
      ({ name }): RefPush => ({
        ref: HEADS + name,
        old: reading.remoteRefs.get(HEADS + name),
        new: tipOf(reading, name),
      }),
    );
  const metadata = await metadataPushes(reading, reading.remoteRefs, branches, new Map(), signal);
  if (heads.length === 0 && metadata.length === 0) return;
  await record.note(
    branches.filter(({ push }) => push).map(({ name }) => name),
    { state: "working" },
  );
  const moved = await ownRefs?.move(reading, branches, signal);
  try {
    await pushAll(work, heads, metadata, pushed);
  } catch (error) {
    // What was put together here and nobody has seen is taken back, as long as it is as it was left.
    if (pushed.size === 0) await moved?.takeBack();
    throw error;
  }
  await ownRefs?.notePushed(reading, pushed, signal);
}

/** @throws {Problem} when nothing, or not all, was taken. */
async function pushAll(
  work: CarryOutWork,
  heads: readonly RefPush[],
  metadata: readonly RefPush[],
  pushed: Map<string, string>,
): Promise<void> {
  const { record } = work;
  let answers = await pushSome(work, [...heads, ...metadata], pushed);
  const refused = answers.filter(({ kind }) => kind === "moved" || kind === "refused");
  // What tools note is worth less than the work itself, and somebody else may just have noted something.
  const isAboutNotes = refused.length > 0 && refused.every(({ ref }) => ref.startsWith(STACKIT_METADATA));
  if (isAboutNotes && pushed.size === 0) answers = await pushSome(work, heads, pushed);
  const done = answers.flatMap(({ ref, kind }) => (kind === "done" ? branchOf(ref) : []));
  await record.note(done, { state: "pushed" });
  const failed = answers.filter(({ ref, kind }) => kind !== "done" && ref.startsWith(HEADS));
  if (failed.length === 0) return;
  for (const answer of failed) await record.fail(branchOf(answer.ref), pushProblem(answer));
  throw pushProblem(failed.find(({ kind }) => kind !== "not-tried") ?? failed[0]);
}

async function pushSome(
  { reading, spawner, signal }: CarryOutWork,
  pushes: readonly RefPush[],
  pushed: Map<string, string>,
): Promise<RefPushed[]> {
  const answers = await pushRefs(spawner, reading.workshop.gitDir, reading.remote, pushes, {
    signal,
    timeoutMs: PUSH_TIMEOUT_MS,
  });
  for (const { ref, kind } of answers) {
    const now = pushes.find((one) => one.ref === ref)?.new;
    if (kind === "done" && now !== undefined) pushed.set(ref, now);
  }
  return answers;
}

function branchOf(ref: string): string[] {
  return ref.startsWith(HEADS) ? [ref.slice(HEADS.length)] : [];
}

function pushProblem(answer: RefPushed | undefined): Problem {
  switch (answer?.kind) {
    case "refused":
      return new Problem(
        "submit/push-refused",
        `The remote refused ${nameIn(answer.ref)}: ${answer.reason}.`,
      );
    case "moved":
      return new Problem(
        "submit/plan-changed",
        `Somebody pushed to ${nameIn(answer.ref)} meanwhile, and nothing of that was overwritten.`,
      );
    default:
      return new Problem("submit/push-refused", "It was not pushed, since another branch was refused.");
  }
}

function nameIn(ref: string): string {
  return branchOf(ref)[0] ?? ref;
}

export function tipOf({ states }: Pick<StackReading, "states">, name: string): string {
  return states.find((state) => state.name === name)?.becomes ?? "";
}

async function openPullRequests(work: CarryOutWork, pushed: ReadonlyMap<string, string>): Promise<void> {
  const { reading, branches, record, signal } = work;
  const pullRequests = new Map(reading.pullRequests);
  for (const branch of branches) {
    signal.throwIfAborted();
    await record.note([branch.name], { state: "working", revision: tipOf(reading, branch.name) });
    try {
      const pr = await openPullRequest(work, branch);
      if (!pr) continue;
      pullRequests.set(branch.name, pr);
      await record.note([branch.name], { pr: { number: pr.number, url: pr.url } });
      const warnings = await askForReview(work, branch, pr);
      if (warnings.length > 0) await record.note([branch.name], { warnings });
    } catch (error) {
      signal.throwIfAborted();
      await record.fail([branch.name], error);
      // Whoever was told to wait, or may not do this, is told the same of the next one.
      if (isForAll(error)) throw error;
    }
  }
  await noteDown(work, pushed, pullRequests);
  await tellOfStack(work, pullRequests);
  await keepNativeStack(work, pullRequests);
}

/** In the records that a team's tools keep. What fails here is noted by the next submit: the pull requests are there. */
async function noteDown(
  work: CarryOutWork,
  pushed: ReadonlyMap<string, string>,
  pullRequests: ReadonlyMap<string, ForgePullRequest>,
): Promise<void> {
  const { reading, branches, ownRefs, signal } = work;
  const refs = new Map([...reading.remoteRefs, ...pushed]);
  try {
    await pushSome(work, await metadataPushes(reading, refs, branches, pullRequests, signal), new Map());
    await ownRefs?.noteMetadata(reading, branches, pullRequests, signal);
  } catch (error) {
    signal.throwIfAborted();
    work.onIgnored(error);
  }
}

/** Undefined where it has none, and gets none. */
async function openPullRequest(
  { reading, signal }: CarryOutWork,
  branch: PlannedBranch,
): Promise<ForgePullRequest | undefined> {
  const { forge, pullRequests } = reading;
  const there = pullRequests.get(branch.name);
  if (branch.action === "create") {
    const { name: head, base, title, body, draft } = branch;
    return forge.create({ head, base, title, body, draft }, signal);
  }
  let now = there;
  if (now && branch.changes.includes("base")) now = await forge.update(now, { base: branch.base }, signal);
  if (now && branch.changes.includes("ready")) now = await forge.markReady(now, signal);
  return now;
}

/** Once all numbers are known: each open pull request tells of all of them. */
async function tellOfStack(
  { reading, branches, record, signal }: CarryOutWork,
  pullRequests: ReadonlyMap<string, ForgePullRequest>,
): Promise<void> {
  const { placed, forge, states } = reading;
  const submitted = new Set(branches.map(({ name }) => name));
  for (const { name, pr: before } of states) {
    signal.throwIfAborted();
    const pr = pullRequests.get(name);
    const isFailed = record.branch(name)?.state === "failed";
    try {
      const mayTell = before?.state === "open" ? before.mayTellOfStack : submitted.has(name);
      if (pr?.state === "open" && mayTell && !isFailed) {
        const body = bodyWithStack(placed, pullRequests, name);
        await forge.update(pr, { body }, signal);
      }
      if (submitted.has(name) && !isFailed) await record.note([name], { state: "done" });
    } catch (error) {
      signal.throwIfAborted();
      if (submitted.has(name)) await record.fail([name], error);
      if (isForAll(error)) throw error;
    }
  }
}

/** How the branches of a plan stand before anything is done. */
export function waitingBranches(
  planned: readonly PlannedBranch[],
  chosen: ReadonlySet<string>,
): SubmittedBranch[] {
  return planned.map(({ name, action, pr, revision }) => ({
    name,
    action,
    state: chosen.has(name) ? "waiting" : "skipped",
    revision,
    ...(pr && { pr }),
  }));
}
