import { expect, test } from "vitest";
import { problems } from "../contract/problems.ts";
import type { ForgeHealth, Freshness, RepoSummary } from "../contract/repo.ts";
import type { SyncProgress, SyncRun } from "../contract/sync-run.ts";
import { ago, soon } from "./ago.ts";
import { progressWords } from "./progress-words.ts";
import { runLines } from "./run-lines.ts";
import { statusLines } from "./status-command.ts";

const plain = (_style: unknown, text: string): string => text;

const run: SyncRun = {
  id: "01J",
  repoId: "shop",
  triggers: ["manual"],
  requestedAt: "2026-01-05T09:00:00.000Z",
  state: "finished",
  outcome: "updated",
  durationMs: 41.6,
  generation: 7,
  refs: {
    created: 1,
    updated: 2,
    deleted: 1,
    truncated: false,
    changes: [
      { ref: "refs/heads/new-one", kind: "created", new: "a".repeat(40) },
      { ref: "refs/heads/further", kind: "forward", old: "b".repeat(40), new: "c".repeat(40) },
      { ref: "refs/heads/again", kind: "rewritten", old: "d".repeat(40), new: "e".repeat(40) },
      { ref: "refs/stackit/metadata/old-one", kind: "deleted", old: "f".repeat(40) },
    ],
  },
  stacks: { created: ["new-one"], changed: ["further", "again"], removed: [] },
  phases: { queueMs: 0, fetchMs: 0, readMs: 30, deriveMs: 5 },
};

test("a run reads like a fetch, with the stacks that it touched", () => {
  expect(`\n${runLines(run, plain).join("\n")}`).toBe(`
shop: updated in 42 ms, generation 7
 * [new branch]       new-one
   bbbbbbb..ccccccc   further
 + ddddddd...eeeeeee  again
 - [gone metadata]    refs/stackit/metadata/old-one
stacks created: new-one
stacks changed: further, again`);
});

test.each([
  [0, "every object has been read; no files were left by a killed git"],
  [1, "every object has been read; 1 file was left by a killed git, and removed"],
  [2, "every object has been read; 2 files were left by a killed git, and removed"],
])("a repair says what it did where %i files were left", (leftovers, words) => {
  expect(runLines({ ...run, repair: { leftovers } }, plain)[1]).toBe(`   ${words}`);
});

test("a held run says what would vanish and how to let it through", () => {
  const hold = {
    id: "h1",
    wouldRemove: ["a", "b"],
    branchesBefore: 20,
    branchesAfter: 2,
    confirmsAt: "2026-01-05T10:00:00.000Z",
  };
  const lines = runLines({ ...run, outcome: "held", hold }, plain).join("\n");
  expect(lines).toContain("18 of 20 branches would vanish: a, b");
  expect(lines).toContain("stackit sync shop --confirm h1");
});

test("a run says what a push had announced and the remote did not serve", () => {
  const unmet = [
    { ref: "refs/heads/ui", expected: "a".repeat(40), actual: "b".repeat(40) },
    { ref: "refs/heads/api", expected: "a".repeat(40) },
    { ref: "refs/heads/old", expected: null, actual: "b".repeat(40) },
  ];
  expect(runLines({ ...run, unmet }, plain).slice(-3)).toEqual([
    "ui was to be at aaaaaaa; it is at bbbbbbb",
    "api was to be at aaaaaaa; it is not there",
    "old was to be gone; it is at bbbbbbb",
  ]);
});

const cloning = (progress: SyncProgress, activity: "cloning" | "running" = "cloning"): Freshness => ({
  health: "never",
  activity,
  progress,
  consecutiveFailures: 0,
  recent: [],
  expectedMaxAgeSec: 600,
});

test.each([
  [
    cloning({ phase: "receiving", objects: 1234, totalObjects: 2700, bytes: 3_355_443 }),
    "cloning 45 % · 1,234 of 2,700 objects · 3.2 MiB",
  ],
  [cloning({ phase: "counting", objects: 12_345, bytes: 0 }), "cloning, counting · 12,345 objects"],
  [
    cloning({ phase: "compressing", objects: 0, totalObjects: 0, bytes: 0 }),
    "cloning, compressing · 0 objects",
  ],
  [
    cloning({ phase: "resolving", objects: 294, totalObjects: 588, bytes: 2 ** 31 }, "running"),
    "fetching, resolving 50 % · 294 of 588 deltas · 2.0 GiB",
  ],
  [cloning({ phase: "checking", objects: 7, bytes: 5000 }), "cloning, checking · 7 objects · 5 KiB"],
])("progress in words: %#", (freshness, words) => {
  expect(progressWords(freshness)).toBe(words);
});

