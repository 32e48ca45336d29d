import { rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fingerprintTree } from "../support/fingerprint-tree.ts";
import { gitHttpHost } from "../support/git-http-host.ts";
import { createScene } from "../support/git-scene.ts";

test("the fingerprint of a tree stays while it is only read, and shows the smallest touch", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  await scene.makeDirty();
  const before = await fingerprintTree(scene.path);
  expect(await fingerprintTree(scene.path)).toBe(before);

  const file = join(scene.path, "tracked-b.txt");
  await utimes(file, new Date(), new Date());
  const touched = await fingerprintTree(scene.path);
  expect(touched).not.toBe(before);

  // The same bytes under a new inode, as after a lock file was renamed over it.
  await writeFile(`${scene.gitDir}/HEAD.lock`, "ref: refs/heads/main\n");
  await rename(`${scene.gitDir}/HEAD.lock`, `${scene.gitDir}/HEAD`);
  expect(await fingerprintTree(scene.path)).not.toBe(touched);
});

test("git status on a stale index is a touch that the fingerprint sees", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  await scene.makeDirty();
  const before = await fingerprintTree(scene.path);
  await scene.git("status");
  expect(await fingerprintTree(scene.path)).not.toBe(before);
});

test("the git host serves clones, fetches and pushes, and counts each request", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
  });
  await scene.addRemote("bare");
  await using host = await gitHttpHost(scene.root);
  expect(host.requests).toEqual([]);

  await scene.gitIn(scene.root, "clone", "--quiet", `${host.url}/repo-bare.git`, "clone");
  const cloned = `${scene.root}/clone`;
  expect(await scene.gitIn(cloned, "rev-parse", "origin/api")).toBe(await scene.sha("api"));
  const requests = host.requests.length;
  expect(requests).toBeGreaterThan(1);

  await scene.gitIn(cloned, "push", "--quiet", "origin", "origin/main:refs/heads/copy");
  expect(await scene.git("ls-remote", "bare", "refs/heads/copy")).toContain(await scene.sha("main"));
  expect(host.requests.slice(requests).join("\n")).toContain("git-receive-pack");
});
