import type { PlannedBranch } from "../contract/submit.ts";
import { ForgeWriteError } from "../forge/forge-write-error.ts";
import type { ForgePullRequest } from "../forge/pull-requests-of-heads.ts";
import type { PlacedStack } from "../stacks/order-stacks.ts";
import type { CarryOutWork } from "./carry-out.ts";
import { isForAll } from "./submit-failure.ts";

/**
 * Gives a pull request that was just opened its labels, and asks for reviews once it is no draft. Resolves to what the forge would not do: the
 * pull request is there all the same. What people take away later is not given again.
 * @throws {ForgeWriteError} that ends the whole submit
 */
export async function askForReview(
  { reading, owed, signal }: CarryOutWork,
  { name, action, changes }: PlannedBranch,
  pr: ForgePullRequest,
): Promise<string[]> {
  const { forge, wishes } = reading;
  const isNew = action === "create" || owed.has(name);
  const becomesReady = !pr.isDraft && (isNew || changes.includes("ready"));
  const warnings: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    const refusal = await refusalOf(work, signal);
    if (refusal !== undefined) warnings.push(`${what}: ${refusal}`);
  };
  const { labels, reviewers } = wishes;
  if (isNew && labels.length > 0)
    await attempt("It has no labels", () => forge.addLabels(pr, labels, signal));
  if (!becomesReady || reviewers.length === 0) return warnings;

  const wanted = toReview(reviewers, forge.owner);
  warnings.push(
    ...wanted.strange.map((team) => `${team} was not asked to review it: no team of ${forge.owner}.`),
  );
  const { people, teams } = wanted;
  const askAll = () => forge.requestReviewers(pr, { people, teams }, signal);
  const refusal = await refusalOf(askAll, signal);
  if (refusal === undefined) return warnings;
  if (people.length + teams.length === 1) return [...warnings, `Nobody was asked to review it: ${refusal}`];
  // One whom the forge does not take is no reason to ask none.
  for (const login of people) {
    await attempt(`${login} was not asked to review it`, () =>
      forge.requestReviewers(pr, { people: [login], teams: [] }, signal),
    );
  }
  for (const slug of teams) {
    await attempt(`${slug} was not asked to review it`, () =>
      forge.requestReviewers(pr, { people: [], teams: [slug] }, signal),
    );
  }
  return warnings;
}

/** A team is asked by its name alone, and so only in its own organisation. */
function toReview(
  reviewers: readonly string[],
  owner: string,
): { people: string[]; teams: string[]; strange: string[] } {
  const people = reviewers.filter((one) => !one.includes("/"));
  const all = reviewers.filter((one) => one.includes("/"));
  const isOwn = (team: string) => team.toLowerCase().startsWith(`${owner.toLowerCase()}/`);
  const teams = all.filter(isOwn).map((team) => team.slice(team.indexOf("/") + 1));
  return { people, teams, strange: all.filter((team) => !isOwn(team)) };
}

/**
 * Makes the pull requests a stack of the forge's own, or puts new ones on top of it, where that is wished, they are in one line, and the forge can. One
 * that somebody arranged in another way stays as it is. What the forge refuses is told with the lowest branch.
 * @throws {ForgeWriteError} that ends the whole submit
 */
export async function keepNativeStack(
  { reading, record, signal }: CarryOutWork,
  pullRequests: ReadonlyMap<string, ForgePullRequest>,
): Promise<void> {
  const { forge, placed, wishes } = reading;
  const line = wishes.nativeStack ? inOneLine(placed, pullRequests) : [];
  const [lowest] = line;
  if (!lowest || line.length < 2) return;
  const numbers = line.map(({ number }) => number);
  const refusal = await refusalOf(async () => {
    const there = await forge.nativeStackOf(lowest, signal);
    if (there === "unsupported") return;
    if (there === "none") return forge.createNativeStack(numbers, signal);
    const from = there.members.indexOf(lowest.number);
    const known = there.members.slice(from);
    const isOurs = known.every((number, index) => numbers[index] === number);
    if (isOurs && known.length < numbers.length)
      await forge.extendNativeStack(there, numbers.slice(known.length), signal);
  }, signal);
  if (refusal === undefined) return;
  const before = record.branch(lowest.head)?.warnings ?? [];
  const warnings = [...before, `They are no stack of GitHub's own: ${refusal}`];
  await record.note([lowest.head], { warnings });
}

/** The open pull requests from below, none where branches fork or one between them has none. */
function inOneLine(
  { members }: PlacedStack,
  pullRequests: ReadonlyMap<string, ForgePullRequest>,
): ForgePullRequest[] {
  const open = members.flatMap(({ node }) => {
    const pr = pullRequests.get(node.name);
    return pr?.state === "open" ? [pr] : [];
  });
  const isLine = open.every(({ base }, index) => index === 0 || base === open[index - 1]?.head);
  return isLine ? open : [];
}

/** What the forge said to it; undefined when it did it. */
async function refusalOf(work: () => Promise<void>, signal: AbortSignal): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ForgeWriteError) || isForAll(error)) throw error;
    return error.message;
  }
}
