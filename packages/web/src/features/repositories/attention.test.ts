import type { RepoSummary } from "stackit/contract/repo";
import { expect, test } from "vitest";
import { repository as repo } from "../../testing/made-up.ts";
import { countRepos, findRepos } from "./attention.ts";

const NOW = Date.parse("2026-01-05T10:00:00.000Z");
const ago = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();

const namesOf = (repos: readonly RepoSummary[]) => repos.map(({ id }) => id);

test("what needs somebody comes first: failing, held, late, never read, then what changed last", () => {
  const repos = [
    repo("quiet", { lastChangeAt: ago(500) }),
    repo("busy", { lastChangeAt: ago(2) }),
    repo("never", { health: "never" }),
    repo("late", { lastSuccessAt: ago(11) }),
    repo("held", { lastAttempt: { at: ago(1), runId: "r", outcome: "held" } }),
    repo("failing", { health: "failing", consecutiveFailures: 2 }),
  ];
  const all = { q: "", state: "all" } as const;
  expect(namesOf(findRepos(repos, all, NOW))).toEqual(["failing", "held", "late", "never", "busy", "quiet"]);
  expect(namesOf(findRepos(repos, all, NOW - 5 * 60_000)).indexOf("late")).toBeGreaterThan(2);
});

test("a filter finds by words of name and trunk, and by state; what fails and is tried again is both", () => {
  const repos = [repo("web"), repo("web-api", { health: "failing", activity: "running" })];
  expect(namesOf(findRepos(repos, { q: "ACME api", state: "all" }, NOW))).toEqual(["web-api"]);
  expect(namesOf(findRepos(repos, { q: "main", state: "working" }, NOW))).toEqual(["web-api"]);
  expect(countRepos(repos, NOW)).toEqual({ all: 2, failing: 1, late: 0, working: 1 });
});
