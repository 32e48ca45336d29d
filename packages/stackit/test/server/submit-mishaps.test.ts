import { expect, test } from "vitest";
import type { Submission, SubmitPlan } from "../../src/contract/submit.ts";
import { TOKEN } from "../support/forge-world.ts";
import { land, type Method } from "../support/landings.ts";
import { eventThat } from "../support/served-folders.ts";
import {
  actionsOf,
  planOf,
  post,
  type SubmitWorld,
  submitWorld,
  threeStacked,
} from "../support/submit-world.ts";

const states = ({ branches }: Submission) =>
  branches.map(({ name, state, error, pr }) => [name, state, error?.code ?? pr?.number]);

const heads = async ({ upstream }: SubmitWorld) =>
  upstream.scene.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/stackit");

test("a conflict is told with its files, holds back what stands on it and nothing else", async () => {
  await using world = await submitWorld((s) => {
    s.commit("main", { files: { "shop.txt": "one\n" } });
    s.stacked("api", "main", { files: { "shop.txt": "api\n" } });
    s.stacked("ui", "api", { files: { "shop.txt": "ui\n" } });
    s.stacked("ui-more", "ui");
    s.stacked("docs", "api");
    s.commit("api", { files: { "shop.txt": "better\n" } });
  });
  await using served = await world.serve();
  const plan = await planOf(served, "api");
  expect(actionsOf(plan)).toEqual([
    "create api into main",
    "restack and create docs into api",
    "restack and cannot ui into api (conflict)",
    "restack and cannot ui-more into ui (below)",
  ]);
  expect(plan.branches[2]?.reason).toMatchObject({ files: ["shop.txt"] });
  const ui = await world.tip("ui");
  const { body } = await post(served, "api");
  expect(states(body)).toEqual([
    ["api", "done", 1],
    ["docs", "done", 2],
    ["ui", "skipped", undefined],
    ["ui-more", "skipped", undefined],
  ]);
  expect(await world.tip("ui")).toBe(ui);
  expect(await world.upstream.scene.git("rev-parse", "docs~1")).toBe(await world.tip("api"));
  const { status, body: none } = await post<{ plan: SubmitPlan }>(served, "api", {
    branches: [{ name: "ui" }],
  });
  expect([status, none.code]).toEqual([409, "submit/nothing-possible"]);
});

test("a locked branch is not rewritten, and says so", async () => {
  await using world = await submitWorld((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.commit("ui", { parent: "api" });
    s.metadata("ui", { parentBranchName: "api", lockReason: "consolidating" });
    s.stacked("docs", "ui");
    s.commit("api");
  });
  await using served = await world.serve();
  expect(actionsOf(await planOf(served, "api"))).toEqual([
    "create api into main",
    "restack and cannot ui into api (locked)",
    "restack and cannot docs into ui (below)",
  ]);
});

for (const method of ["merge", "squash", "rebase"] satisfies Method[]) {
  test(`what has landed by ${method} is skipped: its commits are not replayed, and what stood on it goes into the trunk`, async () => {
    await using world = await submitWorld(threeStacked);
    const { scene } = world.upstream;
    await using served = await world.serve();
    await post(served, "api");
    const { github, widget } = world;
    await land(scene, method);
    const [api] = widget.pullRequests;
    if (!api) throw new Error("no pull request");
    const mergeCommit = await scene.sha("main");
    github.change(api, { state: "MERGED", mergedAt: new Date().toISOString(), mergeCommit });
    await scene.commit("main", { files: { "later.txt": "more\n" } });
    await served.sync({}, {}, "widget");
    await expect
      .poll(async () => actionsOf(await planOf(served, "ui").catch(() => planOf(served, "api"))))
      .toEqual([
        expect.stringMatching(/^(restack and )?update ui into main$/),
        expect.stringMatching(/^(restack and )?(update|push) docs into ui$/),
      ]);
    const before = await scene.git("diff", "ui~1", "ui");
    const { body } = await post(served, "ui").then((one) => (one.status === 404 ? post(served, "api") : one));
    expect(body.outcome).toBe("submitted");
    expect(await scene.git("diff", "ui~1", "ui")).toBe(before);
    expect(await scene.git("rev-list", "--count", "--first-parent", `${mergeCommit}..ui`)).not.toBe("0");
    expect((await scene.git("log", "--format=%s", "main..ui")).split("\n")).toEqual(["Show it"]);
    expect((await scene.git("log", "--format=%s", "ui..docs")).split("\n")).toEqual(["Tell of it"]);
    expect(widget.pullRequests[1]).toMatchObject({ head: "ui", base: "main", state: "OPEN" });
    expect(widget.pullRequests[1]?.body).toContain("#2** `ui` 👈");
  });
}

