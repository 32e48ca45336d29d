import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createScene, type Scene } from "../support/git-scene.ts";
import { land } from "../support/landings.ts";
import { copyOf, type ReadCopy } from "../support/read-copy.ts";
import { testGit } from "../support/test-git.ts";
import { unpackObjects } from "../support/unpack-objects.ts";

const howOf = (copy: ReadCopy, name: string): string | undefined => copy.snapshot.branch(name)?.landed?.how;

/** `api` and `other` landed as one commit each, with a trunk commit between and after them. */
async function twoLanded(): Promise<Scene> {
  const scene = await createScene(
    (s) => {
      s.commit("main", { files: { "shop.txt": "one\n" } });
      for (const name of ["api", "other"]) {
        s.commit(name, { parent: "main", files: { [`${name}-1.txt`]: `${name} 1\n` } });
        s.commit(name, { files: { [`${name}-2.txt`]: `${name} 2\n` } });
      }
      s.commit("open", { parent: "main", files: { "open.txt": "not yet\n" } });
      s.commit("main", { files: { "between.txt": "between\n" } });
    },
    { bare: true },
  );
  await land(scene, "squash");
  await scene.commit("main", { files: { "after.txt": "after\n" } });
  await land(scene, "squash", "Land other", "other");
  await unpackObjects(scene);
  return scene;
}

const fileOf = (scene: Scene, oid: string): string =>
  join(scene.gitDir, "objects", oid.slice(0, 2), oid.slice(2));

test.each([
  ["of a branch", "other:other-1.txt"],
  ["of the trunk, which nobody has in a branch", "main:between.txt"],
  ["of an open branch", "open:open.txt"],
  ["of the last of the trunk's commits that are looked at", "main:after.txt"],
])("a missing file %s hides no landing but its own", async (_whose, name) => {
  await using scene = await twoLanded();
  await rm(fileOf(scene, await scene.sha(name)));
  await using copy = copyOf(scene.path);
  await copy.refresh();
  await copy.repo.settled();
  const isOfOther = name.startsWith("other");
  expect(["api", "other", "open"].map((branch) => howOf(copy, branch))).toEqual([
    "squash",
    isOfOther ? undefined : "squash",
    undefined,
  ]);
});

test("damaged files hide no landing but their own", async () => {
  await using scene = await twoLanded();
  for (const name of ["other:other-1.txt", "main:between.txt", "open:open.txt"]) {
    const file = fileOf(scene, await scene.sha(name));
    await rm(file, { force: true });
    await writeFile(file, "no object");
  }
  await using copy = copyOf(scene.path);
  await copy.refresh();
  await copy.repo.settled();
  expect(["api", "other", "open"].map((branch) => howOf(copy, branch))).toEqual([
    "squash",
    undefined,
    undefined,
  ]);
});

test("what is known of a change up to a missing file is not taken for all of it", async () => {
  await using scene = await twoLanded();
  const files = { "between.txt": "between\n", "z.txt": "missing\n" };
  await scene.commit("half", { parent: await scene.sha("open~1"), files });
  await unpackObjects(scene);
  await rm(fileOf(scene, await scene.sha("half:z.txt")));
  await using copy = copyOf(scene.path);
  await copy.refresh();
  await copy.repo.settled();
  expect(["other", "half"].map((branch) => howOf(copy, branch))).toEqual(["squash", undefined]);
});

test("what was missing is asked for again when the trunk moves", async () => {
  await using scene = await twoLanded();
  const file = fileOf(scene, await scene.sha("other:other-1.txt"));
  const content = await readFile(file);
  await rm(file);
  await using copy = copyOf(scene.path);
  await copy.refresh();
  await copy.repo.settled();
  expect(howOf(copy, "other")).toBeUndefined();
  await writeFile(file, content);
  await scene.commit("main", { files: { "later.txt": "later\n" } });
  await copy.refresh();
  await copy.repo.settled();
  expect(howOf(copy, "other")).toBe("squash");
});

test("a partial clone tells what merged, and of the others those whose files it has, without fetching", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "shop.txt": "one\n" } });
    for (const n of [1, 2]) s.commit("theirs", { files: { "shop.txt": `theirs ${n}\n` } });
    s.commit("merged", { parent: "main", files: { "merged.txt": "merged\n" } });
    s.commit("main", { files: { "more.txt": "more\n" } });
  });
  await scene.git("config", "uploadpack.allowFilter", "true");
  const clone = join(scene.root, "partial");
  const url = `file://${scene.path}`;
  await scene.gitIn(scene.root, "clone", "--quiet", "--filter=blob:none", url, clone);
  for (const name of ["theirs", "merged"])
    await scene.gitIn(clone, "branch", "--quiet", name, `origin/${name}`);
  await scene.gitIn(clone, "switch", "--quiet", "-c", "mine", "main");
  for (const n of [1, 2]) {
    await writeFile(join(clone, `mine-${n}.txt`), `mine ${n}\n`);
    await scene.gitIn(clone, "add", ".");
    await scene.gitIn(clone, "commit", "--quiet", "-m", `Mine ${n}`);
  }
  await scene.gitIn(clone, "push", "--quiet", "origin", "mine");
  // Others' commits before them, whose files are not fetched.
  for (let n = 0; n < 12; n++) await scene.commit("main", { files: { "elsewhere.txt": `${n}\n` } });
  for (const [branch, method] of [
    ["theirs", "squash"],
    ["mine", "squash"],
    ["merged", "merge"],
  ] as const) {
    await land(scene, method, `Land ${branch}`, branch);
  }
  await scene.gitIn(clone, "fetch", "--quiet", "origin");
  await scene.gitIn(clone, "update-ref", "refs/heads/main", "origin/main");
  const packs = () => testGit(["count-objects", "-v"], { cwd: clone });
  const before = await packs();

  await using copy = copyOf(clone);
  await copy.refresh();
  await copy.repo.settled();
  const landed = ["mine", "theirs"].map((branch) => howOf(copy, branch));
  expect(landed).toEqual(["squash", undefined]);
  expect(copy.snapshot.view().unstacked.map(({ name }) => name)).toContain("merged");
  expect(await packs()).toBe(before);
});

test("a shallow clone tells what landed above its edge", async () => {
  await using scene = await createScene(
    (s) => {
      for (const n of [1, 2, 3, 4]) s.commit("main", { files: { "shop.txt": `${n}\n` } });
      for (const n of [1, 2]) s.commit("api", { files: { [`api-${n}.txt`]: `${n}\n` } });
      s.commit("main", { files: { "main.txt": "meanwhile\n" } });
    },
    { bare: true },
  );
  const commit = await land(scene, "squash");
  const clone = join(scene.root, "shallow");
  const url = `file://${scene.path}`;
  await scene.gitIn(scene.root, "clone", "--quiet", "--depth=4", "--no-single-branch", url, clone);
  await scene.gitIn(clone, "branch", "--quiet", "api", "origin/api");
  await using copy = copyOf(clone);
  await copy.refresh();
  await copy.repo.settled();
  expect(copy.snapshot.branch("api")?.landed).toMatchObject({ how: "squash", commit });
});
