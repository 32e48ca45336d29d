import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NotOurMirrorError } from "../../src/repos/mirror-folder.ts";
import { adoptedScene } from "../support/adopted-scene.ts";
import { expectWhole, removeObject } from "../support/mirror-damages.ts";
import { type MirroredScene, mirroredScene } from "../support/mirrored-scene.ts";

const stack = () =>
  mirroredScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  });
const repair = (scene: MirroredScene) => scene.refresh({ mend: "repair" });
const WORK = { confirmed: new Set<string>(), expected: [] };
const soon = () => AbortSignal.timeout(60_000);

test("what a killed git left is removed, however fresh, and a good mirror stays as it is (B2, B20)", async () => {
  await using scene = await stack();
  await scene.refresh();
  const { generation } = await scene.refresh();
  const left = ["packed-refs.lock", "refs/heads/ui.lock", "objects/pack/tmp_pack_Ab1"];
  for (const name of left) await writeFile(join(scene.dir, name), "");
  expect(await repair(scene)).toMatchObject({ outcome: "unchanged", generation, repair: { leftovers: 3 } });
  const files = await readdir(scene.dir, { recursive: true });
  expect(files.filter((name) => left.includes(name))).toEqual([]);
  expect(await repair(scene)).toMatchObject({ outcome: "unchanged", repair: { leftovers: 0 } });
  await expectWhole(scene);
});

test("damage that no sync meets is found and healed, however short a while ago that was done", async () => {
  await using scene = await stack();
  await scene.refresh();
  const removeTree = () => removeObject(scene, "refs/heads/ui^{tree}");
  await removeTree();
  await using again = scene.reopen();
  const synced = await again.refresh({ ...WORK, signal: soon() });
  expect([synced.recloned, synced.repair]).toEqual([undefined, undefined]);
  for (let time = 0; time < 2; time++) {
    const mended = await again.refresh({ ...WORK, signal: soon(), mend: "repair" });
    expect(mended).toMatchObject({ refs: { changes: [] }, recloned: true, repair: { leftovers: 0 } });
    await expectWhole(scene);
    await removeTree();
  }
});

test("refs that somebody changed unseen are as the remote's again", async () => {
  await using scene = await stack();
  await scene.refresh();
  await scene.upstream.gitIn(scene.dir, "pack-refs", "--all");
  await scene.refresh();
  const file = join(scene.dir, "packed-refs");
  const { atime, mtime } = await stat(file);
  const [api, ui] = [await scene.upstream.sha("api"), await scene.upstream.sha("ui")];
  await writeFile(
    file,
    (await readFile(file, "utf8")).replace(`${ui} refs/heads/ui`, `${api} refs/heads/ui`),
  );
  await utimes(file, atime, mtime);
  expect(await scene.refresh()).toMatchObject({ outcome: "unchanged" });
  expect(await repair(scene)).toMatchObject({ repair: { leftovers: 0 } });
  await expectWhole(scene);
});

test("one that was never read is cloned", async () => {
  await using scene = await stack();
  expect(await repair(scene)).toMatchObject({ outcome: "updated", generation: 1, repair: { leftovers: 0 } });
  await expectWhole(scene);
});

test("what lies in the place of a mirror and is none is left alone", async () => {
  await using scene = await stack();
  await mkdir(scene.dir, { recursive: true });
  await writeFile(join(scene.dir, "packed-refs.lock"), "");
  await expect(repair(scene)).rejects.toThrow(NotOurMirrorError);
  expect(await readdir(scene.dir)).toEqual(["packed-refs.lock"]);
  await rm(scene.dir, { recursive: true });
});

test("the mirror of a clone that was handed over is repaired", async () => {
  await using scene = await adoptedScene();
  await scene.refresh();
  const mended = await scene.checkout.refresh({ ...WORK, signal: soon(), mend: "repair" });
  expect(mended).toMatchObject({ refs: { changes: [] }, repair: { leftovers: 0 } });
});