test("where there is no progress there are no words for it", () => {
  const { progress: _, ...silent } = cloning({ phase: "checking", objects: 7, bytes: 0 });
  expect(progressWords(silent)).toBeUndefined();
});

test("the status of a repository whose change is held back says so, and how to let it through", () => {
  const at = "2026-01-05T09:59:00.000Z";
  const held: RepoSummary = {
    id: "shop",
    displayName: "shop",
    kind: "mirror",
    role: "operator",
    trunk: "main",
    counts: { branches: 0, stacks: 0, needsRestack: 0 },
    freshness: {
      health: "fresh",
      activity: "idle",
      lastSuccessAt: at,
      consecutiveFailures: 0,
      recent: [],
      expectedMaxAgeSec: 600,
      lastAttempt: { at, runId: "1", outcome: "held" },
    },
  };
  expect(statusLines([held], Date.parse(at), plain).at(-1)).toContain(
    "held: more than half of the branches would vanish; `stackit sync shop` names them",
  );
});

test("the status of repositories is a table with one row each", () => {
  const nowMs = Date.parse("2026-01-05T10:00:00.000Z");
  const freshness = {
    health: "local",
    activity: "idle",
    lastSuccessAt: "2026-01-05T09:59:59.500Z",
    lastChangeAt: "2026-01-05T09:55:00.000Z",
    consecutiveFailures: 0,
    recent: Array.of<never>(),
    expectedMaxAgeSec: 60,
  } as const;
  const repos: RepoSummary[] = [
    {
      id: "shop",
      displayName: "Shop",
      kind: "working-copy",
      role: "operator",
      trunk: "main",
      currentBranch: "ui",
      counts: { branches: 0, stacks: 0, needsRestack: 0 },
      freshness,
    },
    {
      id: "gone",
      displayName: "gone",
      kind: "working-copy",
      role: "operator",
      trunk: "",
      counts: { branches: 0, stacks: 0, needsRestack: 0 },
      freshness: {
        health: "failing",
        activity: "queued",
        consecutiveFailures: 3,
        recent: [],
        expectedMaxAgeSec: 60,
        lastAttempt: {
          at: "2026-01-05T09:59:00.000Z",
          runId: "1",
          outcome: "failed",
          code: "sync/unreadable",
          detail: "The folder is gone.",
        },
      },
    },
  ];
  const mirrors: RepoSummary[] = [
    {
      id: "ours",
      displayName: "ours",
      kind: "mirror",
      role: "operator",
      trunk: "main",
      currentBranch: "main",
      counts: { branches: 0, stacks: 0, needsRestack: 0 },
      freshness: { ...freshness, health: "fresh", lastSuccessAt: "2026-01-05T09:59:57.000Z" },
    },
    {
      id: "theirs",
      displayName: "theirs",
      kind: "mirror",
      role: "operator",
      trunk: "",
      counts: { branches: 0, stacks: 0, needsRestack: 0 },
      freshness: {
        health: "failing",
        activity: "idle",
        consecutiveFailures: 1,
        recent: [],
        expectedMaxAgeSec: 600,
        nextDueAt: "2026-01-05T10:00:40.000Z",
        lastAttempt: {
          at: "2026-01-05T09:59:00.000Z",
          runId: "2",
          outcome: "failed",
          code: "sync/auth-failed",
        },
      },
    },
  ];
  repos.push(...mirrors);
  expect(`\n${statusLines(repos, nowMs, plain).join("\n")}`).toBe(`
HEALTH   REPOSITORY  NAME  TRUNK         CURRENT  ACTIVITY  READ     CHANGED
local    shop        Shop  main          ui       idle      now      5 min ago
failing  gone              not read yet  -        queued    never    never
        failed 3 times in a row: sync/unreadable, the repository's folder cannot be read or written
        The folder is gone. \`stackit doctor\` checks the folder, its permissions and git.
fresh    ours              main          -        idle      3 s ago  5 min ago
failing  theirs            not read yet  -        idle      never    never
        failed once: sync/auth-failed, sign-in to the remote failed; next try in 40 s
        ${problems["sync/auth-failed"].mend}`);
});

