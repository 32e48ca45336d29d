import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { type RestartableServer, serveRestartably } from "../support/restartable-server.ts";
import { accessibilityFindings, LOOKS } from "./axe-check.ts";
import { openDiff, WITHIN } from "./diff-page.ts";

const lines = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => `${text(index + 1)}\n`).join("");

const FILES = {
  "README.md": "# Shop\n",
  "src/a.ts": lines(60, (n) => `export const a${n} = ${n};`),
  "src/deep/down/b.ts": lines(60, (n) => (n % 20 === 0 ? `// needle ${n}` : `export const b${n} = ${n};`)),
  "src/spaces.ts": "if (open) {\n\tshut();\n}\n",
  "z.txt": lines(60, (n) => `line ${n}`),
};

let browser: Browser;
let scene: Scene;
let server: RestartableServer;
beforeAll(async () => {
  if (!canBrowse) return;
  browser = await launchBrowser();
  scene = await createScene((s) => {
    s.commit("main", {
      files: { "src/spaces.ts": "if (open) {\n  shut();\n}\n", "moved.ts": "one\ntwo\nthree\n" },
    });
    s.stacked("many", "main", { files: FILES });
    s.stacked("read", "main", { files: { "a.txt": lines(200, String), "b.txt": lines(200, String) } });
    s.stacked("marks", "main", { files: { "a.txt": "one\n", "b.txt": "one\n" } });
  });
  server = await serveRestartably(scene.path);
});
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});

const ORDER = ["src/deep/down/b.ts", "src/a.ts", "src/spaces.ts", "README.md", "z.txt"];

const focusedText = (page: Page) => page.evaluate(() => document.activeElement?.textContent ?? "");
const searchOf = (page: Page) => new URL(page.url()).searchParams;
/** Whether it is within what the reader sees of the diff. */
const isSeen = (page: Page, selector: string) =>
  page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const box = element.getBoundingClientRect();
      const view = document.querySelector(".diff-scroller")?.getBoundingClientRect();
      return view !== undefined && box.bottom > view.top && box.top < view.bottom;
    });

browserTest(
  "S6-01: the diff is the chosen tab, and each file is a heading, as many as the server has",
  async () => {
    await using open = await openDiff(browser, server, "many");
    const { page, diff } = open;
    expect(await page.getByRole("tab", { name: /Diff/ }).getAttribute("aria-selected")).toBe("true");
    expect(await diff.getByRole("heading", { level: 3 }).allTextContents()).toEqual(ORDER);
    await page.getByText("5 files").first().waitFor(WITHIN);
    expect(open.complaints).toEqual([]);
  },
);

browserTest("S6-02: the layout is in the address, survives a reload, and u switches it", async () => {
  await using open = await openDiff(browser, server, "many", "", { viewport: { width: 1920, height: 900 } });
  const { page } = open;
  const unified = page.getByRole("group", { name: "Layout" }).getByRole("button", { name: "Unified" });
  await unified.click();
  await expect.poll(() => searchOf(page).get("d")).toBe("unified");
  await page.reload();
  await unified.waitFor(WITHIN);
  expect(await unified.getAttribute("aria-pressed")).toBe("true");
  await page.keyboard.press("u");
  await page.locator(".diff-pair").first().waitFor(WITHIN);
  await expect.poll(() => searchOf(page).get("d")).toBe("split");
  expect(await unified.getAttribute("aria-pressed")).toBe("false");
});

browserTest("S6-03: without whitespace, files that only differ in it stay and say so", async () => {
  await using open = await openDiff(browser, server, "many");
  const { page } = open;
  const spaces = page.locator('[data-file="src/spaces.ts"]');
  await page.getByRole("button", { name: "Ignore whitespace" }).click();
  await page.getByText("1 file has only whitespace changes.").waitFor(WITHIN);
  await spaces.getByText("Only whitespace changes").waitFor(WITHIN);
  await expect.poll(() => searchOf(page).get("ws")).toBe("1");
  expect(await page.getByRole("region", { name: "Diff", exact: true }).getByRole("heading").count()).toBe(5);
  await page.keyboard.press("w");
  await spaces.getByText("Only whitespace changes").waitFor({ state: "detached", ...WITHIN });
});

