import { CheckoutGit } from "../git/checkout-git.ts";
import type { GitConfig } from "../git/config-list.ts";
import { type HeadFile, readHeadFile } from "../git/heads.ts";
import { ReadOnlyGit } from "../git/read-only-git.ts";
import type { Spawner } from "../git/spawner.ts";
import { makeStandIn } from "../git/stand-in.ts";
import { readOwnConfig, refuseUnfit } from "./checkout-config.ts";
import { CheckoutRefusedError } from "./checkout-refusal.ts";
import type { FoundCheckout } from "./find-checkout.ts";

/** A clone in which nothing stands in the way of its being handed over. */
export interface ExaminedCheckout {
  readonly gitDir: string;
  readonly config: GitConfig;
  /** The commit that it has checked out. */
  readonly head: string;
  /** Whether HEAD names that commit itself. */
  readonly isDetached: boolean;
  /** Full name → object id, one byte a character. */
  readonly refs: ReadonlyMap<string, string>;
  readonly git: CheckoutGit;
}

/**
 * Looks whether a clone can be handed over. Changes nothing in it. `standIn`: a folder of ours, which is made anew.
 * @throws {CheckoutRefusedError} {GitError} or the system's error
 */
export async function examineCheckout(
  spawner: Spawner,
  { top, gitDir }: FoundCheckout,
  standIn: string,
  signal: AbortSignal,
): Promise<ExaminedCheckout> {
  const reader = new ReadOnlyGit(spawner, gitDir);
  const config = await readOwnConfig(reader, signal);
  refuseUnfit(config);
  const head = await readHeadFile(gitDir);
  const listing = await listAllRefs(reader, signal);
  const refs = parseRefs(listing);
  const oid = commitOf(head, refs);
  await makeStandIn(standIn, { gitDir, head: oid, config, refs: listing });
  const git = new CheckoutGit(spawner, { top, gitDir, standIn });
  refuseChanges(await git.countChanges({ signal }));
  return { gitDir, config, head: oid, isDetached: head.kind === "oid", refs, git };
}

/** A line for each ref below the prefixes, or of all: object id, space, full name. @throws {GitError} */
export async function listAllRefs(
  git: ReadOnlyGit,
  signal: AbortSignal,
  prefixes: readonly string[] = [],
): Promise<Buffer> {
  const args = ["--format=%(objectname) %(refname)", "--end-of-options", ...prefixes];
  return (await git.run("for-each-ref", args, { signal })).stdout;
}

export function parseRefs(listing: Buffer): Map<string, string> {
  const refs = new Map<string, string>();
  for (const line of listing.toString("latin1").split("\n")) {
    const space = line.indexOf(" ");
    if (space > 0) refs.set(line.slice(space + 1), line.slice(0, space));
  }
  return refs;
}

function commitOf(head: HeadFile, refs: ReadonlyMap<string, string>): string {
  if (head.kind === "oid") return head.oid;
  const oid = head.kind === "ref" ? refs.get(head.ref) : undefined;
  if (oid !== undefined) return oid;
  throw new CheckoutRefusedError(
    "It has no commit checked out, so there is nothing that its HEAD could be left at.",
    "Check one out, with `git checkout --detach` and a branch of the remote.",
  );
}

function refuseChanges({ changed, untracked }: { changed: number; untracked: number }): void {
  if (changed + untracked === 0) return;
  const counts = [
    ...(changed > 0 ? [`${changed} changed`] : []),
    ...(untracked > 0 ? [`${untracked} that git does not know`] : []),
  ];
  throw new CheckoutRefusedError(
    `It has uncommitted changes (files: ${counts.join(", ")}).`,
    "`git status` in it names them: commit and push them, stash them with `git stash -u`, or remove them.",
  );
}
