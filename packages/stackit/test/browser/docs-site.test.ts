import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { findingsInEveryLook } from "./every-look.ts";

let browser: Browser;
let scene: Scene;
let server: ServerProcess;
beforeAll(async () => {
  if (!canBrowse) return;
  browser = await launchBrowser();
  scene = await createScene((s) => s.commit("main"));
  server = await startServerProcess(["--cwd", scene.path, "--data-dir", `${scene.root}/data`]);
});
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});

browserTest("the documentation can be read by everybody, in both themes and on a phone", async () => {
  await using context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  for (const path of ["/docs/security", "/problems"]) {
    await page.goto(server.url + path);
    expect(await findingsInEveryLook(page), path).toEqual([]);
    const isTooWide = () => document.documentElement.scrollWidth > document.documentElement.clientWidth;
    expect(await page.evaluate(isTooWide), path).toBe(false);
  }
  await page.goto(`${server.url}/docs`);
  await page.getByRole("link", { name: "All pages" }).click();
  await page.getByRole("navigation", { name: "Documentation" }).getByRole("link", { name: "Backup" }).click();
  await page.getByRole("heading", { level: 1, name: "Backup, restore, upgrade" }).waitFor();
});