browserTest(
  "S6-04: the tree leads to files by its keys, narrows to what is typed, and n and p follow it",
  async () => {
    await using open = await openDiff(browser, server, "many");
    const { page } = open;
    await page.keyboard.press("t");
    const tree = page.getByRole("tree", { name: "Files" });
    await tree.waitFor(WITHIN);
    expect(
      await tree.getByRole("treeitem").evaluateAll((items) => items.map((item) => item.ariaLabel)),
    ).toEqual([
      "src",
      "deep/down",
      "b.ts, added, 60 added, 0 deleted",
      "a.ts, added, 60 added, 0 deleted",
      "spaces.ts, modified, 1 added, 1 deleted",
      "README.md, added, 1 added, 0 deleted",
      "z.txt, added, 60 added, 0 deleted",
    ]);
    await tree.getByRole("treeitem", { name: "src", exact: true }).focus();
    for (let press = 0; press < 3; press++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect.poll(() => focusedText(page)).toBe("src/a.ts");
    for (const path of ["src/spaces.ts", "README.md", "z.txt"]) {
      await page.keyboard.press("n");
      await expect.poll(() => focusedText(page)).toBe(path);
    }
    await page.keyboard.press("p");
    await expect.poll(() => focusedText(page)).toBe("README.md");
    await page.getByRole("searchbox", { name: "Filter files" }).fill("deep");
    await expect.poll(() => tree.getByRole("treeitem", { name: /,/ }).count(), WITHIN).toBe(1);
    expect(open.complaints).toEqual([]);
  },
);

browserTest("S6-08: Ctrl+F finds words in files that are not drawn, and steps from hit to hit", async () => {
  await using open = await openDiff(browser, server, "many", "?file=z.txt");
  const { page } = open;
  await page.keyboard.press("Control+f");
  const bar = page.getByRole("search", { name: "Find in diff" });
  const box = bar.getByRole("searchbox", { name: "Find in diff" });
  await box.fill("NEEDLE");
  await bar.getByText("1 of 3").waitFor(WITHIN);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await bar.getByText("3 of 3").waitFor(WITHIN);
  const here = page.locator("mark.hit.here");
  await here.waitFor(WITHIN);
  await page.locator(".diff-line", { has: here }).filter({ hasText: "needle 60" }).waitFor(WITHIN);
  await expect.poll(() => isSeen(page, "mark.hit.here"), WITHIN).toBe(true);
  expect(await box.evaluate((element) => element === document.activeElement)).toBe(true);
  await page.evaluate(() =>
    addEventListener("keydown", (event) => Reflect.set(window, "taken", event.defaultPrevented)),
  );
  await page.keyboard.press("Control+f");
  expect(await page.evaluate(() => Reflect.get(window, "taken"))).toBe(false);
  await page.keyboard.press("Escape");
  await bar.waitFor({ state: "detached", ...WITHIN });
  await page.getByRole("region", { name: "Branch many" }).waitFor(WITHIN);
  expect(open.complaints).toEqual([]);
});

browserTest("X-04: what closes the search or the tree leaves the focus in the diff", async () => {
  await using open = await openDiff(browser, server, "many");
  const { page, diff } = open;
  const hasFocus = () => diff.evaluate((element) => element === document.activeElement);
  await page.keyboard.press("Control+f");
  await page.getByRole("button", { name: "Close the search" }).click();
  await expect.poll(hasFocus, WITHIN).toBe(true);
  await page.keyboard.press("t");
  await page.getByRole("treeitem", { name: "src", exact: true }).focus();
  await page.keyboard.press("t");
  await page.getByRole("tree", { name: "Files" }).waitFor({ state: "detached", ...WITHIN });
  await expect.poll(hasFocus, WITHIN).toBe(true);
});

browserTest(
  "S6-09: a push changes nothing under the reader, says how much it changed, and keeps the place",
  async () => {
    await using open = await openDiff(browser, server, "read");
    const { page, diff } = open;
    await page.keyboard.press("n");
    await expect.poll(() => focusedText(page)).toBe("b.txt");
    await page.locator('[data-file="b.txt"] .diff-line').first().waitFor(WITHIN);
    const before = await diff.innerText();
    await scene.commit("read", { files: { "a.txt": lines(260, String) } });
    await page.getByText(/New push .*, 1 of 2 files differs\./).waitFor(WITHIN);
    expect(await diff.innerText()).toBe(before);
    await page.getByRole("button", { name: "Show it" }).click();
    await page.getByText("+460").first().waitFor(WITHIN);
    await expect.poll(() => isSeen(page, '[data-file="b.txt"] h3'), WITHIN).toBe(true);
    const fromTop = () =>
      page.locator('[data-file="b.txt"]').evaluate((file) => {
        const view = document.querySelector(".diff-scroller")?.getBoundingClientRect();
        return Math.abs(Math.round(file.getBoundingClientRect().top - (view?.top ?? 0)));
      });
    await expect.poll(fromTop, WITHIN).toBeLessThan(3);
    await scene.amend("read", "Say the same in other words");
    await page.getByText("Only rebased, no change in this diff.").waitFor(WITHIN);
    expect(open.complaints).toEqual([]);
  },
);

browserTest(
  "S6-11: a diff that cannot be had is an error in the panel alone, and can be tried again",
  async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.route("**/branch-diff/**", (route) => route.fulfill({ status: 500, body: "broken" }));
    await page.goto(`${server.url}/r/local/default/-/branch/many`);
    const panel = page.getByRole("region", { name: "Branch many" });
    await panel.getByText("The diff could not be shown").waitFor(WITHIN);
    await page.getByRole("link", { name: /\bmarks, \d of/ }).waitFor(WITHIN);
    await page.unroute("**/branch-diff/**");
    await panel.getByRole("button", { name: "Try again" }).click();
    await panel.getByRole("heading", { level: 3 }).first().waitFor(WITHIN);
    await context.close();
  },
);

