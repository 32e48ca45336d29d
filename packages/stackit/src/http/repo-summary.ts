import type { Freshness, RepoStatus, RepoSummary } from "../contract/repo.ts";
import type { ServedRepo } from "../repos/served-repo.ts";
import type { SyncRequester } from "./server-parts.ts";

export function repoSummary(repo: ServedRepo, syncs: SyncRequester): RepoSummary {
  const { id, displayName, owner, name, kind, snapshot } = repo;
  return {
    id,
    displayName,
    ...(owner === undefined ? {} : { owner }),
    ...(name === undefined ? {} : { repo: name }),
    kind,
    trunk: snapshot?.trunk ?? "",
    ...(snapshot?.currentBranch ? { currentBranch: snapshot.currentBranch } : {}),
    freshness: freshnessOf(repo, syncs),
  };
}

export function repoStatus(repo: ServedRepo, syncs: SyncRequester): RepoStatus {
  const { snapshot, displayPath } = repo;
  return {
    ...repoSummary(repo, syncs),
    generation: snapshot?.generation ?? 0,
    counts: snapshot?.counts ?? { branches: 0, stacks: 0, needsRestack: 0 },
    remotes: [...repo.remotes],
    ...(displayPath === undefined ? {} : { path: displayPath }),
    notes: [...(snapshot?.notes ?? [])],
  };
}

function freshnessOf({ id, watching }: ServedRepo, syncs: SyncRequester): Freshness {
  return { ...syncs.freshness(id), ...(watching === undefined ? {} : { watching }) };
}
