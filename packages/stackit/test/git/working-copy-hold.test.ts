import { rename } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RepoStatus } from "../../src/contract/repo.ts";
import type { SyncRun } from "../../src/contract/sync-run.ts";
import type { View } from "../../src/contract/view.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { copyOf } from "../support/read-copy.ts";
import { eventThat, serveFolder } from "../support/served-folders.ts";
import { testGit } from "../support/test-git.ts";

const NAMES = Array.from({ length: 24 }, (_, n) => `topic-${n}`);

const manyBranches = (): Promise<Scene> =>
  createScene((s) => {
    s.commit("main");
    for (const name of NAMES) s.stacked(name, "main");
  });

/** Its second look is beyond the end of a test. */
const patientCopyOf = (scene: Scene) => copyOf(scene.path, undefined, { secondLookMs: 3_600_000 });

async function lose(scene: Scene, names: readonly string[]): Promise<void> {
  const input = names.map((name) => `delete refs/heads/${name}\0\0`).join("");
  await testGit(["update-ref", "--stdin", "-z"], { cwd: scene.path, env: { ...scene.env }, input });
}

test("half of the branches may go at once; more than half and more than ten are held", async () => {
  await using scene = await manyBranches();
  await using copy = patientCopyOf(scene);
  await copy.refresh();
  await lose(scene, NAMES.slice(0, 12)); // 12 of 25
  expect(await copy.refresh()).toMatchObject({ outcome: "updated", refs: { deleted: 12 } });
  await scene.git("branch", "a", "main");
  await copy.refresh();
  await lose(scene, NAMES.slice(12, 22)); // 10 of 14
  expect(await copy.refresh()).toMatchObject({ outcome: "updated", refs: { deleted: 10 } });
});

test("a held loss changes nothing, says what it would remove, and goes through when it is confirmed", async () => {
  await using scene = await manyBranches();
  await using copy = patientCopyOf(scene);
  await copy.refresh();
  const before = copy.snapshot;
  await lose(scene, NAMES.slice(0, 13)); // 13 of 25
  const held = await copy.refresh();
  expect(held).toMatchObject({
    outcome: "held",
    generation: 1,
    refs: { deleted: 0 },
    hold: { branchesBefore: 25, branchesAfter: 12, wouldRemove: NAMES.slice(0, 13).sort() },
  });
  expect(copy.snapshot).toBe(before);
  expect(copy.published).toHaveLength(1);
  // Asked again before its time it stays, under the same id; a wrong id confirms nothing.
  expect((await copy.refresh("nonsense")).hold?.id).toBe(held.hold?.id);
  expect(await copy.refresh(held.hold?.id ?? "")).toMatchObject({
    outcome: "updated",
    refs: { deleted: 13 },
  });
  expect(copy.snapshot.counts.branches).toBe(11);
});

test("branches that come back while a loss is held end it", async () => {
  await using scene = await manyBranches();
  await using copy = patientCopyOf(scene);
  await copy.refresh();
  const tips = await Promise.all(NAMES.map((name) => scene.sha(name)));
  await lose(scene, NAMES);
  const first = await copy.refresh();
  expect(first.outcome).toBe("held");
  const input = NAMES.map((name, n) => `create refs/heads/${name}\0${tips[n]}\0`).join("");
  await testGit(["update-ref", "--stdin", "-z"], { cwd: scene.path, env: { ...scene.env }, input });
  expect(await copy.refresh()).toMatchObject({ outcome: "unchanged", generation: 1 });
  await lose(scene, NAMES);
  const second = await copy.refresh(first.hold?.id ?? "");
  expect(second.outcome).toBe("held");
  expect(second.hold?.id).not.toBe(first.hold?.id);
});

test("a loss that grows while it is held is another loss", async () => {
  await using scene = await manyBranches();
  await using copy = patientCopyOf(scene);
  await copy.refresh();
  await lose(scene, NAMES.slice(0, 14));
  const first = await copy.refresh();
  await lose(scene, NAMES.slice(14));
  const second = await copy.refresh(first.hold?.id ?? "");
  expect(second).toMatchObject({ outcome: "held", hold: { branchesAfter: 1 } });
  expect(second.hold?.id).not.toBe(first.hold?.id);
});

