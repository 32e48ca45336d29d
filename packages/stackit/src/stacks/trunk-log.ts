/** One first-parent commit of the trunk, read for what landed with it. */
export interface Landing {
  readonly oid: string;
  readonly message: string;
  readonly author: string;
  readonly committedAtMs: number;
  readonly kind: "regular" | "stack-merge";
  readonly prNumber?: number;
  readonly stackSize?: number;
  readonly stackPRs?: readonly number[];
  readonly stackScope?: string;
}

export interface TrunkCommitFacts {
  readonly oid: string;
  readonly parents: readonly string[];
  readonly subject: string;
  readonly message: string;
  readonly author: string;
  readonly committedAtMs: number;
}

/**
 * What landed last, newest first, from first-parent commits in that order. A commit that came in with a stack merge of the
 * same list is left out.
 */
export function readLandings(commits: readonly TrunkCommitFacts[], limit: number): Landing[] {
  const landings = commits.map(readLanding);
  const inStacks = new Set(landings.flatMap((landing) => landing.stackPRs ?? []));
  return landings
    .filter((landing) => landing.kind === "stack-merge" || !inStacks.has(landing.prNumber ?? -1))
    .slice(0, limit);
}

function readLanding(commit: TrunkCommitFacts): Landing {
  const stackSize = positive(trailer(commit.message, "Stackit-Stack-Size"));
  const stackPRs = trailer(commit.message, "Stackit-PRs")
    ?.split(",")
    .map((text) => positive(text.trim().replace(/^#/, "")))
    .filter((number) => number !== undefined);
  const stackScope = trailer(commit.message, "Stackit-Scope");
  const prNumber = positive(
    /\(#(\d+)\)$/.exec(commit.subject)?.[1] ?? /^Merge pull request #(\d+) from /.exec(commit.subject)?.[1],
  );
  return {
    oid: commit.oid,
    message: commit.parents.length > 1 ? (firstBodyLine(commit.message) ?? commit.subject) : commit.subject,
    author: commit.author,
    committedAtMs: commit.committedAtMs,
    kind: stackSize !== undefined || stackPRs?.length ? "stack-merge" : "regular",
    ...(prNumber !== undefined && { prNumber }),
    ...(stackSize !== undefined && { stackSize }),
    ...(stackPRs?.length && { stackPRs }),
    ...(stackScope !== undefined && { stackScope }),
  };
}

function trailer(message: string, key: string): string | undefined {
  const prefix = `${key.toLowerCase()}:`;
  const line = message.split("\n").findLast((text) => text.toLowerCase().startsWith(prefix));
  return line?.slice(prefix.length).trim() || undefined;
}

/** A merge commit's subject only names branches; its first line of text says what was merged. */
function firstBodyLine(message: string): string | undefined {
  const [, ...body] = message.split("\n");
  return body.map((line) => line.trim()).find((line) => line !== "" && !/^[A-Z][A-Za-z-]+: /.test(line));
}

function positive(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : undefined;
}
