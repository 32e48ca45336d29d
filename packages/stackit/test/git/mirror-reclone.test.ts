import { readdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { MirrorOptions } from "../../src/repos/mirror-options.ts";
import { openStore } from "../../src/store/open-store.ts";
import { mirrorFailure } from "../../src/sync/mirror-target.ts";
import { adoptedScene, filesOf } from "../support/adopted-scene.ts";
import { on, refuse } from "../support/git-host-behaviours.ts";
import { expectWhole, truncatePacks } from "../support/mirror-damages.ts";
import { type MirroredScene, mirroredScene } from "../support/mirrored-scene.ts";

const stack = (options: Partial<MirrorOptions> = {}) =>
  mirroredScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  }, options);

const idOf = async ({ dir }: MirroredScene) => (await stat(dir)).ino;
const reclone = (scene: MirroredScene) => scene.refresh({ mend: "reclone" });
const shownBy = ({ mirror }: MirroredScene) =>
  mirror.snapshot
    ?.branches()
    .map(({ name, revision, parent, linesAdded }) => [name, revision, parent, linesAdded]);
const failureOf = (run: Promise<unknown>) => run.then(() => undefined, mirrorFailure);

test("a good mirror is exchanged for a clone, which shows the same and has what was kept, as often as it is asked for", async () => {
  await using store = await openStore(":memory:");
  await using scene = await stack({ headMoves: store.headMoves("mirror:shop") });
  await scene.refresh();
  const former = await scene.upstream.sha("ui");
  await scene.upstream.amend("ui", "Another word");
  await scene.refresh();
  const shown = shownBy(scene);
  for (let time = 0; time < 2; time++) {
    const before = await idOf(scene);
    expect(await reclone(scene)).toMatchObject({ refs: { changes: [] }, recloned: true });
    expect(await idOf(scene)).not.toBe(before);
    await expectWhole(scene);
    await scene.upstream.gitIn(scene.dir, "cat-file", "-e", former);
  }
  expect(shownBy(scene)).toEqual(shown);
  const sha = await scene.upstream.commit("ui");
  expect(await scene.refresh()).toMatchObject({ outcome: "updated", refs: { updated: 1 } });
  expect(scene.mirror.snapshot?.branch("ui")?.revision).toBe(sha);
});

test("while it cannot be cloned a good mirror stays, is served, and passes for good", async () => {
  await using scene = await stack();
  await scene.refresh();
  const before = await idOf(scene);
  scene.host.front = on("fetch", refuse(503));
  for (let time = 0; time < 2; time++) {
    const failure = await failureOf(reclone(scene));
    expect(failure).toMatchObject({ code: "sync/remote-error", retryable: true });
    expect(failure?.message).toMatch(/^The mirror could not be cloned anew, and is kept as it was\. /);
    expect(await readdir(dirname(scene.dir))).toEqual([basename(scene.dir)]);
  }
  expect(await idOf(scene)).toBe(before);
  expect(await scene.mirror.maintain({ signal: AbortSignal.timeout(60_000) })).toBeDefined();
  const next = await scene.refresh();
  expect([next.outcome, next.recloned]).toEqual(["unchanged", undefined]);
  await expectWhole(scene);
});

test("one that is damaged is cloned when somebody asks, however short a while ago that was done", async () => {
  await using scene = await stack();
  await scene.refresh();
  await truncatePacks(scene);
  await scene.upstream.commit("ui");
  expect(await scene.refresh()).toMatchObject({ recloned: true });
  await writeFile(join(scene.dir, "HEAD"), "junk");
  await scene.upstream.commit("ui");
  expect(await failureOf(scene.refresh())).toMatchObject({ code: "sync/mirror-corrupt" });
  expect(await reclone(scene)).toMatchObject({ outcome: "updated", recloned: true });
  await expectWhole(scene);
});

test("after a start the damage is met by whoever wants it anew, and healed", async () => {
  await using scene = await stack();
  await scene.refresh();
  await truncatePacks(scene);
  await using again = scene.reopen();
  const signal = AbortSignal.timeout(60_000);
  const run = await again.refresh({ signal, confirmed: new Set(), expected: [], mend: "reclone" });
  expect(run).toMatchObject({ outcome: "updated", recloned: true });
  await expectWhole(scene);
});

test("one that was never read is cloned", async () => {
  await using scene = await stack();
  expect(await reclone(scene)).toMatchObject({ outcome: "updated", generation: 1 });
  await expectWhole(scene);
});

test("a remote that lost most of its branches is held, and the mirror stays", async () => {
  await using scene = await mirroredScene((s) => {
    s.commit("main");
    for (let branch = 0; branch < 12; branch++) s.stacked(`b${branch}`, "main");
  });
  await scene.refresh();
  const before = await idOf(scene);
  for (let branch = 0; branch < 12; branch++)
    await scene.upstream.git("update-ref", "-d", `refs/heads/b${branch}`);
  const held = await reclone(scene);
  expect(held.outcome).toBe("held");
  expect(held.recloned).toBeUndefined();
  expect(await idOf(scene)).toBe(before);
  expect(scene.mirror.snapshot?.counts.branches).toBe(12);
  const confirmed = await scene.refresh({ confirmed: [held.hold?.id ?? ""], mend: "reclone" });
  expect(confirmed).toMatchObject({ outcome: "updated", recloned: true });
  expect(await idOf(scene)).not.toBe(before);
  await expectWhole(scene);
});

test("the mirror of a clone that was handed over is exchanged, and nothing changes in the clone", async () => {
  await using scene = await adoptedScene();
  await scene.refresh();
  const files = await filesOf(scene.clone);
  const refs = await scene.refsOf(scene.clone);
  const signal = AbortSignal.timeout(60_000);
  const run = await scene.checkout.refresh({ signal, confirmed: new Set(), expected: [], mend: "reclone" });
  expect(run).toMatchObject({ refs: { changes: [] }, recloned: true });
  expect(await filesOf(scene.clone)).toBe(files);
  expect(await scene.refsOf(scene.clone)).toBe(refs);
});
