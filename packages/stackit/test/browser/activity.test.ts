import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import type { ActivityList } from "../../src/contract/activity.ts";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { serveMirrors, type Upstream, upstreamOf } from "../support/mirror-world.ts";
import type { ServedFolders } from "../support/served-folders.ts";
import { accessibilityFindings, LOOKS } from "./axe-check.ts";

const WITHIN = { timeout: 15_000 };
const FOUR = ["api", "ui", "docs", "fixes"];

let browser: Browser;
beforeAll(async () => {
  if (canBrowse) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

/** A stack of four, mirrored, so that what is pushed to its remote is told. */
async function shop(): Promise<{
  upstream: Upstream;
  served: ServedFolders;
  push: (...branches: string[]) => Promise<void>;
}> {
  const upstream = await upstreamOf((s) => {
    s.commit("main");
    for (const [index, branch] of FOUR.entries()) s.stacked(branch, FOUR[index - 1] ?? "main");
  });
  onTestFinished(() => upstream[Symbol.asyncDispose]());
  const served = await serveMirrors([["shop", upstream]]);
  onTestFinished(() => served[Symbol.asyncDispose]());
  const count = async () => (await served.get<ActivityList>("/activity?limit=200")).events.length;
  return {
    upstream,
    served,
    async push(...branches) {
      const before = await count();
      for (const branch of branches) await upstream.scene.commit(branch);
      await served.sync({}, {}, "shop");
      await expect.poll(count).toBeGreaterThanOrEqual(before + branches.length);
    },
  };
}

const articles = (page: Page) => page.getByRole("feed", { name: "Activity" }).getByRole("article");

browserTest("S9-01: what was pushed is told in a feed that a reload shows again", async () => {
  const { served, push } = await shop();
  const page = await openPage(`${served.url}/activity`);
  await page.getByRole("heading", { name: "Nothing has happened yet" }).waitFor(WITHIN);
  await push("fixes");
  await articles(page).first().waitFor(WITHIN);
  const told = await articles(page).allInnerTexts();
  expect(told.join()).toMatch(/Robin Tester pushed fixes · 1 commit/);
  await page.reload();
  await articles(page).first().waitFor(WITHIN);
  expect(await articles(page).allInnerTexts()).toEqual(told);
  await page.getByText("Activity is kept 90 days.").waitFor();
  await page.getByRole("link", { name: "fixes" }).click();
  await page.getByRole("region", { name: "Branch fixes" }).waitFor(WITHIN);
});

browserTest(
  "S9-02: what comes goes before the rest, and is only counted while somebody reads on",
  async () => {
    const { served, push } = await shop();
    for (let n = 0; n < 3; n++) await push("main");
    const page = await openPage(`${served.url}/activity`, { viewport: { width: 1000, height: 260 } });
    await articles(page).nth(2).waitFor(WITHIN);
    await push("main");
    await articles(page).nth(3).waitFor(WITHIN);
    const pane = page.locator(".list-pane");
    await pane.evaluate((element) => element.scrollTo(0, 90));
    await expect.poll(() => pane.evaluate((element) => element.scrollTop)).toBe(90);
    await push("main");
    const pill = page.getByRole("button", { name: "1 new" });
    await pill.waitFor(WITHIN);
    expect(await articles(page).count()).toBe(4);
    expect(await pane.evaluate((element) => element.scrollTop)).toBe(90);
    // A pointer of the tool would scroll the list where it takes the button, which sticks, for hidden; that shows all by itself.
    await pill.dispatchEvent("click");
    await articles(page).nth(4).waitFor(WITHIN);
    await expect.poll(() => pane.evaluate((element) => element.scrollTop)).toBe(0);
    await pill.waitFor({ state: "detached" });
  },
);

browserTest("S9-03: four pushes in one sync are one line that opens into four", async () => {
  const { served, push } = await shop();
  await push(...FOUR);
  const page = await openPage(`${served.url}/r/local/shop/-/activity`);
  const line = articles(page).filter({ hasText: "pushed 4 branches of" });
  await line.waitFor(WITHIN);
  await line.getByRole("button", { name: "Show which 4 branches" }).click();
  expect(
    (await line.getByRole("listitem").allInnerTexts()).map((text) => text.split(/\s/)[0]).sort(),
  ).toEqual([...FOUR].sort());
  await page.keyboard.press("j");
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("ARTICLE");
});

browserTest("S9-04: a kind of event that the page does not know is told in general words", async () => {
  const { served } = await shop();
  const page = await openPage("about:blank");
  await page.route("**/api/v1/activity", (route) =>
    route.fulfill({
      json: {
        events: [
          { id: "2", at: new Date().toISOString(), repoId: "shop", kind: "tag-signed", branch: "api" },
          { id: "1", at: new Date().toISOString(), repoId: "gone", kind: "brand-new" },
        ],
      },
    }),
  );
  await page.goto(`${served.url}/activity`);
  await articles(page).first().waitFor(WITHIN);
  const told = (await articles(page).allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " "));
  expect(told[0]).toMatch(/api changed · tag signed/);
  expect(told[1]).toMatch(/gone changed · brand new/);
});

browserTest("X-01: failures can be shown alone, and the feed keeps to what people can read", async () => {
  const { upstream, served, push } = await shop();
  await push(...FOUR);
  upstream.host.front = (_request, response) => {
    response.writeHead(401).end();
    return true;
  };
  await served.sync({}, {}, "shop");
  for (const look of LOOKS) {
    const page = await openPage(`${served.url}/activity`, look);
    await articles(page).first().waitFor(WITHIN);
    expect(await accessibilityFindings(page)).toEqual([]);
    await page.getByRole("button", { name: "Failures" }).click();
    await articles(page).filter({ hasText: "shop could not be synced" }).waitFor(WITHIN);
    await expect.poll(() => articles(page).count()).toBe(1);
    await expect.poll(() => new URL(page.url()).search).toBe("?show=failures");
    expect(await accessibilityFindings(page)).toEqual([]);
    await page.context().close();
  }
});
