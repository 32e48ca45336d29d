import { randomUUID } from "node:crypto";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { type ForgeWorld, forgeWorld } from "../support/forge-world.ts";
import { createScene } from "../support/git-scene.ts";
import { land } from "../support/landings.ts";
import { type ServedFolders, serveFolder } from "../support/served-folders.ts";
import { delivered, repositoryOf, SECRET } from "../support/webhooks.ts";
import { accessibilityFindings, LOOKS } from "./axe-check.ts";

const WITHIN = { timeout: 15_000 };
const PASSED = [{ name: "build", status: "COMPLETED", conclusion: "SUCCESS" }];

let browser: Browser;
beforeAll(async () => {
  if (canBrowse) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

/** A stack of four with approved pull requests whose checks passed; the third stands on an old tip of the second. */
async function blockedAtTheThird(): Promise<ForgeWorld> {
  const world = await forgeWorld((writer) => {
    writer.commit("main");
    writer.stacked("api", "main");
    writer.stacked("view", "api");
    writer.stacked("ui", "view");
    writer.stacked("docs", "ui");
    writer.commit("view");
  });
  for (const head of ["api", "view", "ui", "docs"]) {
    const headOid = await world.tip(head);
    world.github.openPullRequest("octo/widget", {
      head,
      headOid,
      title: `Build ${head}`,
      checks: PASSED,
      reviewDecision: "APPROVED",
    });
  }
  return world;
}

async function open(served: ServedFolders, path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, ...options });
  await page.goto(`${served.url}${path}`);
  return page;
}

const panelOf = (page: Page) => page.getByRole("region", { name: /^Stack / });

/** As GitHub would tell of it. */
async function pullRequestChanged(served: ServedFolders, number: number): Promise<void> {
  const repository = repositoryOf("octo/widget", { id: undefined });
  const { url, payload, ...init } = await delivered("pull_request", { pull_request: { number }, repository });
  const headers = { ...init.headers, "x-github-delivery": randomUUID() };
  await fetch(served.url + url, { ...init, body: payload, headers });
}

/** Puts the third branch where it belongs, as somebody who restacks and pushes would. */
async function restack(world: ForgeWorld): Promise<void> {
  const { scene } = world.upstream;
  let parent = "view";
  for (const branch of ["ui", "docs"]) {
    const commit = await scene.git("commit-tree", "-p", parent, "-m", `Build ${branch}`, `${branch}^{tree}`);
    await scene.git("update-ref", `refs/heads/${branch}`, commit);
    const pull = world.widget.pullRequests.find(({ head }) => head === branch);
    if (pull) world.github.change(pull, { headOid: commit, checks: PASSED });
    parent = branch;
  }
}

