import type { Caller } from "../access/caller.ts";
import type { ForgeHealth, Freshness, RepoNote, RepoStatus, RepoSummary } from "../contract/repo.ts";
import type { ServedRepo } from "../repos/served-repo.ts";
import type { ServerParts, SyncRequester } from "./server-parts.ts";

/** Whom the answer is for; it is never kept for another. `isPublic`: strangers are not told what the operator could do about the forge. */
interface Audience {
  readonly caller: Caller;
  readonly isPublic: boolean;
}

export function repoSummary(
  repo: ServedRepo,
  { syncs, hooks }: Pick<ServerParts, "syncs" | "hooks">,
  { caller, isPublic }: Audience,
): RepoSummary {
  const { id, displayName, owner, name, formerNames = [], kind } = repo;
  const snapshot = repo.snapshot ?? repo.kept;
  const shown = snapshot ?? repo.lastShown;
  const hook = isPublic ? undefined : hooks.of(id);
  return {
    id,
    displayName,
    ...(owner === undefined ? {} : { owner }),
    ...(name === undefined ? {} : { repo: name }),
    ...(formerNames.length === 0 ? {} : { formerNames: [...formerNames] }),
    kind,
    // Whoever is shown it may see it, also when that ended a moment ago.
    role: caller.roleOn(id) ?? "reader",
    trunk: shown?.trunk ?? "",
    ...(snapshot?.currentBranch ? { currentBranch: snapshot.currentBranch } : {}),
    counts: shown?.counts ?? { branches: 0, stacks: 0, needsRestack: 0 },
    freshness: freshnessOf(repo, syncs),
    ...(repo.forge && { forge: isPublic ? withoutReason(repo.forge) : repo.forge }),
    ...(hook && { hook }),
  };
}

export function repoStatus(
  repo: ServedRepo,
  parts: Pick<ServerParts, "syncs" | "hooks" | "webhookSigns">,
  audience: Audience,
): RepoStatus {
  const { displayPath, deletedAt } = repo;
  const snapshot = repo.snapshot ?? repo.kept;
  const summary = repoSummary(repo, parts, audience);
  const webhook = parts.webhookSigns.of(repo.id);
  const isHeld = summary.freshness.lastAttempt?.outcome === "held";
  return {
    ...summary,
    generation: snapshot?.generation ?? 0,
    remotes: [...repo.remotes],
    ...(displayPath === undefined ? {} : { path: displayPath }),
    notes: [
      ...(deletedAt === undefined ? [] : [deletedNote(deletedAt)]),
      ...(isHeld ? [heldNote(repo.id)] : []),
      ...((snapshot ?? repo.lastShown)?.notes ?? []),
    ],
    ...(webhook && { webhook }),
  };
}

function withoutReason({ reason: _, ...health }: ForgeHealth): ForgeHealth {
  return health;
}

function heldNote(id: string): RepoNote {
  return {
    code: "held",
    detail: `More than half of the branches would vanish, so nothing was changed, and the last state is shown. stackit sync ${id} names them, and how to let it through; a second look does so by itself.`,
  };
}

function deletedNote(at: string): RepoNote {
  return {
    code: "deleted",
    detail: `Its forge said so at ${at}. What was read last is still shown; it is not looked at again until somebody pushes or asks for a sync.`,
  };
}

function freshnessOf({ id, watching }: ServedRepo, syncs: SyncRequester): Freshness {
  return { ...syncs.freshness(id), ...(watching === undefined ? {} : { watching }) };
}
