import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import type { View } from "../../src/contract/view.ts";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { type ForgeWorld, forgeWorld } from "../support/forge-world.ts";
import { land } from "../support/landings.ts";
import type { ServedFolders } from "../support/served-folders.ts";

const WITHIN = { timeout: 15_000 };

let browser: Browser;
beforeAll(async () => {
  if (canBrowse) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

/** The stack of `api`, `ui` and `docs` is the oldest of many, so it is far down in the list. */
async function manyStacks(): Promise<ForgeWorld> {
  const world = await forgeWorld((writer) => {
    writer.commit("main");
    writer.stacked("api", "main");
    writer.stacked("ui", "api");
    writer.stacked("docs", "ui");
    for (let n = 1; n <= 15; n++) {
      writer.stacked(`other-${n}`, "main");
      writer.stacked(`another-${n}`, `other-${n}`);
    }
  });
  for (const head of ["api", "ui", "docs"]) {
    world.github.openPullRequest("octo/widget", { head, headOid: await world.tip(head) });
  }
  return world;
}

async function open(served: ServedFolders): Promise<{ page: Page; goTo(place: string): Promise<void> }> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  return {
    page,
    goTo: async (place) => {
      await page.goto(`${served.url}/r/octo/widget${place}`);
    },
  };
}

const marked = (page: Page) => page.locator(".stack[data-marked]");

const seenIn = (page: Page) =>
  expect.poll(async () => {
    const box = await marked(page).boundingBox();
    return box !== null && box.y > 0 && box.y < 800;
  }, WITHIN);

browserTest(
  "a link to a stack leads to it after its root was merged, a branch was renamed, and it was restacked",
  async () => {
    await using world = await manyStacks();
    const { scene } = world.upstream;
    await using served = await world.serve();
    const { page, goTo } = await open(served);
    const { stacks } = await served.get<View>("/repos/widget/view");
    const id = stacks.find(({ rootBranch }) => rootBranch === "api")?.id;
    const isAt = (branch: string) =>
      expect
        .poll(async () => {
          const { pathname } = new URL(page.url());
          const rows = await marked(page)
            .getByRole("link", { name: new RegExp(`\\b${branch}, `) })
            .count();
          return { pathname, rows };
        }, WITHIN)
        .toEqual({ pathname: `/r/octo/widget/-/stack/${id}`, rows: 1 });

    await goTo("/-/stack/api");
    await isAt("api");
    await seenIn(page).toBe(true);

    await land(scene, "squash");
    await scene.git("update-ref", "-d", "refs/heads/api");
    await served.sync({}, {}, "widget");
    await goTo("/-/stack/api");
    await isAt("ui");

    await scene.git("branch", "-m", "ui", "view");
    await served.sync({}, {}, "widget");
    for (const old of [id, "api", "ui"]) {
      await goTo(`/-/stack/${old}`);
      await isAt("view");
    }

    const restacked = await scene.git("commit-tree", "-p", "main", "-m", "Change view", "view^{tree}");
    await scene.git("update-ref", "refs/heads/view", restacked);
    await served.sync({}, {}, "widget");
    await goTo(`/-/stack/${id}`);
    await isAt("view");
    await seenIn(page).toBe(true);
    await page.close();
  },
);

browserTest("the title of a stack leads to its address, and marks it", async () => {
  await using world = await manyStacks();
  await using served = await world.serve();
  const { page, goTo } = await open(served);
  await goTo("");
  const link = page.getByRole("link", { name: /^Stack / }).first();
  const href = await link.getAttribute("href", WITHIN);
  await link.click();
  await marked(page).waitFor(WITHIN);
  expect(new URL(page.url()).pathname).toBe(href);
  await page.goBack();
  await marked(page).waitFor({ ...WITHIN, state: "detached" });
  await page.close();
});

browserTest(
  "a link to a pull request opens its branch, and one to what is gone says what became of it",
  async () => {
    await using world = await manyStacks();
    const { scene } = world.upstream;
    await using served = await world.serve();
    const { page, goTo } = await open(served);
    await expect
      .poll(async () =>
        (await served.get<View>("/repos/widget/view")).stacks.some(({ prCount }) => prCount === 3),
      )
      .toBe(true);
    await goTo("/-/pr/2");
    await page.waitForURL("**/r/octo/widget/-/branch/ui", WITHIN);
    await page.getByRole("region", { name: "Branch ui" }).waitFor(WITHIN);

    const [pull] = world.widget.pullRequests;
    const mergeCommit = await land(scene, "squash");
    if (pull) world.github.change(pull, { state: "MERGED", mergeCommit, mergedAt: new Date().toISOString() });
    await scene.git("update-ref", "-d", "refs/heads/api");
    await served.sync({}, {}, "widget");
    for (const place of ["/-/branch/api", "/-/pr/1"]) {
      await goTo(place);
      await page.getByRole("heading", { name: "This branch has landed" }).waitFor(WITHIN);
    }
    await page.getByRole("link", { name: /^Show the stack / }).click();
    await marked(page)
      .getByRole("link", { name: /\bui, / })
      .waitFor(WITHIN);

    await scene.git("branch", "-m", "ui", "view");
    await served.sync({}, {}, "widget");
    await goTo("/-/branch/ui");
    await page.getByText("was the root of a stack that has another one now.").waitFor(WITHIN);
    await page.getByRole("link", { name: /^Show the stack / }).click();
    await marked(page)
      .getByRole("link", { name: /\bview, / })
      .waitFor(WITHIN);

    const head = await scene.sha("another-3");
    const { stacks } = await served.get<View>("/repos/widget/view");
    const wholeStack = stacks.find(({ rootBranch }) => rootBranch === "other-5");
    await scene.git("branch", "-D", "another-3", "other-5", "another-5");
    await served.sync({}, {}, "widget");
    await goTo("/-/branch/another-3");
    await page.getByRole("heading", { name: "This branch is gone" }).waitFor(WITHIN);
    await page
      .getByText(/another-3 was deleted (just now|\d+\s*s ago), or has another name since/)
      .waitFor(WITHIN);
    await page.locator("code").getByText(head.slice(0, 7)).waitFor(WITHIN);
    await page.getByRole("link", { name: /^Show the stack / }).click();
    await marked(page)
      .getByRole("link", { name: /\bother-3, / })
      .waitFor(WITHIN);
    await goTo(`/-/stack/${wholeStack?.id}`);
    await page.getByText(/This stack is gone\. Its last branch was deleted or renamed/).waitFor(WITHIN);

    await goTo("/-/branch/nobody");
    await page.getByRole("heading", { name: "There is no such branch" }).waitFor(WITHIN);
    await page.getByRole("link", { name: "Show all stacks" }).click();
    await page.waitForURL("**/r/octo/widget", WITHIN);
    await goTo("/-/stack/nothing");
    await page.getByText("This stack is gone.").waitFor(WITHIN);
    await goTo("/-/pr/99");
    await page.getByText("No stack here has pull request #99.").waitFor(WITHIN);
    await page.getByRole("link", { name: "Show all stacks" }).click();
    await page.waitForURL("**/r/octo/widget", WITHIN);
    await page.close();
  },
);

browserTest(
  "what was merged lately is told with its pull requests, those of a whole stack by their titles",
  async () => {
    await using world = await forgeWorld((writer) => {
      writer.commit("main");
      writer.commit("main", { message: "Add the till (#7)" });
      writer.commit("main", {
        message: "Open the shop\n\nStackit-PRs: 1, 2\n",
        author: "Mira <mira@example.com>",
      });
      writer.stacked("next", "main");
    });
    for (const head of ["api", "ui"]) {
      world.github.openPullRequest("octo/widget", { head, title: `Do ${head}`, state: "MERGED" });
    }
    await using served = await world.serve();
    const { page, goTo } = await open(served);
    await goTo("");
    await page.getByRole("button", { name: "Show 3 commits lately on main" }).click(WITHIN);
    const line = (text: string) => page.locator(".commit-line, .pull-line").filter({ hasText: text });
    await line("#2").waitFor(WITHIN);
    const told = async (text: string) => (await line(text).innerText()).replaceAll(/\s+/g, " ");
    expect(await told("Open the shop")).toMatch(/Open the shop stack of 2 Mira/);
    expect(await told("Do api")).toBe("#1 Do api");
    expect(await told("Do ui")).toBe("#2 Do ui");
    expect(await told("Add the till")).toMatch(/#7 Robin Tester/);

    for (const [number, message] of [
      ["7", "Add the till"],
      ["2", "Open the shop"],
    ]) {
      await goTo(`/-/pr/${number}`);
      const note = page.getByRole("note").filter({ hasText: `Pull request #${number} is merged.` });
      await note.filter({ hasText: message ?? "" }).waitFor(WITHIN);
    }
    await page.close();
  },
);
