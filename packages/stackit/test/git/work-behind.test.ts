import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createScene } from "../support/git-scene.ts";
import { begun, land } from "../support/landings.ts";
import { copyOf } from "../support/read-copy.ts";
import { unpackObjects } from "../support/unpack-objects.ts";

const SQUASHED = { commits: 1, recorded: false, child: false } as const;

test("a look that cannot tell what landed keeps nobody from being told what a restack would do", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": "1\n" } });
    s.commit("broken", { files: { "b.txt": "b\n" } });
    s.stacked("api", "main");
    s.stacked("ui", "api");
    s.commit("api", { files: { "api.txt": "2\n" } });
    s.commit("main", { files: { "a.txt": "2\n" } });
  });
  const blob = await scene.sha("broken:b.txt");
  await unpackObjects(scene);
  await rm(join(scene.gitDir, "objects", blob.slice(0, 2), blob.slice(2)));
  await using copy = copyOf(scene.path);
  await copy.refresh();
  await expect.poll(() => copy.snapshot.branch("ui")?.restack.preview).toEqual({ state: "clean" });
});

test("what is published while stacks are written down is looked at too", async () => {
  await using scene = await begun(SQUASHED);
  const [begins, ends] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const keep = (): Promise<void> => {
    begins.resolve();
    return ends.promise;
  };
  await using copy = copyOf(scene.path, undefined, { stacks: { recall: async () => [], keep } });
  await copy.refresh();
  await begins.promise;
  const commit = await land(scene, "squash");
  await copy.refresh();
  ends.resolve();
  await expect.poll(() => copy.snapshot.branch("api")?.landed).toMatchObject({ commit });
});

test("a look that fails while something else is published is followed by another one", async () => {
  await using scene = await begun(SQUASHED);
  await land(scene, "squash");
  const [begins, ends] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const landed = {
    recall: async () => [],
    forget: async () => {},
    remember: () => {
      begins.resolve();
      return ends.promise;
    },
  };
  await using copy = copyOf(scene.path, undefined, { landings: { landed } });
  await copy.refresh();
  await begins.promise;
  await scene.commit("other", { parent: "main" });
  await copy.refresh();
  const isShown = (): boolean => copy.snapshot.branch("api")?.landed !== undefined;
  expect(isShown()).toBe(false);
  landed.remember = async () => {};
  ends.reject(new Error("the disk is full"));
  await expect.poll(isShown).toBe(true);
});
