import type { Freshness, RepoSummary } from "stackit/contract/repo";
import type { RepoFilter } from "../../routes/location.ts";
import { healthNow } from "../freshness/freshness-words.ts";

export type RepoCounts = Readonly<Record<RepoFilter, number>>;

/** Whether the freshness at `now` is what the filter asks for. A failing one that is tried again is working, too. */
export function isIn(state: RepoFilter, freshness: Freshness, now: number): boolean {
  switch (state) {
    case "all":
      return true;
    case "working":
      return freshness.activity !== "idle";
    case "failing":
    case "late":
      return healthNow(freshness, now) === state;
  }
}

export function countRepos(repos: readonly RepoSummary[], now: number): RepoCounts {
  const countOf = (state: RepoFilter) =>
    repos.reduce((sum, { freshness }) => sum + (isIn(state, freshness, now) ? 1 : 0), 0);
  return {
    all: repos.length,
    failing: countOf("failing"),
    late: countOf("late"),
    working: countOf("working"),
  };
}

/** Those whose name or trunk has every word of `q`, what needs somebody first. */
export function findRepos(
  repos: readonly RepoSummary[],
  { q, state }: { q: string; state: RepoFilter },
  now: number,
): RepoSummary[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return repos
    .filter((repo) => isIn(state, repo.freshness, now) && hasWords(repo, words))
    .toSorted((a, b) => compare(a, b, now));
}

function hasWords(repo: RepoSummary, words: readonly string[]): boolean {
  const text = [nameOf(repo), repo.displayName, repo.trunk, ...(repo.formerNames ?? [])].join("\n");
  return words.every((word) => text.toLowerCase().includes(word));
}

/** `owner/name` where there are both. */
export function nameOf({ owner, repo, displayName }: RepoSummary): string {
  return owner && repo ? `${owner}/${repo}` : displayName;
}

/** Failing, held back, late, never read; then what changed last. */
function compare(a: RepoSummary, b: RepoSummary, now: number): number {
  return (
    rankOf(a.freshness, now) - rankOf(b.freshness, now) ||
    (b.freshness.lastChangeAt ?? "").localeCompare(a.freshness.lastChangeAt ?? "") ||
    nameOf(a).localeCompare(nameOf(b), "en")
  );
}

function rankOf(freshness: Freshness, now: number): number {
  const health = healthNow(freshness, now);
  if (health === "failing") return 0;
  if (freshness.lastAttempt?.outcome === "held") return 1;
  if (health === "late") return 2;
  return health === "never" ? 3 : 4;
}
