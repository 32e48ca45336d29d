import type { Ops } from "stackit/contract/ops";
import type { Freshness } from "stackit/contract/repo";
import { expect, test } from "vitest";
import { repository as repo } from "../../testing/made-up.ts";
import { concernsOf, concernWords, needsWords } from "./attention.ts";

const t0 = Date.parse("2026-01-05T10:00:00.000Z");
const ops: Ops = {
  version: "1.0.0",
  node: "24.0.0",
  startedAt: "2026-01-05T09:00:00.000Z",
  queue: { slots: 8, slotsPerHost: 4, runs: [], running: 0, waiting: 0 },
  streams: { open: 0, limit: 512 },
  git: { running: 0 },
  forge: { requests: 0 },
  settings: [],
};

const failed = (code: string, detail: string): Partial<Freshness> => ({
  health: "failing",
  lastAttempt: { at: "2026-01-05T09:59:00.000Z", runId: "r", outcome: "failed", code, detail },
});

test("what fails for the same cause is one concern, and what stops something comes first", () => {
  const repos = [
    repo("a", { health: "late" }),
    repo("b", failed("sync/auth-failed", "The host refused the token. Renew it.")),
    repo("c", failed("sync/timeout", "It took too long.")),
    repo("d", failed("sync/auth-failed", "The host refused the token. Renew it.")),
    repo("e", {}),
  ];
  const concerns = concernsOf(repos, ops, t0);
  expect(
    concerns.map(({ key, tone, repos: those }) => [key, tone, those.map(({ repo: { id } }) => id)]),
  ).toEqual([
    ["sync/auth-failed", "bad", ["b", "d"]],
    ["sync/timeout", "bad", ["c"]],
    ["late", "warn", ["a"]],
  ]);
  expect(concerns[0]?.repos[0]?.why).toBe("The host refused the token.");
  expect(concerns.map(concernWords)[0]).toMatch(/: 2 repositories$/);
  expect(needsWords(concerns)).toBe("3 things need you");
});

test("webhooks that fell silent are one concern, which no sync settles", () => {
  const silent = { health: "silent", lastPushAt: "2026-01-05T08:00:00.000Z" } as const;
  const repos = [
    { ...repo("a", {}), hook: silent },
    { ...repo("b", {}), hook: { health: "announcing" } as const },
    { ...repo("c", {}), hook: { health: "none" } as const },
    { ...repo("d", {}), hook: silent },
  ];
  const [concern, ...others] = concernsOf(repos, ops, t0);
  expect([concern?.tone, concern?.way, concern?.repos.map(({ repo: { id } }) => id)]).toEqual([
    "warn",
    "look",
    ["a", "d"],
  ]);
  expect(others).toEqual([]);
});

test("a disk or a quota that runs out is told before anything fails by it", () => {
  const scarce = {
    ...ops,
    disk: { freeBytes: 9, totalBytes: 100 },
    forge: { requests: 9, quotaRemaining: 499 },
  };
  expect(concernsOf([], scarce, t0).map(({ key }) => key)).toEqual(["disk", "quota"]);
  const enough = {
    ...ops,
    disk: { freeBytes: 10, totalBytes: 100 },
    forge: { requests: 9, quotaRemaining: 500 },
  };
  expect(needsWords(concernsOf([], enough, t0))).toBe("Nothing needs you");
});
