import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { planOf, post, submitWorld, threeStacked, wishing } from "../support/submit-world.ts";

const wishes = { labels: ["stacked"], reviewers: ["theo", "octo/core"] };
const WISHED = { labels: ["stacked"], requested: ["theo", "core"] };

test("new pull requests get the labels and the reviewers of the configuration, and what people take away stays away", async () => {
  await using world = await submitWorld(threeStacked);
  await using served = await world.serve(wishing(world, wishes));
  expect(await planOf(served, "api")).toMatchObject(wishes);
  expect((await post(served, "api")).body.outcome).toBe("submitted");
  expect(world.widget.pullRequests).toMatchObject([WISHED, WISHED, WISHED]);

  for (const pr of world.widget.pullRequests) world.github.change(pr, { labels: [], requested: [] });
  await world.upstream.scene.commit("docs", { message: "More" });
  expect((await post(served, "api")).body.outcome).toBe("submitted");
  expect(world.widget.pullRequests).toMatchObject(Array(3).fill({ labels: [], requested: [] }));
});

test("nobody is asked to review a draft; once it is said to be ready, they are", async () => {
  await using world = await submitWorld(threeStacked);
  await using served = await world.serve(wishing(world, { ...wishes, draft: true }));
  expect((await planOf(served, "api")).branches.map(({ draft }) => draft)).toEqual([true, true, true]);
  await post(served, "api");
  const drafts = Array(3).fill({ isDraft: true, labels: ["stacked"], requested: [] });
  expect(world.widget.pullRequests).toMatchObject(drafts);

  const { body: plan } = await post<{ id: string; branches: { changes: string[] }[] }>(
    served,
    "api",
    { ready: true },
    { query: "?dryRun=1" },
  );
  expect(plan.branches.map(({ changes }) => changes)).toEqual([["ready"], ["ready"], ["ready"]]);
  expect((await post(served, "api", { plan: plan.id })).body.code).toBe("submit/plan-changed");
  expect((await post(served, "api", { plan: plan.id, ready: true })).body.outcome).toBe("submitted");
  expect(world.widget.pullRequests).toMatchObject(Array(3).fill({ isDraft: false, ...WISHED }));
});

test("a reviewer whom GitHub refuses, and a team of others, are told, while the others are asked and the pull request is there", async () => {
  await using world = await submitWorld(threeStacked);
  world.widget.collaborators = new Set(["theo"]);
  const strangers = { ...wishes, reviewers: ["theo", "nobody", "others/core", "Octo/core"] };
  await using served = await world.serve(wishing(world, strangers));
  const { body } = await post(served, "api");
  expect(body.outcome).toBe("submitted");
  for (const { state, warnings } of body.branches) {
    expect(state).toBe("done");
    expect(warnings).toEqual([
      "others/core was not asked to review it: no team of octo.",
      expect.stringMatching(/^nobody was not asked to review it: .*collaborators/),
    ]);
  }
  expect(world.widget.pullRequests).toMatchObject([WISHED, WISHED, WISHED]);
});

test.each([
  ["is opened", 0],
  ["has its labels", 1],
])(
  "what a pull request lacks when the server ends once it %s, it gets by the next submit",
  async (_when, changes) => {
    await using world = await submitWorld((s) => {
      s.commit("main");
      s.stacked("api", "main", { message: "Add the API" });
    });
    const dataDir = await mkdtemp(join(tmpdir(), "stackit-wishes-"));
    try {
      const reached = Promise.withResolvers<void>();
      world.github.mishaps.push(...Array<"none">(changes).fill("none"), { hangAfter: reached.resolve });
      let asked: Promise<unknown>;
      {
        await using served = await world.serve({ ...wishing(world, wishes), dataDir });
        asked = post(served, "api").catch(() => undefined);
        await reached.promise;
      }
      await asked;
      expect(world.widget.pullRequests).toMatchObject([{ requested: [] }]);
      await using served = await world.serve({ ...wishing(world, wishes), dataDir });
      expect((await post(served, "api")).body.outcome).toBe("submitted");
      expect(world.widget.pullRequests).toMatchObject([WISHED]);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  },
);

test("pull requests in one line are made a stack of GitHub's own where that is wished, and new ones put on top", async () => {
  await using world = await submitWorld(threeStacked);
  await using served = await world.serve(wishing(world, { nativeStack: true }));
  await post(served, "api", { branches: [{ name: "api" }, { name: "ui" }] });
  const positions = () => world.widget.pullRequests.map(({ stack }) => stack?.position);
  expect(positions()).toEqual([1, 2]);
  await post(served, "api");
  expect(positions()).toEqual([1, 2, 3]);
  await world.upstream.scene.commit("docs", { message: "More" });
  expect((await post(served, "api")).body).toMatchObject({ outcome: "submitted" });
  expect(positions()).toEqual([1, 2, 3]);
});

test("no stack of GitHub's own is made of what forks, nor where GitHub has none, nor where nobody wished it", async () => {
  for (const { hasStacks, wish, forks } of [
    { hasStacks: true, wish: true, forks: true },
    { hasStacks: false, wish: true, forks: false },
    { hasStacks: true, wish: false, forks: false },
  ]) {
    await using world = await submitWorld((s) => {
      s.commit("main");
      s.stacked("api", "main", { message: "Add the API" });
      s.stacked("ui", "api", { message: "Show it" });
      if (forks) s.stacked("docs", "api", { message: "Tell of it" });
    });
    world.github.hasStacks = hasStacks;
    await using served = await world.serve(wishing(world, { nativeStack: wish }));
    const { body } = await post(served, "api");
    expect(body.outcome).toBe("submitted");
    expect(body.branches.flatMap(({ warnings = [] }) => warnings)).toEqual([]);
    expect(world.widget.pullRequests.every(({ stack }) => stack === null)).toBe(true);
  }
});
