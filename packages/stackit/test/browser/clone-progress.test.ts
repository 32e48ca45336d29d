import { join } from "node:path";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, vi } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { startServerProcess } from "../support/server-process.ts";
import { slowClone } from "../support/slow-clone.ts";

const WITHIN = { timeout: 60_000 };

let browser: Browser;

beforeAll(async () => {
  if (canBrowse) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

async function percentOn(bar: Locator): Promise<number> {
  return Number(await bar.getAttribute("aria-valuenow"));
}

browserTest(
  "S10-06: a clone's progress moves, survives a reload, shifts nothing, and gives way to the stacks",
  async () => {
    await using remotes = await slowClone();
    const args = ["--repos-config", remotes.list, "--data-dir", join(remotes.root, "data")];
    await using server = await startServerProcess(args);
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    const bar = page.getByRole("progressbar", { name: "Cloning large" });
    const heightOf = async (name: string) =>
      (await page.getByRole("row", { name: new RegExp(name) }).boundingBox())?.height;

    await page.goto(server.url);
    await page.getByText(/Cloning \d+\s% · /).waitFor(WITHIN);
    expect(await heightOf("large")).toBe(await heightOf("small"));
    const first = await percentOn(bar);
    await vi.waitUntil(async () => (await percentOn(bar)) > first, WITHIN);

    await page.getByRole("link", { name: /large/ }).click();
    await page.getByText(/^Receiving \d+\s%$/).waitFor(WITHIN);
    expect(await bar.getAttribute("aria-valuetext")).toMatch(/^Receiving \d+\s%, \d+ of \d+ objects · /);
    await page.reload();
    await bar.waitFor(WITHIN);
    expect(await percentOn(bar)).toBeGreaterThan(first);

    remotes.tap.open();
    await page.getByRole("link", { name: /\bui, 2 of 2/ }).waitFor(WITHIN);
    await bar.waitFor({ state: "detached", ...WITHIN });
    // The view is not there before the clone is: the answer says so, and the console repeats it.
    expect(complaints.filter((text) => !text.includes("503"))).toEqual([]);
    await context.close();
  },
);
