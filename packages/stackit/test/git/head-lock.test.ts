import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { withHeadLock } from "../../src/repos/head-lock.ts";
import { createScene } from "../support/git-scene.ts";

test("the lock of HEAD tells whose it is from the moment that it is there", async () => {
  await using scene = await createScene((s) => s.commit("main"), { bare: true });
  const gitDir = scene.path;
  const oid = await scene.sha("main");
  await scene.git("update-ref", "--no-deref", "HEAD", oid);
  const seen = new Set<string>();
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      try {
        seen.add(readFileSync(join(gitDir, "HEAD.lock"), "utf8"));
      } catch {
        // It is not there.
      }
      await turn();
    }
  })();
  for (let time = 0; time < 50; time++) await withHeadLock(gitDir, oid, async () => {});
  isOver = true;
  await watching;
  expect([...seen]).toEqual(["held by stackit\n"]);
  expect((await readdir(gitDir)).filter((name) => /lock/.test(name))).toEqual([]);
});
