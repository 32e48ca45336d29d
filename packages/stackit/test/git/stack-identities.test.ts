import { expect, test } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { createScene } from "../support/git-scene.ts";
import { mirroredScene } from "../support/mirrored-scene.ts";
import { copyOf, type ReadCopy } from "../support/read-copy.ts";

/** `id root` of each stack, by root. */
const stacksOf = ({ snapshot }: Pick<ReadCopy, "snapshot">): string[] =>
  snapshot
    .stackSummaries()
    .map(({ id, rootBranch }) => `${rootBranch} ${id}`)
    .sort();

test("a link to a stack outlives the landing of its root, a new name, a restack and the server", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
    s.stacked("docs", "ui");
    s.stacked("other", "main");
  });
  await using store = await openStore(":memory:");
  const open = () => copyOf(scene.path, undefined, { stacks: store.stacks("working-copy") });
  let id: string | undefined;
  {
    await using copy = open();
    await copy.refresh();
    id = copy.snapshot.stack("api")?.id;
    expect(id).toMatch(/^[0-9a-f]{12}$/);

    await scene.git("merge", "--quiet", "--no-ff", "-m", "Merge api", "api");
    await scene.git("branch", "-D", "api");
    await copy.refresh();
    expect(copy.snapshot.stack(id ?? "")).toMatchObject({ id, rootBranch: "ui" });
    expect(copy.snapshot.stack("api")).toMatchObject({ id, rootBranch: "ui" });

    await scene.git("branch", "-m", "ui", "page");
    await copy.refresh();
    expect(copy.snapshot.stack("ui")).toMatchObject({ id, rootBranch: "page" });
    // What the store has is written behind what is shown.
    await expect
      .poll(async () => (await store.stacks("working-copy").recall()).find((one) => one.id === id)?.roots[0])
      .toBe("page");
  }

  await scene.metadata("docs", { parentBranchName: "page" });
  await scene.amend("page", "Say it otherwise");
  await using again = open();
  await again.refresh();
  expect(again.snapshot.stack(id ?? "")).toMatchObject({ id, rootBranch: "page" });
  expect(again.snapshot.stack("api")?.id).toBe(id);
  expect(again.snapshot.stack("nobody")).toBeUndefined();
  expect(new Set(stacksOf(again)).size).toBe(2);
});

test("a mirror keeps the ids of its stacks, and a branch that is pushed again gets its own back", async () => {
  await using scene = await mirroredScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  });
  await scene.refresh();
  const id = scene.mirror.snapshot?.stack("api")?.id;
  const tips = await Promise.all(["api", "ui"].map((name) => scene.upstream.sha(name)));
  for (const name of ["api", "ui"]) await scene.upstream.git("update-ref", "-d", `refs/heads/${name}`);
  await scene.refresh();
  expect(scene.mirror.snapshot?.stack(id ?? "")).toBeUndefined();
  for (const [index, name] of ["api", "ui"].entries())
    await scene.upstream.git("update-ref", `refs/heads/${name}`, tips[index] ?? "");
  await scene.refresh();
  expect(scene.mirror.snapshot?.stack(id ?? "")).toMatchObject({ id, rootBranch: "api" });
});