test("another loss of the same size is not confirmed by the id of the first", async () => {
  await using scene = await manyBranches();
  await using copy = patientCopyOf(scene);
  await copy.refresh();
  const tips = await Promise.all(NAMES.map((name) => scene.sha(name)));
  await lose(scene, NAMES.slice(0, 14));
  const first = await copy.refresh();
  const input = NAMES.slice(0, 10)
    .map((name, n) => `create refs/heads/${name}\0${tips[n]}\0`)
    .join("");
  await testGit(["update-ref", "--stdin", "-z"], { cwd: scene.path, env: { ...scene.env }, input });
  await lose(scene, NAMES.slice(14));
  const second = await copy.refresh(first.hold?.id ?? "");
  expect(second).toMatchObject({ outcome: "held", hold: { branchesAfter: 11 } });
});

test("over HTTP a loss is held, shown as the last snapshot, and let through by a person", async () => {
  await using scene = await manyBranches();
  await using server = await serveFolder(scene.path, { settleMs: 20 });
  await using events = await server.events("/repos/default/events");
  const view = await server.get<View>("/repos/default/view");
  await lose(scene, NAMES);
  const answer = await server.sync();
  expect(answer.status).toBe(409);
  const problem = (await answer.json()) as { code: string; run: SyncRun };
  expect(problem).toMatchObject({
    code: "sync/held",
    run: { outcome: "held", hold: { branchesBefore: 25 } },
  });
  const [shown, status] = await Promise.all([
    server.get<View>("/repos/default/view"),
    server.get<RepoStatus>("/repos/default"),
  ]);
  expect(shown).toEqual(view);
  expect(status).toMatchObject({
    generation: view.generation,
    freshness: { lastAttempt: { outcome: "held" } },
  });

  const confirmed = await server.sync({ confirm: problem.run.hold?.id });
  expect(confirmed.status).toBe(200);
  expect(await confirmed.json()).toMatchObject({ outcome: "updated", refs: { deleted: 24 } });
  const refresh = await eventThat(events, ({ name }) => name === "refresh");
  expect(refresh.data).toMatchObject({ generation: view.generation + 1 });
  expect((await server.get<View>("/repos/default/view")).stacks).toEqual([]);
});

test("a loss that nobody confirms goes through by the second look", async () => {
  await using scene = await manyBranches();
  await using server = await serveFolder(scene.path, { settleMs: 20 });
  await using events = await server.events("/repos/default/events");
  await lose(scene, NAMES);
  const held = await eventThat(events, ({ data }) => (data.run as SyncRun | undefined)?.outcome === "held");
  expect(held.name).toBe("sync");
  const refresh = await eventThat(events, ({ name }) => name === "refresh");
  expect(refresh.data.stacks).toMatchObject({ removed: [...NAMES].sort() });
});

test("a second look that is due confirms, and not before", async () => {
  await using scene = await manyBranches();
  await using copy = copyOf(scene.path, undefined, { secondLookMs: 0 });
  await copy.refresh();
  await lose(scene, NAMES);
  expect(await copy.refresh()).toMatchObject({ outcome: "held" });
  expect(await copy.refresh()).toMatchObject({ outcome: "updated", refs: { deleted: 24 } });
});

test("a folder of refs that is away for a moment is not believed", async () => {
  await using scene = await manyBranches();
  await using copy = patientCopyOf(scene);
  await copy.refresh();
  const heads = join(scene.gitDir, "refs", "heads");
  await rename(heads, `${heads}-away`);
  expect(await copy.refresh()).toMatchObject({ outcome: "held", hold: { branchesAfter: 0 } });
  await rename(`${heads}-away`, heads);
  expect(await copy.refresh()).toMatchObject({ outcome: "unchanged", generation: 1 });
});
