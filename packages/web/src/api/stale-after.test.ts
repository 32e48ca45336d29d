import { expect, test } from "vitest";
import { staleAfter } from "./stale-after.ts";

test("a new snapshot makes everything of its repository stale, and nothing of another", () => {
  const refresh = {
    repoId: "web",
    generation: 2,
    stacks: { created: [], changed: [], removed: [] },
    branches: [],
    truncated: false,
  };
  expect(staleAfter.refresh(refresh)).toEqual([["repo", "web"]]);
});

test("a heartbeat makes nothing stale, a resync everything but the diff that is read", () => {
  const beat = { serverTime: "2026-01-05T10:00:00.000Z", version: "1" };
  expect(staleAfter.heartbeat(beat)).toEqual([]);
  expect(staleAfter.resync(beat)).toEqual([["config"], ["repos"], ["repo"], ["activity"], ["runs"]]);
});