test("a failure in the midst is told branch by branch, and another submit does what is left, once", async () => {
  await using world = await submitWorld((s) => {
    threeStacked(s);
    s.commit("api", { message: "One more" });
  });
  const { github, widget } = world;
  await using served = await world.serve();
  github.mishaps.push("none", "none", "secondary-limit");
  const { body } = await post(served, "api");
  expect(body).toMatchObject({ outcome: "partial", error: { code: "sync/rate-limited" } });
  expect(Date.parse(body.error?.retryAt ?? "")).toBeGreaterThan(Date.now());
  expect(states(body)).toEqual([
    ["api", "failed", "sync/rate-limited"],
    ["ui", "failed", "sync/rate-limited"],
    ["docs", "failed", "sync/rate-limited"],
  ]);
  expect(body.branches.map(({ pr }) => pr?.number)).toEqual([1, 2, undefined]);
  const pushed = await heads(world);
  const plan = await planOf(served, "api");
  expect(actionsOf(plan)).toEqual(["update api into main", "update ui into api", "create docs into ui"]);
  expect((await post(served, "api", { branches: [{ name: "docs" }] })).body.outcome).toBe("submitted");
  expect(widget.pullRequests.map(({ head }) => head)).toEqual(["api", "ui", "docs"]);
  for (const { body: text } of widget.pullRequests) expect(text).toContain("* **PR #3**");
  // But for what is noted of the new pull request.
  expect((await heads(world)).split("\n").filter((line) => line.includes("heads"))).toEqual(
    pushed.split("\n").filter((line) => line.includes("heads")),
  );
});

test("lost answers and bad gateways make no second pull request", async () => {
  await using world = await submitWorld(threeStacked);
  const { github, widget } = world;
  await using served = await world.serve();
  github.mishaps.push("cut-off-after", "bad-gateway-before", "none", "bad-gateway-after", "cut-off-after");
  const { body } = await post(served, "api");
  expect(body.outcome).toBe("submitted");
  expect(widget.pullRequests.map(({ head, base }) => `${head} into ${base}`)).toEqual([
    "api into main",
    "ui into api",
    "docs into ui",
  ]);
});

test("one pull request that GitHub refuses does not stop the others, and its own words are told", async () => {
  await using world = await submitWorld(threeStacked);
  const { widget, upstream } = world;
  await using served = await world.serve();
  await post(served, "api", { branches: [{ name: "api" }] });
  const [api] = widget.pullRequests;
  if (!api) throw new Error("no pull request");
  // A stack of GitHub's own, whose bases cannot be changed.
  world.github.change(api, { stack: { number: 1, size: 2, position: 1, base: "main" }, base: "other" });
  await upstream.scene.git("branch", "other", "main");
  const { body } = await post(served, "api");
  expect(states(body)).toEqual([
    ["api", "failed", "submit/pull-request-refused"],
    ["ui", "done", 2],
    ["docs", "done", 3],
  ]);
  expect(body.branches[0]?.error?.detail).toEqual(expect.stringContaining("GitHub refuses this"));
});

test("a chosen part is submitted with the titles that were given, and never without its ground", async () => {
  await using world = await submitWorld(threeStacked);
  const { widget } = world;
  await using served = await world.serve();
  const without = await post(served, "api", { branches: [{ name: "docs" }] });
  expect([without.status, without.body.code]).toEqual([400, "request/invalid"]);
  expect(without.body.detail).toContain("ui");
  const unknown = await post(served, "api", { branches: [{ name: "main" }] });
  expect([unknown.status, unknown.body.code]).toEqual([400, "request/invalid"]);
  const branches = [{ name: "api", title: "My API", draft: true }, { name: "ui" }];
  const { body } = await post(served, "api", { branches });
  expect(states(body)).toEqual([
    ["api", "done", 1],
    ["ui", "done", 2],
    ["docs", "skipped", undefined],
  ]);
  expect(widget.pullRequests.map(({ title, isDraft }) => [title, isDraft])).toEqual([
    ["My API", true],
    ["Show it", false],
  ]);
});

test("what is no stack, and who may not write, is refused before anything is done", async () => {
  await using world = await submitWorld(threeStacked);
  await using served = await world.serve();
  const codeOf = async (root: string) => {
    const { status, body } = await post(served, root);
    return [status, body.code];
  };
  expect(await codeOf("main")).toEqual([409, "submit/trunk"]);
  expect(await codeOf("nothing")).toEqual([404, "stack/not-found"]);
  world.github.people.set(TOKEN, { login: "robin", permission: "READ" });
  expect(await codeOf("api")).toEqual([403, "submit/not-permitted"]);
  world.github.people.clear();
  world.github.personalTokens.clear();
  expect(await codeOf("api")).toEqual([403, "submit/no-credentials"]);
  expect(world.widget.pullRequests).toEqual([]);
});

test("two submits of one stack do not overlap, and no run begins beside one", async () => {
  await using world = await submitWorld(threeStacked);
  const { widget } = world;
  await using served = await world.serve();
  await using events = await served.events("/repos/widget/events");
  const held = Promise.withResolvers<void>();
  const { git } = widget;
  if (!git) throw new Error("no Git host");
  widget.git = {
    ...git,
    async tip(branch) {
      await held.promise;
      return git.tip(branch);
    },
  };
  const first = await post(served, "api", {}, { headers: { prefer: "respond-async" } });
  expect(first.status).toBe(202);
  const second = await post<{ submission: Submission }>(served, "api");
  expect([second.status, second.body.code]).toEqual([409, "submit/under-way"]);
  expect(second.body.submission.id).toBe(first.body.id);
  const run = await (await served.sync({}, { prefer: "respond-async" }, "widget")).json();
  expect(run.state).toBe("queued");
  held.resolve();
  const told = await eventThat(
    events,
    ({ name, data }) => name === "submit" && Object(Object(data).submission).state === "finished",
  );
  expect(told.data).toMatchObject({ submission: { id: first.body.id, outcome: "submitted" } });
  expect(await served.get(`/repos/widget/submissions/${first.body.id}`)).toMatchObject({
    outcome: "submitted",
  });
});
