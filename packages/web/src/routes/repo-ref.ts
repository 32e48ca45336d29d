import type { RepoSummary } from "stackit/contract/repo";
import type { RepoRef } from "./location.ts";

/** The address of a repository: by its forge where it has one, else by its id. */
export function refOf(repo: RepoSummary): RepoRef {
  if (repo.owner && repo.repo) return { kind: "forge", owner: repo.owner, name: repo.repo };
  return { kind: "local", id: repo.id };
}

/** A forge compares names without regard to case. Links by a name that a repository had before lead on, unless another has it. */
export function findRepo(repos: readonly RepoSummary[], ref: RepoRef): RepoSummary | undefined {
  if (ref.kind === "local") return repos.find((repo) => repo.id === ref.id);
  const same = (a: string | undefined, b: string) => a?.toLowerCase() === b.toLowerCase();
  const fullName = `${ref.owner}/${ref.name}`;
  return (
    repos.find((repo) => same(repo.owner, ref.owner) && same(repo.repo, ref.name)) ??
    repos.find((repo) => repo.formerNames?.some((former) => same(former, fullName)))
  );
}
