import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readKept } from "../../src/repos/mirror-files.ts";
import { openStore } from "../../src/store/open-store.ts";
import { cutPack, expectWhole, removeObject } from "../support/mirror-damages.ts";
import { mirroredScene } from "../support/mirrored-scene.ts";

/** A mirror that remembers where its branches were. */
async function remembering() {
  const store = await openStore(":memory:");
  const headMoves = store.headMoves("mirror:shop");
  const scene = await mirroredScene(
    (s) => {
      s.commit("main");
      s.commit("api", { parent: "main" });
      s.commit("ui", { parent: "main" });
    },
    { headMoves, upkeep: { looseObjects: 1 } },
  );
  const { upstream, dir } = scene;
  return {
    ...scene,
    /** Rewrites a branch; gives where it was. */
    async rewrite(branch: string, message: string) {
      const was = await upstream.sha(branch);
      await upstream.amend(branch, message);
      await scene.refresh();
      return was;
    },
    /** What the index says that must be kept, and what is: both in one order. */
    async kept() {
      const { moves } = await headMoves.recall();
      return { index: moves.map(({ old }) => old).sort(), refs: [...(await readKept(dir))].sort() };
    },
    async [Symbol.asyncDispose]() {
      await scene[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

const agreeing = (...oids: string[]) => ({ index: oids.toSorted(), refs: oids.toSorted() });

test("former heads in a pack of their own survive a damaged pack of the trunk, and the index forgets the others", async () => {
  await using scene = await remembering();
  await scene.refresh();
  await scene.mirror.maintain({ signal: AbortSignal.timeout(60_000) });
  const [trunksPack = ""] = (await readdir(join(scene.dir, "objects/pack"))).filter((name) =>
    name.endsWith(".pack"),
  );
  const first = await scene.rewrite("api", "Second");
  const second = await scene.rewrite("api", "Third");
  const third = await scene.rewrite("api", "Fourth");
  await scene.upstream.gitIn(scene.dir, "repack", "-dq");
  expect(await scene.kept()).toEqual(agreeing(first, second, third));
  await cutPack(scene, trunksPack);
  expect(await scene.refresh()).toMatchObject({ recloned: true });
  expect(await scene.kept()).toEqual(agreeing(second, third));
  await expectWhole(scene);
});

test("a former head that is damaged itself takes no other one with it", async () => {
  await using scene = await remembering();
  await scene.refresh();
  const [api, ui] = [await scene.rewrite("api", "Second"), await scene.rewrite("ui", "Second")];
  const api2 = await scene.rewrite("api", "Third");
  await removeObject(scene, ui);
  await writeFile(join(scene.dir, "config"), "[core\n");
  expect(await scene.refresh()).toMatchObject({ recloned: true });
  expect(await scene.kept()).toEqual(agreeing(api, api2));
  await expectWhole(scene);
});

test("former heads survive a mirror that has lost its refs with its configuration", async () => {
  await using scene = await remembering();
  await scene.refresh();
  const api = await scene.rewrite("api", "Second");
  for (const name of ["config", "HEAD", "packed-refs"]) await writeFile(join(scene.dir, name), "junk");
  await rm(join(scene.dir, "refs"), { recursive: true });
  expect(await scene.refresh()).toMatchObject({ recloned: true });
  expect(await scene.kept()).toEqual(agreeing(api));
  await expectWhole(scene);
});

test("what a branch left while its mirror was damaged is kept where it is whole", async () => {
  await using scene = await remembering();
  await scene.refresh();
  const { upstream, dir } = scene;
  const [api, ui] = [await upstream.sha("api"), await upstream.sha("ui")];
  await writeFile(join(dir, "config"), "[core\n");
  await upstream.amend("api", "Second");
  await upstream.git("update-ref", "-d", "refs/heads/ui");
  expect(await scene.refresh()).toMatchObject({ recloned: true });
  expect(await scene.kept()).toEqual(agreeing(api, ui));
  await expectWhole(scene);
});

test("a mirror of which nothing is left is cloned anew all the same, and its index names nothing that is gone", async () => {
  await using scene = await remembering();
  await scene.refresh();
  await scene.rewrite("api", "Second");
  await scene.rewrite("ui", "Second");
  await rm(join(scene.dir, "objects"), { recursive: true });
  await writeFile(join(scene.dir, "objects"), "junk");
  await scene.upstream.amend("api", "Third");
  await scene.upstream.git("update-ref", "-d", "refs/heads/ui");
  expect(await scene.refresh()).toMatchObject({ recloned: true });
  expect(await scene.kept()).toEqual(agreeing());
  await expectWhole(scene);
});