test("the status says how often a mirror is asked, and why", () => {
  const nowMs = Date.parse("2026-01-05T10:00:00.000Z");
  const seen = { lastSuccessAt: "2026-01-05T09:59:20.000Z", lastChangeAt: "2026-01-03T09:00:00.000Z" };
  const asked = (id: string, everySec: number, reason: string): RepoSummary => ({
    id,
    displayName: id,
    kind: "mirror",
    role: "operator",
    trunk: "main",
    counts: { branches: 0, stacks: 0, needsRestack: 0 },
    freshness: {
      health: "fresh",
      activity: "idle",
      ...seen,
      consecutiveFailures: 0,
      recent: [],
      interval: { everySec, reason },
      expectedMaxAgeSec: 2 * everySec,
    },
  });
  const repos = [asked("shop", 3600, "quiet for 2 days"), asked("tools", 1, "set for this repository")];
  expect(`\n${statusLines(repos, nowMs, plain).join("\n")}`).toBe(`
HEALTH  REPOSITORY  NAME  TRUNK  CURRENT  ACTIVITY  READ      CHANGED  ASKED
fresh   shop              main   -        idle      40 s ago  2 d ago  every 1 h: quiet for 2 days
fresh   tools             main   -        idle      40 s ago  2 d ago  every second: set for this repository`);
});

test("the status says why a host is not asked", () => {
  const nowMs = Date.parse("2026-01-05T10:00:00.000Z");
  const host = "git.example.com";
  const linesOf = (waitingFor: NonNullable<Freshness["waitingFor"]>) => {
    const freshness = { health: "late", activity: "queued", consecutiveFailures: 0 } as const;
    const repo = {
      id: "shop",
      displayName: "shop",
      kind: "mirror",
      role: "operator",
      trunk: "main",
      counts: { branches: 0, stacks: 0, needsRestack: 0 },
    } as const;
    const row = { ...repo, freshness: { ...freshness, expectedMaxAgeSec: 60, recent: [], waitingFor } };
    return statusLines([row], nowMs, plain).slice(2);
  };
  const until = "2026-01-05T10:05:00.000Z";
  expect(linesOf({ host, reason: "rate-limited", until })).toEqual([
    "        git.example.com asked to be left alone; asked again in 5 min",
  ]);
  expect(linesOf({ host, reason: "failing" })).toEqual([
    "        git.example.com keeps failing; one run is trying it for all",
  ]);
});

test("the status says how well pull requests are known, and why they are not", () => {
  const nowMs = Date.parse("2026-01-05T10:00:00.000Z");
  const shown = (id: string, forge?: ForgeHealth): RepoSummary => ({
    id,
    displayName: id,
    kind: "mirror",
    role: "operator",
    trunk: "main",
    counts: { branches: 0, stacks: 0, needsRestack: 0 },
    freshness: {
      health: "fresh",
      activity: "idle",
      consecutiveFailures: 0,
      recent: [],
      expectedMaxAgeSec: 600,
    },
    ...(forge && { forge }),
  });
  const checkedAt = "2026-01-05T09:15:00.000Z";
  const failing = {
    health: "failing",
    checkedAt,
    failingSince: "2026-01-05T09:20:00.000Z",
    reason: "GitHub's API answered 502.",
    nextAttemptAt: "2026-01-05T10:00:40.000Z",
  } as const;
  const lines = statusLines(
    [
      shown("a", { health: "current", checkedAt: "2026-01-05T09:59:20.000Z" }),
      shown("b", { health: "late", checkedAt }),
      shown("c", failing),
      shown("d", { health: "off", reason: "No token is at hand." }),
      shown("e", { health: "never" }),
      shown("f"),
    ],
    nowMs,
    plain,
  );
  expect(lines.map((line) => line.replace(/^fresh .* never {2}never {4}/, ""))).toEqual([
    "HEALTH  REPOSITORY  NAME  TRUNK  CURRENT  ACTIVITY  READ   CHANGED  PULL REQUESTS",
    "40 s ago",
    "late, 45 min ago",
    "failing, 45 min ago",
    "        pull requests cannot be read, first 40 min ago; next try in 40 s: GitHub's API answered 502.",
    "off",
    "        pull requests are not read: No token is at hand.",
    "not read yet",
    "-",
  ]);
});

test("what is to come is told in the same units", () => {
  const nowMs = Date.parse("2026-01-05T10:00:00.000Z");
  const at = (seconds: number) => soon(new Date(nowMs + seconds * 1000).toISOString(), nowMs);
  expect([at(-5), at(1), at(40), at(300)]).toEqual(["now", "now", "in 40 s", "in 5 min"]);
});

test("ages have one unit", () => {
  const nowMs = Date.parse("2026-01-05T10:00:00.000Z");
  const at = (seconds: number) => ago(new Date(nowMs - seconds * 1000).toISOString(), nowMs);
  expect([at(1), at(40), at(119), at(7200), at(90_000 * 2), at(-5)]).toEqual([
    "now",
    "40 s ago",
    "1 min ago",
    "2 h ago",
    "2 d ago",
    "now",
  ]);
});
