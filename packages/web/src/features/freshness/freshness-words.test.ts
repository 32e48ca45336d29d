import type { Freshness } from "stackit/contract/repo";
import { expect, test } from "vitest";
import {
  activityWords,
  describeHealth,
  failureWords,
  healthNow,
  hostWords,
  intervalWords,
  watchingWords,
} from "./freshness-words.ts";

const t0 = Date.parse("2026-01-05T10:00:00.000Z");
const fresh: Freshness = {
  health: "fresh",
  activity: "idle",
  lastSuccessAt: "2026-01-05T10:00:00.000Z",
  consecutiveFailures: 0,
  recent: [],
  expectedMaxAgeSec: 60,
};

test("a fresh repository becomes late by the clock alone", () => {
  expect(healthNow(fresh, t0 + 60_000)).toBe("fresh");
  expect(healthNow(fresh, t0 + 60_001)).toBe("late");
  expect(describeHealth(fresh, t0 + 61_000).word).toBe("Late; synced");
});

test("what the server says of a failing or local one holds at any age", () => {
  expect(healthNow({ ...fresh, health: "failing" }, t0 + 1e9)).toBe("failing");
  expect(healthNow({ ...fresh, health: "local" }, t0 + 1e9)).toBe("local");
});

test("one that fails and was never synced does not speak of a last good sync", () => {
  const { lastSuccessAt: _, ...never } = fresh;
  expect(describeHealth({ ...never, health: "failing" }, t0).word).toBe("Failing; never synced");
});

test("what fails says why, by its code or without one", () => {
  const failing = { ...fresh, health: "failing" } as const;
  const lastAttempt = { at: "2026-01-05T10:00:00.000Z", runId: "r", outcome: "failed" } as const;
  expect(failureWords({ ...failing, lastAttempt: { ...lastAttempt, code: "sync/timeout" } })).toBe(
    "The run was not done in time",
  );
  expect(failureWords({ ...failing, lastAttempt: { ...lastAttempt, code: "from/tomorrow" } })).toBe(
    "The last attempt failed",
  );
  const detail = "The remote's certificate has expired. Renew it.";
  expect(failureWords({ ...failing, lastAttempt: { ...lastAttempt, code: "sync/timeout", detail } })).toBe(
    "The remote's certificate has expired.",
  );
  expect(failureWords(fresh)).toBeUndefined();
  expect(activityWords("cloning", true)).toBe("Retrying…");
});

test("health and activity are told apart: a failing one that is tried again says both", () => {
  expect(describeHealth({ ...fresh, health: "failing" }, t0).tone).toBe("bad");
  expect(activityWords("running", true)).toBe("Retrying…");
  expect(activityWords("idle", true)).toBeUndefined();
});

test("an interval gives its reason", () => {
  expect(intervalWords({ everySec: 5400, reason: "quiet for 3 hours" })).toBe(
    "every 1\u202fh: quiet for 3 hours",
  );
  expect(intervalWords({ everySec: 90, reason: "quiet for 3 minutes" })).toBe(
    "every 1\u202fmin: quiet for 3 minutes",
  );
});

test("polling gives its reason", () => {
  const watching = { mode: "poll", reason: "the watch limit is used up", pollIntervalSec: 2 } as const;
  expect(watchingWords({ ...fresh, watching })).toBe("polling every 2\u202fs: the watch limit is used up");
  expect(watchingWords({ ...fresh, watching: { mode: "events", pollIntervalSec: 30 } })).toBe(
    "watching files",
  );
});

test("a host that is not asked is named, with the reason", () => {
  const host = "git.example.com";
  expect(hostWords({ host, reason: "rate-limited", until: "2026-01-05T10:05:00.000Z" })).toBe(
    "git.example.com asked to be left alone; asked again",
  );
  expect(hostWords({ host, reason: "failing" })).toBe(
    "git.example.com keeps failing; one run is trying it for all",
  );
});
