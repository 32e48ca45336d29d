import { expect, test } from "vitest";
import { land, type Method } from "../support/landings.ts";
import {
  actionsOf,
  planOf,
  post,
  type SubmitWorld,
  submitWorld,
  threeStacked,
} from "../support/submit-world.ts";

/** Open pull requests, as `head into base`, and what each would bring. */
async function openOnes({ upstream: { scene }, widget }: SubmitWorld): Promise<Record<string, string>> {
  const open = widget.pullRequests.filter(({ state }) => state === "OPEN");
  const brings = open.map(async ({ head, base }) => [
    `${head} into ${base}`,
    (await scene.git("log", "--format=%s", `${base}..${head}`)).replaceAll("\n", ", "),
  ]);
  return Object.fromEntries(await Promise.all(brings));
}

test("branches that fork get a pull request each, into the one that they share", async () => {
  await using world = await submitWorld((s) => {
    s.commit("main");
    s.stacked("api", "main", { message: "Add the API" });
    s.stacked("ui", "api", { message: "Show it" });
    s.stacked("docs", "api", { message: "Tell of it" });
  });
  await using served = await world.serve();
  expect((await post(served, "api")).body.outcome).toBe("submitted");
  expect(await openOnes(world)).toEqual({
    "api into main": "Add the API",
    "ui into api": "Show it",
    "docs into api": "Tell of it",
  });
  for (const { body } of world.widget.pullRequests) {
    expect(body).toMatch(/\* \*\*PR #1\*\*[^*]+ {2}\* \*\*PR #\d\*\*[^*]+ {2}\* \*\*PR #\d\*\*/);
  }
});

test.each<Method>(["merge", "squash", "rebase"])(
  "what stood on a pull request that landed by %s goes into the trunk, without the commits that landed",
  async (method) => {
    await using world = await submitWorld(threeStacked);
    const { scene } = world.upstream;
    await using served = await world.serve();
    await post(served, "api");
    const mergeCommit = await land(scene, method);
    const [api] = world.widget.pullRequests;
    if (!api) throw new Error("it has no pull request");
    world.github.change(api, { state: "MERGED", mergedAt: "2026-01-06T10:00:00Z", mergeCommit });
    await scene.commit("main", { files: { "later.txt": "later\n" } });

    const restack = method === "merge" ? "" : "restack and ";
    await expect
      .poll(async () => actionsOf(await planOf(served, "api")), { timeout: 30_000 })
      .toEqual([`${restack}update ui into main`, `${restack}update docs into ui`]);
    expect((await post(served, "api")).body.outcome).toBe("submitted");
    expect(await openOnes(world)).toEqual({ "ui into main": "Show it", "docs into ui": "Tell of it" });
    expect(await scene.git("diff", "--name-only", "main...docs")).toBe("docs.txt\nui.txt");
    expect(actionsOf(await planOf(served, "ui"))).toEqual(["nothing ui into main", "nothing docs into ui"]);
  },
);

test("branches that changed places are pushed and go into their new bases", async () => {
  await using world = await submitWorld(threeStacked);
  const { scene } = world.upstream;
  await using served = await world.serve();
  await post(served, "api");
  await scene.write((s) => {
    s.commit("docs-new", { parent: "api", message: "Tell of it", files: { "docs.txt": "told\n" } });
    s.commit("ui-new", { parent: "docs-new", message: "Show it", files: { "ui.txt": "shown\n" } });
  });
  for (const branch of ["docs", "ui"]) {
    await scene.git("update-ref", `refs/heads/${branch}`, `refs/heads/${branch}-new`);
    await scene.git("update-ref", "-d", `refs/heads/${branch}-new`);
  }
  await scene.metadata("docs", { parentBranchName: "api" });
  await scene.metadata("ui", { parentBranchName: "docs" });
  await expect
    .poll(async () => actionsOf(await planOf(served, "api")))
    .toEqual(["nothing api into main", "update docs into api", "update ui into docs"].map(withStack));
  expect((await post(served, "api")).body.outcome).toBe("submitted");
  expect(await openOnes(world)).toEqual({
    "api into main": "Add the API",
    "docs into api": "Tell of it",
    "ui into docs": "Show it",
  });
});

test("a branch under a new name gets a pull request of its own, and what stands on it goes there", async () => {
  await using world = await submitWorld(threeStacked);
  const { scene } = world.upstream;
  await using served = await world.serve();
  await post(served, "api");
  await scene.git("branch", "--move", "ui", "face");
  await scene.git("update-ref", "-d", "refs/stackit/metadata/ui");
  await scene.metadata("face", { parentBranchName: "api" });
  await scene.metadata("docs", { parentBranchName: "face" });
  const ui = world.widget.pullRequests.find(({ head }) => head === "ui");
  // As GitHub does when a branch goes.
  if (ui) world.github.change(ui, { state: "CLOSED" });
  expect((await post(served, "api")).body.outcome).toBe("submitted");
  expect(await openOnes(world)).toEqual({
    "api into main": "Add the API",
    "face into api": "Show it",
    "docs into face": "Tell of it",
  });
});

/** Each tells of the stack, which is another then. */
const withStack = (action: string): string => action.replace("nothing", "update");
