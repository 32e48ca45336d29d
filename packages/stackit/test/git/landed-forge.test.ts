import { expect, test } from "vitest";
import type { Branch } from "../../src/contract/view.ts";
import type { Mirror } from "../../src/repos/mirror.ts";
import { pickPullRequests } from "../../src/stacks/pick-pull-request.ts";
import type { PullRequest } from "../../src/stacks/pull-request.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Scene } from "../support/git-scene.ts";
import { begin, type Case, goOn, land, landEdited } from "../support/landings.ts";
import { type MirroredScene, mirroredScene } from "../support/mirrored-scene.ts";
import { pullRequest } from "../support/pull-request.ts";

const CASES = ([1, 3] as const).flatMap((commits) =>
  [true, false].flatMap((recorded) =>
    (["no", "elsewhere", "on the same lines"] as const).flatMap((trunkGoesOn) =>
      [true, false].map((child) => ({ commits, recorded, trunkGoesOn, child })),
    ),
  ),
);
const MERGED_AT = "2026-02-03T04:05:06.000Z";
const ALL = { commits: 3, recorded: true, child: true } as const;

const branchOf = (mirror: Mirror, name: string): Branch | undefined => mirror.snapshot?.branch(name);

/** `sure` lands by its own changes, so that its mark tells when all have been looked at. */
function beginning(how: Omit<Case, "method" | "trunkGoesOn">): Promise<MirroredScene> {
  return mirroredScene((s) => {
    begin(s, how);
    s.commit("sure", { parent: "main", files: { "sure.txt": "sure\n" } });
  });
}

async function untilLooked(mirror: Mirror): Promise<void> {
  await expect.poll(() => branchOf(mirror, "sure")?.landed?.how).toBe("squash");
}

async function merged(
  upstream: Scene,
  commit: string,
  given: Partial<PullRequest> = {},
): Promise<PullRequest> {
  return pullRequest("api", {
    state: "merged",
    headOid: await upstream.sha("api"),
    mergeCommitOid: commit,
    mergedAtMs: Date.parse(MERGED_AT),
    ...given,
  });
}

const show = (mirror: Mirror, ...some: PullRequest[]): void =>
  mirror.showForge({
    pullRequests: pickPullRequests(
      some.map((each) => ({ ...each, headRepositoryId: 1 })),
      1,
    ),
    merged: some.filter(({ state }) => state === "merged"),
    isCurrent: true,
  });

test.each(CASES)(
  "a squash of $commits that was edited while merging is known by the forge's word alone, recorded $recorded, trunk goes on: $trunkGoesOn, child $child",
  async ({ trunkGoesOn, ...facts }) => {
    await using store = await openStore(":memory:");
    const landings = { patchIds: store.patchIds, landed: store.landed("one") };
    await using scene = await beginning(facts);
    const { upstream } = scene;
    const commit = await landEdited(upstream);
    await land(upstream, "squash", "Be sure", "sure");
    await goOn(upstream, trunkGoesOn);
    await using mirror = scene.reopen({ landings });
    const refresh = (one: Mirror) =>
      one.refresh({ signal: AbortSignal.timeout(60_000), confirmed: new Set(), expected: [] });
    await refresh(mirror);
    await untilLooked(mirror);
    const count = facts.commits;
    expect(branchOf(mirror, "api")).toMatchObject({ commitCount: count, restack: { state: "in-sync" } });
    expect(branchOf(mirror, "api")).not.toHaveProperty("landed");

    show(mirror, await merged(upstream, commit));
    await expect.poll(() => branchOf(mirror, "api")?.landed?.commit).toBe(commit);
    const landed = { how: "squash", commit, date: MERGED_AT };
    const reason = `Squashed into main as ${commit.slice(0, 7)}.`;
    expect(branchOf(mirror, "api")).toMatchObject({
      landed,
      needsRestack: false,
      restack: { state: "merged", reason },
    });
    const uiStandsOn = { commitCount: 1, needsRestack: true, restack: { state: "parent-moved" } };
    if (facts.child) expect(branchOf(mirror, "ui")).toMatchObject(uiStandsOn);

    // A yes needs no forge any more.
    await using again = scene.reopen({ landings });
    await refresh(again);
    expect(branchOf(again, "api")).toMatchObject({ landed, restack: { state: "merged", reason } });
    if (facts.child) expect(branchOf(again, "ui")).toMatchObject(uiStandsOn);
  },
);

