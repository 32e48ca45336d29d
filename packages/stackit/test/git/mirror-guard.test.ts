import { mkdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MirrorGuard } from "../../src/repos/mirror-guard.ts";
import type { MirrorOptions } from "../../src/repos/mirror-options.ts";
import { refuse } from "../support/git-host-behaviours.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { cutPack, DAMAGES, expectWhole, truncatePacks } from "../support/mirror-damages.ts";
import { type MirroredScene, mirroredScene } from "../support/mirrored-scene.ts";

const stack = (options: Partial<MirrorOptions> = {}) =>
  mirroredScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  }, options);

test("a folder that is gone is cloned anew by the next sync, though nobody has pushed (B25)", async () => {
  await using scene = await stack();
  await scene.refresh();
  await rm(scene.dir, { recursive: true });
  expect(await scene.refresh()).toMatchObject({ recloned: true });
  await expectWhole(scene);
});

async function removeLoose({ dir, upstream }: MirroredScene): Promise<void> {
  const oid = await upstream.sha("ui");
  await rm(join(dir, "objects", oid.slice(0, 2), oid.slice(2)));
}

/** What not every look sees, since it changes none of the folders around it. */
const HIDDEN: readonly (readonly [name: string, harm: (scene: MirroredScene) => Promise<void>])[] = [
  ["a pack that was cut where it lies", (scene) => cutPack(scene)],
  ["a loose object that was removed", removeLoose],
  [
    "a loose ref that was overwritten where it lies",
    ({ dir }) => writeFile(join(dir, "refs/heads/ui"), "junk"),
  ],
];

for (const [name, harm] of [...DAMAGES, ...HIDDEN]) {
  test(`${name} is healed by the next sync, though nobody has pushed (B24, B25)`, async () => {
    await using scene = await stack({ upkeep: { looseObjects: 1 } });
    const { mirror, upstream } = scene;
    await scene.refresh();
    expect(await mirror.maintain({ signal: AbortSignal.timeout(60_000) })).toMatchObject({
      steps: ["repack", "commit-graph"],
    });
    await upstream.commit("ui");
    await scene.refresh();
    expect(await scene.refresh()).toMatchObject({ outcome: "unchanged" });
    await harm(scene);
    expect(await scene.refresh()).toMatchObject({ recloned: true });
    await expectWhole(scene);
    expect(await scene.refresh()).toMatchObject({ outcome: "unchanged" });
  });
}

test("what was found while the remote was away is healed when it is back", async () => {
  await using scene = await stack();
  await scene.refresh();
  await truncatePacks(scene);
  scene.host.front = refuse(503);
  await expect(scene.refresh()).rejects.toThrow();
  scene.host.front = undefined;
  expect(await scene.refresh()).toMatchObject({ recloned: true });
  await expectWhole(scene);
});

test("refs that were lost are brought again, and nothing is cloned", async () => {
  await using scene = await stack();
  await scene.refresh();
  await rm(join(scene.dir, "packed-refs"));
  expect((await scene.refresh()).recloned).toBeUndefined();
  expect(scene.mirror.snapshot?.counts.branches).toBe(2);
  await expectWhole(scene);
});

test("what somebody else has changed, and left whole, is checked once and not at every sync", async () => {
  await using scene = await stack();
  await scene.refresh();
  const checks = [];
  for (let gc = 0; gc < 2; gc++) {
    await scene.upstream.gitIn(scene.dir, "repack", "-adfq");
    await utimes(join(scene.dir, "HEAD"), gc, gc);
    scene.spawner.take();
    await scene.refresh();
    checks.push(scene.spawner.take().commands.includes("fsck"));
  }
  expect(checks).toEqual([true, false]);
  expect(scene.mirror.snapshot?.generation).toBe(1);
  await expectWhole(scene);
});

test("what the mirror itself does to its files, in runs and in upkeep, is nothing to check", async () => {
  const due = { looseObjects: 1, looseRefs: 1, graphEveryMs: 0, forgetEveryMs: 0, gcEveryMs: 0 };
  await using scene = await stack({ upkeep: due });
  const { mirror, upstream, spawner } = scene;
  for (const branch of ["ui", "api", "ui"]) {
    await upstream.amend(branch, "Another word");
    await scene.refresh();
    for (let look = 0; look < 3; look++) await scene.refresh();
    await mirror.maintain({ signal: AbortSignal.timeout(60_000) });
    for (let look = 0; look < 3; look++) await scene.refresh();
  }
  await using again = scene.reopen();
  for (let look = 0; look < 3; look++) {
    await again.refresh({ signal: AbortSignal.timeout(60_000), confirmed: new Set(), expected: [] });
  }
  expect(spawner.commands).not.toContain("fsck");
});

test("a guard sees what lies loose bit by bit, a few files at each look", async () => {
  await using scene = await stack();
  await scene.refresh();
  const objects = join(scene.dir, "objects");
  const fans = Array.from({ length: 64 }, (_, fan) => (fan + 128).toString(16));
  for (const fan of fans) await mkdir(join(objects, fan), { recursive: true });
  const guard = new MirrorGuard(scene.dir);
  for (let look = 0; look < 8; look++) expect(await guard.look()).toBe(false);
  for (const fan of fans.slice(-2)) await writeFile(join(objects, fan, "0".repeat(38)), "");
  const looks = [];
  for (let look = 0; look < 8; look++) looks.push(await guard.look());
  expect(looks[0]).toBe(false);
  expect(looks.filter(Boolean)).toHaveLength(1);
});

test("a guard tells once of what somebody changes again and again, until an hour has gone by", async () => {
  await using scene = await stack();
  await scene.refresh();
  const clock = new ManualClock();
  const guard = new MirrorGuard(scene.dir, () => clock.now());
  const touch = (atSeconds: number) => utimes(join(scene.dir, "config"), atSeconds, atSeconds);
  expect(await guard.look()).toBe(false);
  await touch(1);
  expect(await guard.look()).toBe(true);
  expect(await guard.look()).toBe(false);
  await touch(2);
  expect(await guard.look()).toBe(false);
  await clock.advance(3_600_000);
  expect(await guard.look()).toBe(true);
  guard.startAnew();
  await guard.note();
  await touch(3);
  expect(await guard.look()).toBe(true);
});

test("a guard notices nothing while files are changed, and then believes what is there", async () => {
  await using scene = await stack();
  await scene.refresh();
  const guard = new MirrorGuard(scene.dir);
  await guard.note();
  {
    using _one = guard.changing();
    using _other = guard.changing();
    await rm(join(scene.dir, "HEAD"));
    await guard.note();
    expect(await guard.look()).toBe(false);
    await writeFile(join(scene.dir, "HEAD"), "ref: refs/heads/ui\n");
  }
  expect(await guard.look()).toBe(false);
  await writeFile(join(scene.dir, "HEAD"), "ref: refs/heads/main\n");
  expect(await guard.look()).toBe(true);
});