browserTest(
  "S6-12: a link to a line lands on it and marks it, and a press on its number gives the link",
  async () => {
    await using open = await openDiff(browser, server, "many", "?file=z.txt#L41");
    const { page, complaints } = open;
    const marked = page.locator(".diff-line[aria-current=location]");
    await marked.waitFor(WITHIN);
    expect(await marked.locator(".text").textContent()).toBe("line 41");
    await expect.poll(() => isSeen(page, ".diff-line[aria-current=location]"), WITHIN).toBe(true);
    await page.locator('[data-file="z.txt"] .gutter[data-line="43"]').click();
    await expect.poll(() => marked.locator(".text").textContent()).toBe("line 43");
    await expect.poll(() => page.url()).toBe(`${server.url}/r/local/default/-/branch/many?file=z.txt#L43`);
    await page.evaluate(() => {
      Object.defineProperty(navigator, "clipboard", {
        value: { writeText: async (text: string) => Reflect.set(window, "copied", text) },
      });
    });
    await page.getByRole("button", { name: "Copy a link to this line" }).click();
    await expect.poll(() => page.evaluate(() => Reflect.get(window, "copied"))).toBe(page.url());
    expect(complaints).toEqual([]);
  },
);

browserTest("a file that was viewed is folded and stays so, until a push changes it", async () => {
  await using open = await openDiff(browser, server, "marks");
  const { page, complaints } = open;
  await page.getByRole("checkbox", { name: "Viewed a.txt" }).check();
  await page.getByText("1 of 2 viewed").waitFor(WITHIN);
  await page
    .locator('[data-file="a.txt"] .diff-line')
    .first()
    .waitFor({ state: "detached", ...WITHIN });
  await page.getByRole("checkbox", { name: "Viewed a.txt" }).uncheck();
  await page.keyboard.press("x");
  await expect.poll(() => focusedText(page)).toBe("b.txt");
  await page.keyboard.press("x");
  await page.getByText("2 of 2 viewed").waitFor(WITHIN);
  await scene.commit("marks", { files: { "b.txt": "two\n" } });
  await page.getByRole("button", { name: "Show it" }).click();
  await page.getByText("1 of 2 viewed").waitFor(WITHIN);
  await expect.poll(() => page.getByRole("checkbox", { name: "Viewed a.txt" }).isChecked()).toBe(true);
  expect(await page.getByRole("checkbox", { name: "Viewed b.txt" }).isChecked()).toBe(false);
  expect(complaints).toEqual([]);
});

browserTest(
  "X-01: axe finds nothing in a diff with its tree, a search, a marked line and viewed files",
  async () => {
    const found: string[] = [];
    for (const look of LOOKS) {
      await using open = await openDiff(browser, server, "many", "?file=z.txt#L41", look);
      const { page } = open;
      await page.keyboard.press("t");
      await page.keyboard.press("Control+f");
      await page.keyboard.type("line 4");
      await page.getByText("1 of 11", { exact: true }).waitFor(WITHIN);
      for (const finding of await accessibilityFindings(page)) {
        found.push(`${look.colorScheme} ${look.viewport.width}: ${finding}`);
      }
    }
    expect(found).toEqual([]);
  },
);
