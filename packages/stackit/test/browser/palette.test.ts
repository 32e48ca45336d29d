import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { type RepoFleet, repoFleet } from "../support/repo-fleet.ts";
import { accessibilityFindings, LOOKS } from "./axe-check.ts";

const WITHIN = { timeout: 15_000 };

let browser: Browser;
beforeAll(async () => {
  if (canBrowse) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

async function openPage({ server }: RepoFleet, path: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${server.url}${path}`);
  await page.getByText("Live").first().waitFor(WITHIN);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

const palette = (page: Page) => page.getByRole("dialog", { name: "Command palette" });
const options = (page: Page) => palette(page).getByRole("option");

async function ask(page: Page, question: string) {
  // One that is closed is there for a moment yet, and its end would take a new one with it.
  await page.locator("dialog.palette").waitFor({ state: "detached", ...WITHIN });
  await page.keyboard.press("Control+k");
  await palette(page).waitFor(WITHIN);
  await page.keyboard.type(question);
}

browserTest("X-10: the palette goes to a branch, remembers it, and does what the keys do", async () => {
  await using fleet = await repoFleet(["web", "infra"]);
  await using open = await openPage(fleet, "/r/acme/web");
  const { page, complaints } = open;
  await page
    .getByRole("link", { name: /\bapi\b/ })
    .first()
    .waitFor(WITHIN);
  await page.getByRole("searchbox", { name: "Filter branches" }).focus();
  await ask(page, "ap");
  expect(await page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe("combobox");
  await expect.poll(() => options(page).first().innerText()).toContain("api");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/r/acme/web/-/**api**");
  await palette(page).waitFor({ state: "detached", ...WITHIN });

  await ask(page, "");
  await palette(page).getByText("Lately").waitFor(WITHIN);
  await expect.poll(() => options(page).first().innerText()).toContain("api");
  await page.keyboard.press("Escape");
  await palette(page).waitFor({ state: "detached", ...WITHIN });

  const before = (await fleet.repos()).find(({ id }) => id === "web")?.freshness.lastAttempt?.runId;
  await ask(page, "> sync now");
  await expect.poll(() => options(page).allInnerTexts()).toEqual([expect.stringContaining("Sync now")]);
  await page.keyboard.press("Enter");
  await expect
    .poll(
      async () => (await fleet.repos()).find(({ id }) => id === "web")?.freshness.lastAttempt?.runId,
      WITHIN,
    )
    .not.toBe(before);
  expect(complaints).toEqual([]);
});

browserTest(
  "X-10: from one repository the palette goes to another, and Escape gives the focus back",
  async () => {
    await using fleet = await repoFleet(["web", "infra"]);
    await using open = await openPage(fleet, "/");
    const { page } = open;
    const filter = page.getByRole("searchbox", { name: "Filter repositories" });
    await filter.focus();
    await ask(page, "nothing like it");
    await palette(page).getByText("Nothing is called like that here.").waitFor(WITHIN);
    await page.keyboard.press("Escape");
    await expect.poll(() => filter.evaluate((element) => element === document.activeElement)).toBe(true);
    await ask(page, "infra");
    await expect.poll(() => options(page).first().innerText()).toContain("acme/infra");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/r/acme/infra");
  },
);

browserTest(
  "X-09: with single keys off none does anything, and the palette offers what the help names",
  async () => {
    await using fleet = await repoFleet(["web", "infra"]);
    await using open = await openPage(fleet, "/r/acme/web");
    const { page } = open;
    await page
      .getByRole("link", { name: /\bapi\b/ })
      .first()
      .waitFor(WITHIN);
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keyboard" });
    await help.waitFor(WITHIN);
    const named = await help.locator("dd").allInnerTexts();
    await help.getByRole("checkbox", { name: "Single-key shortcuts" }).uncheck();
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "detached", ...WITHIN });
    for (const key of ["?", "/", "s", "j", "z"]) await page.keyboard.press(key);
    expect(await help.count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.tagName)).not.toBe("INPUT");
    expect(await page.getByText("Syncing…").count()).toBe(0);

    await ask(page, ">");
    await options(page).first().waitFor(WITHIN);
    const offered = await options(page).locator("span.cut:first-child").allInnerTexts();
    expect(offered.length).toBeGreaterThan(3);
    expect(offered.filter((label) => !named.includes(label))).toEqual([]);
  },
);

browserTest("X-01: axe finds nothing in the palette, light and dark, wide and narrow", async () => {
  await using fleet = await repoFleet(["web", "infra"]);
  const found: string[] = [];
  for (const look of LOOKS) {
    await using open = await openPage(fleet, "/r/acme/web", look);
    await open.page
      .getByRole("link", { name: /\bapi\b/ })
      .first()
      .waitFor(WITHIN);
    await ask(open.page, "a");
    await options(open.page).first().waitFor(WITHIN);
    for (const finding of await accessibilityFindings(open.page)) {
      found.push(`${look.colorScheme} ${look.viewport.width}: ${finding}`);
    }
  }
  expect(found).toEqual([]);
});
