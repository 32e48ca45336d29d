import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { type RestartableServer, serveRestartably } from "../support/restartable-server.ts";
import { accessibilityFindings, LOOKS } from "./axe-check.ts";
import { openDiff, WITHIN } from "./diff-page.ts";

const LINES = 200;

/** A file of numbered functions, with some of them changed and a line added above all. */
function code(changed: readonly number[] = []): string {
  const lines = Array.from({ length: LINES }, (_, index) => {
    const n = index + 1;
    return `export const f${n} = () => ${changed.includes(n) ? "changed" : n};\n`;
  });
  return (changed.length > 0 ? "// The shop.\n" : "") + lines.join("");
}

let browser: Browser;
let scene: Scene;
let server: RestartableServer;
beforeAll(async () => {
  if (!canBrowse) return;
  browser = await launchBrowser();
  scene = await createScene((s) => {
    s.commit("main", { files: { "app.ts": code(), "other.ts": code() } });
    s.stacked("topic", "main", { files: { "app.ts": code([60, 150]), "other.ts": code([100]) } });
  });
  server = await serveRestartably(scene.path);
});
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});

const linesOf = (page: Page, path: string) =>
  page.locator(`[data-file="${path}"] .diff-line`).evaluateAll((lines) =>
    lines.map((line) => {
      const numbers = [...line.querySelectorAll("[data-line]")].map((one) => one.getAttribute("data-line"));
      return `${numbers.join(" ")} ${line.querySelector(".text")?.textContent}`;
    }),
  );

browserTest("S6-14: more lines are shown above, below and between changes, by keys alone", async () => {
  await using open = await openDiff(browser, server, "topic", "?d=unified");
  const { page, diff, complaints } = open;
  const file = page.locator('[data-file="app.ts"]');
  const more = (name: string) => file.getByRole("button", { name, exact: true });
  const lines = () => linesOf(page, "app.ts");

  // The line that was added above all makes the second number one more.
  await more("Show line 5 to line 24").focus();
  await page.keyboard.press("Enter");
  const hasFocus = (one: Locator) => one.evaluate((element) => element === document.activeElement);
  await expect.poll(() => hasFocus(more("Show line 25 to line 44")), WITHIN).toBe(true);
  expect((await lines()).slice(3, 6)).toEqual([
    "3 4 export const f3 = () => 3;",
    "4 5 export const f4 = () => 4;",
    "5 6 export const f5 = () => 5;",
  ]);
  await more("Show line 38 to line 57").press("Enter");
  await more("Show line 25 to line 37").press("Enter");
  await more("Show line 25 to line 37").waitFor({ ...WITHIN, state: "detached" });
  await expect.poll(lines, WITHIN).toContain("56 57 export const f56 = () => 56;");
  await expect.poll(() => hasFocus(diff), WITHIN).toBe(true);
  expect(await file.getByText("changed").first().isVisible()).toBe(true);

  await diff.evaluate((element) => element.scrollTo({ top: 1600 }));
  await more("Show line 155 to line 201").press("Enter");
  await expect.poll(lines, WITHIN).toContain("200 201 export const f200 = () => 200;");
  await file.getByRole("button", { name: "Show line 155" }).waitFor({ ...WITHIN, state: "detached" });

  // What is shown is found, and stays with the other layout.
  await page.keyboard.press("Control+f");
  await page.keyboard.type("f199 ");
  await page.getByRole("search").getByText("1 of 1").waitFor(WITHIN);
  await page.keyboard.press("Escape");
  await page.keyboard.press("u");
  await expect.poll(lines, WITHIN).toContain("199 export const f199 = () => 199;");
  await page
    .locator('[data-file="other.ts"]')
    .getByRole("button", { name: /^Show line 5 to/ })
    .first()
    .click();
  await expect.poll(() => linesOf(page, "other.ts"), WITHIN).toContain("5 export const f5 = () => 5;");
  for (const { colorScheme, viewport } of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    expect(await accessibilityFindings(page)).toEqual([]);
  }
  expect(complaints).toEqual([]);
});

browserTest("S6-12: a link to a line that the diff leaves out shows it", async () => {
  await using open = await openDiff(browser, server, "topic", "?file=app.ts#L110");
  const marked = open.page.locator('[aria-current="location"]');
  await marked.waitFor(WITHIN);
  expect(await marked.textContent()).toContain("f109 ");
  expect(open.complaints).toEqual([]);
});

browserTest(
  "S6-14: when the branch has moved on, more lines of the old diff are not mixed with the new",
  async () => {
    await using open = await openDiff(browser, server, "topic", "?d=unified");
    const { page, complaints } = open;
    await scene.commit("topic", { files: { "app.ts": code([61, 150]) } });
    const bar = page.getByRole("button", { name: "Show it" });
    await bar.waitFor(WITHIN);
    const file = page.locator('[data-file="app.ts"]');
    await file.getByRole("button", { name: "Show line 5 to line 24" }).click();
    await file.getByText("The branch has moved on").first().waitFor(WITHIN);
    const other = page.locator('[data-file="other.ts"]');
    await other.getByRole("button", { name: "Show line 5 to line 24" }).click();
    await expect.poll(() => linesOf(page, "other.ts"), WITHIN).toContain("4 5 export const f4 = () => 4;");
    await bar.click();
    // The button of the old diff is called the same.
    await file
      .getByText("The branch has moved on")
      .first()
      .waitFor({ ...WITHIN, state: "detached" });
    await file.getByRole("button", { name: "Show line 5 to line 24" }).click();
    await expect.poll(() => linesOf(page, "app.ts"), WITHIN).toContain("4 5 export const f4 = () => 4;");
    expect(await linesOf(page, "other.ts")).toContain("4 5 export const f4 = () => 4;");
    expect(complaints).toEqual([]);
  },
);