test("a branch that is deleted when it is merged is known by the forge's word too, to what stands on it", async () => {
  for (const [recorded, restacked] of [
    [true, false],
    [false, false],
    [true, true],
  ] as const) {
    await using scene = await beginning({ ...ALL, recorded });
    const { upstream, mirror } = scene;
    await scene.refresh();
    const commit = await landEdited(upstream);
    const pull = await merged(upstream, commit);
    await upstream.git("update-ref", "-d", "refs/heads/api");
    await upstream.git("update-ref", "-d", "refs/stackit/metadata/api");
    if (restacked) {
      await upstream.git("update-ref", "refs/heads/ui", "main");
      await upstream.commit("ui", { files: { "ui.txt": "on main\n" } });
    }
    // The forge tells of it before the mirror has it.
    show(mirror, pull);
    await scene.refresh();
    const api = { name: "api", how: "squash", commit, date: MERGED_AT };
    await expect.poll(() => mirror.snapshot?.stack("ui")?.landed?.[0]).toMatchObject(api);
    expect(branchOf(mirror, "ui")).toMatchObject({
      parent: "main",
      commitCount: 1,
      restack: { state: restacked ? "in-sync" : "parent-moved" },
    });
  }
});

test("a merge that is told while nothing else happens is taken up", async () => {
  await using scene = await beginning({ ...ALL, child: false });
  const { upstream, mirror } = scene;
  await scene.refresh();
  show(mirror, pullRequest("api", { headOid: await upstream.sha("api") }));
  const commit = await landEdited(upstream);
  await land(upstream, "squash", "Be sure", "sure");
  await scene.refresh();
  await untilLooked(mirror);
  await expect.poll(() => branchOf(mirror, "api")?.restack.state).toBe("in-sync");
  show(mirror, await merged(upstream, commit));
  await expect.poll(() => branchOf(mirror, "api")?.landed?.commit).toBe(commit);
});

test("a layer that is gone is known by the forge's word after a restart", async () => {
  await using store = await openStore(":memory:");
  const landings = { landed: store.landed("one"), departed: store.departed("one") };
  await using scene = await beginning(ALL);
  const { upstream } = scene;
  const refresh = (one: Mirror) =>
    one.refresh({ signal: AbortSignal.timeout(60_000), confirmed: new Set(), expected: [] });
  let pull: PullRequest;
  {
    await using before = scene.reopen({ landings });
    await refresh(before);
    const commit = await landEdited(upstream);
    pull = await merged(upstream, commit);
    await upstream.git("update-ref", "-d", "refs/heads/api");
    await upstream.git("update-ref", "-d", "refs/stackit/metadata/api");
    await upstream.git("update-ref", "refs/heads/ui", "main");
    await upstream.commit("ui", { files: { "ui.txt": "on main\n" } });
    await refresh(before);
  }
  await using mirror = scene.reopen({ landings });
  await refresh(mirror);
  show(mirror, pull);
  await expect
    .poll(() => mirror.snapshot?.stack("ui")?.landed?.[0])
    .toMatchObject({ name: "api", how: "squash", commit: pull.mergeCommitOid, date: MERGED_AT });
});

test("a rebase that changed what it put on is told from a squash by the words of its commits", async () => {
  await using scene = await beginning({ ...ALL, child: false });
  const { upstream, mirror } = scene;
  const pull = await merged(upstream, "");
  let last = "";
  for (const n of [3, 2, 1]) {
    const message = await upstream.git("log", "-1", "--format=%B", `api~${n - 1}`);
    last = await upstream.commit("main", { message, files: { "1.txt": `other ${n}\n` } });
  }
  await land(upstream, "squash", "Be sure", "sure");
  await scene.refresh();
  show(mirror, { ...pull, mergeCommitOid: last });
  await expect.poll(() => branchOf(mirror, "api")?.landed).toMatchObject({ how: "rebase", commit: last });
});

test("what goes on after its pull request was merged has not landed, and says so", async () => {
  await using scene = await beginning({ ...ALL, child: false });
  const { upstream, mirror } = scene;
  const commit = await landEdited(upstream);
  const pull = await merged(upstream, commit);
  await upstream.commit("api", { files: { "after.txt": "after\n" } });
  await land(upstream, "squash", "Be sure", "sure");
  await scene.refresh();
  await untilLooked(mirror);
  // Nothing else happens, and it says nothing of what stands on what.
  show(mirror, pull);
  await expect.poll(() => branchOf(mirror, "api")?.commitCount).toBe(1);
  expect(branchOf(mirror, "api")).not.toHaveProperty("landed");
  expect(branchOf(mirror, "api")?.restack).toMatchObject({
    state: "parent-moved",
    reason:
      `It stands on commits that landed as others: Squashed into main as ${commit.slice(0, 7)}. ` +
      "Its pull request #1 was merged on 2026-02-03, and it has 1 more commit since.",
  });
});