browserTest(
  "S4-01: the ladder names the first branch that is blocked and leads to it, and turns to ready when it is restacked",
  async () => {
    await using world = await blockedAtTheThird();
    await using served = await world.serve({ webhookSecrets: [SECRET] });
    const page = await open(served, "/r/octo/widget");
    await page.getByRole("link", { name: /^Stack Build docs/ }).click(WITHIN);
    const panel = panelOf(page);
    await panel.getByText("1–2 ready · 3 blocked here: parent moved · 4 waits for 3").waitFor(WITHIN);
    expect(new URL(page.url()).pathname).toMatch(/\/-\/stack\//);
    const rows = panel.getByRole("list", { name: "Branches, top first" }).getByRole("listitem");
    expect(await rows.count()).toBe(4);

    await panel.getByRole("link", { name: "ui", exact: true }).click();
    await page.getByRole("region", { name: "Branch ui" }).waitFor(WITHIN);
    await page.keyboard.press("Escape");
    await panel.waitFor(WITHIN);

    await page.evaluate(() => Reflect.set(window, "sameDocument", true));
    await restack(world);
    await served.sync({}, {}, "widget");
    for (const number of [3, 4]) await pullRequestChanged(served, number);
    await panel.getByText("Ready.", { exact: true }).waitFor(WITHIN);
    await panel.getByText("1–4 ready", { exact: true }).waitFor(WITHIN);
    expect(await page.evaluate(() => Reflect.get(window, "sameDocument"))).toBe(true);

    await page.keyboard.press("Escape");
    await panel.waitFor({ ...WITHIN, state: "detached" });
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    await expect.poll(focused, WITHIN).toBe("Stack Build docs");
    await page.close();
  },
);

browserTest(
  "S4-02: while GitHub is down the ladder keeps what it knew, with its age, and nothing is ready",
  async () => {
    await using world = await blockedAtTheThird();
    await restack(world);
    await using served = await world.serve({ webhookSecrets: [SECRET] });
    const page = await open(served, "/r/octo/widget/-/stack/api");
    const panel = panelOf(page);
    await panel.getByText("1–4 ready", { exact: true }).waitFor(WITHIN);

    world.github.trouble = "bad-gateway";
    await pullRequestChanged(served, 1);
    await panel.getByText("1–4 were ready", { exact: true }).waitFor(WITHIN);
    await panel.getByText(/^Pull requests and checks as of .*; the forge does not answer\.$/).waitFor(WITHIN);
    expect(await panel.getByText(/\bready\b/i).allInnerTexts()).toEqual(
      expect.not.arrayContaining([expect.stringMatching(/^(ready|Ready\.)/)]),
    );
    await page.close();
  },
);

browserTest("S4-03: the command is copied as it is shown, and that it was is said", async () => {
  await using world = await blockedAtTheThird();
  await using served = await world.serve();
  const page = await open(served, "/r/octo/widget/-/stack/api", {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const step = page.getByRole("region", { name: "Next step" });
  await step.getByRole("button", { name: "Copy the command" }).click(WITHIN);
  await page.getByRole("status").getByText("Copied").waitFor(WITHIN);
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe("git switch ui && stackit restack");
  expect(await step.locator("code").first().innerText()).toBe(copied);
  await page.close();
});

browserTest("a failed check is opened from the panel, and who asked for changes is named", async () => {
  await using world = await blockedAtTheThird();
  await restack(world);
  const [api, view] = world.widget.pullRequests;
  if (!api || !view) throw new Error("there are four");
  world.github.change(api, {
    checks: [...PASSED, { name: "lint", status: "COMPLETED", conclusion: "FAILURE" }],
  });
  world.github.change(view, {
    reviewDecision: "CHANGES_REQUESTED",
    reviews: [{ author: "robin", state: "CHANGES_REQUESTED" }],
  });
  await using served = await world.serve({ webhookSecrets: [SECRET] });
  const page = await open(served, "/r/octo/widget/-/stack/api");
  const panel = panelOf(page);
  await panel
    .getByText(/^1 blocked here: 1 of 2 checks failing · 2 waits for 1, and changes requested/)
    .waitFor(WITHIN);
  const step = page.getByRole("region", { name: "Next step" });
  await step.getByRole("link", { name: "lint" }).waitFor(WITHIN);
  await step.getByRole("link", { name: "All its checks" }).click();
  await page.getByRole("list", { name: "Checks" }).waitFor(WITHIN);
  await page.goBack();

  world.github.change(api, { checks: PASSED });
  await pullRequestChanged(served, 1);
  await panel.getByText(/^1 ready · 2 blocked here: changes requested/).waitFor(WITHIN);
  await step.getByRole("heading", { name: "Answer robin" }).waitFor(WITHIN);
  await page.close();
});

browserTest(
  "a stack that landed says when, and one that goes while it is looked at stays to be read",
  async () => {
    await using world = await forgeWorld((writer) => {
      writer.commit("main", { files: { "shop.txt": "one\n" } });
      writer.commit("api", { parent: "main", files: { "api.txt": "new\n" } });
      writer.metadata("api", { parentBranchName: "main" });
      writer.stacked("other", "main");
    });
    const { scene } = world.upstream;
    await using served = await world.serve();
    const page = await open(served, "/r/octo/widget/-/stack/api");
    const panel = panelOf(page);
    await panel.waitFor(WITHIN);
    await land(scene, "squash");
    await served.sync({}, {}, "widget");
    await panel.getByText(/^Landed /).waitFor(WITHIN);
    await scene.git("update-ref", "-d", "refs/heads/api");
    await served.sync({}, {}, "widget");
    await panel.getByText("This stack is gone.").waitFor(WITHIN);
    expect(await panel.getByRole("listitem").count()).toBe(1);
    await page.close();
  },
);

browserTest(
  "a stack of a repository without a forge is told to stand in order, and not to be ready",
  async () => {
    await using scene = await createScene((s) => {
      s.commit("main");
      s.stacked("api", "main");
      s.stacked("ui", "api");
    });
    await using served = await serveFolder(scene.path);
    const page = await open(served, "/r/local/default/-/stack/api");
    await panelOf(page).getByText("In order.").waitFor(WITHIN);
    expect(
      await panelOf(page)
        .getByText(/\bready\b/i)
        .count(),
    ).toBe(0);
    await page.close();
  },
);

browserTest("X-01: axe finds nothing on the stack panel, light and dark, wide and narrow", async () => {
  await using world = await blockedAtTheThird();
  await using served = await world.serve();
  const found: string[] = [];
  for (const look of LOOKS) {
    const page = await open(served, "/r/octo/widget/-/stack/api", look);
    await panelOf(page)
      .getByText(/blocked here/)
      .first()
      .waitFor(WITHIN);
    const findings = await accessibilityFindings(page);
    found.push(...findings.map((finding) => `${look.colorScheme} ${look.viewport.width}: ${finding}`));
    await page.close();
  }
  expect(found).toEqual([]);
});
