import { type Browser, launch, type Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findBrowser } from "../support/find-browser.ts";
import { createScene } from "../support/git-scene.ts";
import { serveRestartably } from "../support/restartable-server.ts";
import { accessibilityFindings } from "./axe-check.ts";

/** As Debian has it: Playwright drives a build of its own, and a Firefox newer than that of Debian. */
const executablePath = findBrowser("firefox", process.env);
const WITHIN = { timeout: 30_000 };

let browser: Browser | undefined;
beforeAll(async () => {
  if (executablePath) browser = await launch({ browser: "firefox", executablePath });
});
afterAll(async () => {
  await browser?.close();
});

function firefoxTest(name: string, run: () => Promise<void>): void {
  test.skipIf(!executablePath)(name, run);
}

interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  readonly complaints: string[];
}

async function openPage(url: string): Promise<OpenPage> {
  if (!browser) throw new Error("no Firefox was started");
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    const type = message.type();
    if (type === "error" || type === "warn") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.setViewport({ width: 1440, height: 900 });
  await page.goto(url);
  return { page, complaints, [Symbol.asyncDispose]: () => page.close() };
}

const row = (branch: string) => `a[aria-label*="${branch}, "]`;
/** Of something that has this text. */
const text = (words: string) => `::-p-text(${words})`;

const focused = (page: Page) =>
  page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.tagName);

async function stackOfThree() {
  const scene = await createScene((s) => {
    s.commit("main", { files: { "shop.ts": "export const open = true;\n" } });
    s.stacked("api", "main");
    s.stacked("ui", "api");
    s.stacked("docs", "ui");
  });
  await scene.git("switch", "--quiet", "ui");
  return scene;
}

firefoxTest(
  "S2-02, S3-04, X-09, X-10: in Firefox, live rows, keys, palette, diff, Back and the sync that a person asks for",
  async () => {
    await using scene = await stackOfThree();
    await using server = await serveRestartably(scene.path);
    await using open = await openPage(server.url);
    const { page } = open;
    await page.waitForSelector(row("docs"), WITHIN);
    await page.waitForSelector(`[role="status"] ${text("Live")}`, WITHIN);

    await scene.commit("docs", { message: "Explain the opening hours" });
    await page.waitForSelector(text("2 commits"), WITHIN);

    await page.keyboard.press("j");
    const first = await focused(page);
    await page.keyboard.press("j");
    await expect.poll(() => focused(page), WITHIN).not.toBe(first);
    await page.keyboard.press("k");
    await expect.poll(() => focused(page), WITHIN).toBe(first);
    await page.keyboard.press("Enter");
    await page.waitForSelector('section[aria-label^="Branch "]', WITHIN);
    expect(page.url()).toContain("/-/branch/");
    await page.waitForSelector(`section[aria-label="Diff"] h3`, WITHIN);
    await page.goBack();
    await page.waitForSelector('section[aria-label^="Branch "]', { ...WITHIN, hidden: true });
    await expect.poll(() => focused(page), WITHIN).toBe(first);

    await page.keyboard.down("Control");
    await page.keyboard.press("k");
    await page.keyboard.up("Control");
    await page.waitForSelector('dialog [role="combobox"]', WITHIN);
    await page.keyboard.type("api");
    await page.keyboard.press("Enter");
    await page.waitForSelector('section[aria-label="Branch api"]', WITHIN);
    await page.keyboard.press("Escape");
    await page.waitForSelector('section[aria-label^="Branch "]', { ...WITHIN, hidden: true });

    await page.keyboard.press("s");
    await page.waitForSelector(text("Synced just now, no change"), WITHIN);
    expect(open.complaints).toEqual([]);
  },
);

firefoxTest(
  "X-01: in Firefox, axe finds nothing, light and dark, wide and narrow, list and branch",
  async () => {
    await using scene = await stackOfThree();
    await using server = await serveRestartably(scene.path);
    const found: string[] = [];
    for (const path of ["/r/local/default", "/r/local/default/-/branch/docs"]) {
      await using open = await openPage(`${server.url}${path}`);
      const { page } = open;
      await page.waitForSelector(
        path.endsWith("docs") ? 'section[aria-label="Diff"] h3' : row("docs"),
        WITHIN,
      );
      for (const theme of ["Light", "Dark"]) {
        await page.setViewport({ width: 1440, height: 900 });
        await page.locator(`button[title="${theme}"]`).click();
        for (const width of [1440, 390]) {
          await page.setViewport({ width, height: 900 });
          const findings = await accessibilityFindings(page);
          found.push(...findings.map((finding) => `${theme} ${width} ${path}: ${finding}`));
        }
      }
      expect(open.complaints).toEqual([]);
    }
    expect(found).toEqual([]);
  },
);