test("what an older pull request of the branch brought has landed, also behind a newer one that is open", async () => {
  await using scene = await beginning({ ...ALL, child: false });
  const { upstream, mirror } = scene;
  const commit = await landEdited(upstream);
  const older = await merged(upstream, commit);
  const newer = pullRequest("api", {
    number: 2,
    headOid: await upstream.commit("api", { files: { "after.txt": "1\n" } }),
  });
  await scene.refresh();
  show(mirror, newer);
  await expect.poll(() => branchOf(mirror, "api")?.pr?.number).toBe(2);
  expect(branchOf(mirror, "api")).toMatchObject({ commitCount: 4 });
  show(mirror, older, newer);
  await expect.poll(() => branchOf(mirror, "api")?.commitCount).toBe(1);
  expect(branchOf(mirror, "api")).toMatchObject({
    pr: { number: 2, state: "OPEN" },
    restack: {
      state: "parent-moved",
      reason: `It stands on commits that landed as others: Squashed into main as ${commit.slice(0, 7)}.`,
    },
  });
  expect(branchOf(mirror, "api")).not.toHaveProperty("landed");
});

test("what a forge merged has landed once the trunk has that commit here, and no sooner", async () => {
  await using scene = await beginning({ ...ALL, child: false });
  const { upstream, mirror } = scene;
  const base = await upstream.sha("main");
  const commit = await landEdited(upstream);
  const pull = await merged(upstream, commit);
  // It was merged into another branch first.
  await upstream.git("update-ref", "refs/heads/next", commit);
  await upstream.git("update-ref", "refs/heads/main", base);
  await scene.refresh();
  show(mirror, pull);
  const sure = await land(upstream, "squash", "Be sure", "sure");
  await scene.refresh();
  await untilLooked(mirror);
  expect(branchOf(mirror, "api")).not.toHaveProperty("landed");
  expect(branchOf(mirror, "api")?.restack).toMatchObject({
    state: "in-sync",
    reason:
      "It stands on main. " +
      `Its pull request #1 was merged on 2026-02-03 as ${commit.slice(0, 7)}, but that is not known to be on main.`,
  });
  await land(upstream, "merge", "Merge next", "next");
  await scene.refresh();
  await expect.poll(() => branchOf(mirror, "api")?.landed).toMatchObject({ how: "squash", commit });

  // It is taken back.
  await upstream.git("update-ref", "refs/heads/main", sure);
  await scene.refresh({ confirmed: ["refs/heads/main"] });
  expect(branchOf(mirror, "api")).not.toHaveProperty("landed");
});

test("a merge that does not have the head, and what was closed, tell of no landing", async () => {
  await using scene = await beginning({ ...ALL, child: false });
  const { upstream, mirror } = scene;
  const other = await upstream.commit("other", { parent: "main", files: { "other.txt": "1\n" } });
  const lies = [{ state: "closed" as const }, { headOid: other }];
  for (const n of [0, 1, 2])
    await upstream.commit(`yes${n}`, { parent: "main", files: { "yes.txt": `${n}\n` } });
  const merge = await land(upstream, "merge", "Merge other", "other");
  const squash = await landEdited(upstream);
  await scene.refresh();
  for (const [n, lie] of [...lies, { mergeCommitOid: merge }].entries()) {
    // It is told at the same time, so that its mark tells when both have been looked at.
    const yes = await merged(upstream, squash, { head: `yes${n}`, headOid: await upstream.sha(`yes${n}`) });
    show(mirror, await merged(upstream, squash, lie), yes);
    await expect.poll(() => branchOf(mirror, `yes${n}`)?.landed?.commit).toBe(squash);
    expect(branchOf(mirror, "api")).not.toHaveProperty("landed");
  }
});

test("that a tool recorded a pull request as merged says nothing of commits that the trunk does not have", async () => {
  await using scene = await mirroredScene((s) => {
    s.commit("main");
    const prInfo = { number: 7, state: "MERGED" };
    s.commit("api");
    s.metadata("api", { parentBranchName: "main", prInfo });
    s.metadata("nothing", { parentBranchName: "main", prInfo });
    s.commit("ui", { parent: "api" });
    s.commit("nothing", { parent: "main" });
    s.commit("main");
  });
  await scene.upstream.git("update-ref", "refs/heads/nothing", "main");
  await scene.refresh();
  const { mirror } = scene;
  expect(branchOf(mirror, "api")?.restack).toMatchObject({
    state: "in-sync",
    reason:
      "It stands on main. Its pull request #7 is recorded as merged, but it has commits that are not known to be on main.",
  });
  expect(branchOf(mirror, "nothing")?.restack).toMatchObject({
    state: "merged",
    reason: "Its pull request #7 was merged.",
  });
});
