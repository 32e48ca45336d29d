import { Type } from "typebox";
import type { ServerClient } from "./ask-server.ts";
import { UsageError } from "./usage-error.ts";

/** The part of `GET …/view` that tells stacks apart. */
const StacksAnswer = Type.Object({
  repo: Type.Object({ currentBranch: Type.String() }),
  stacks: Type.Array(
    Type.Object({
      id: Type.String(),
      rootBranch: Type.String(),
      branches: Type.Array(Type.Object({ name: Type.String() })),
    }),
  ),
});

/**
 * The root of the stack that `wanted` names, by its id or any of its branches; without it, of the one that the current branch belongs to, else of
 * the only one. @throws {UsageError} when a person must choose.
 */
export async function pickStack(
  client: ServerClient,
  repoId: string,
  wanted: string | undefined,
): Promise<string> {
  const { repo, stacks } = await client.ask("GET", `/repos/${encodeURIComponent(repoId)}/view`, StacksAnswer);
  const name = wanted ?? repo.currentBranch;
  const found = stacks.find(({ id, branches }) => id === wanted || branches.some((one) => one.name === name));
  if (found) return found.rootBranch;
  // The server says best what is wrong with a name: it may be that of the trunk.
  if (wanted !== undefined) return wanted;
  const [only] = stacks;
  if (only && stacks.length === 1) return only.rootBranch;
  const roots = stacks
    .map(({ rootBranch }) => rootBranch)
    .toSorted()
    .join(", ");
  throw new UsageError(
    only ? `name one of the stacks with --stack: ${roots}.` : `${repoId} has no stack to submit.`,
  );
}
