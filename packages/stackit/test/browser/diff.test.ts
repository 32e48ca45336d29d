import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { type RestartableServer, serveRestartably } from "../support/restartable-server.ts";
import { accessibilityFindings, LOOKS } from "./axe-check.ts";
import { openDiff, WITHIN } from "./diff-page.ts";

const CODE = {
  "src/shop.ts":
    '// The hours\nexport function open(hour: number): string {\n  return hour > 9 ? "open" : "shut";\n}\n',
  "src/till.py": '# The till\ndef total(prices):\n    return sum(prices) + 12 or "none"\n',
  "src/stock.go": '// Stock\nfunc Count(list []string) int {\n\treturn len(list) + 12 + len("x")\n}\n',
  "notes.unknown": 'function "text" 12 // plain\n',
};

/** A stack of two; nothing in these tests changes it. */
async function shop(): Promise<Scene> {
  return createScene((s) => {
    s.commit("main", {
      files: { "src/shop.ts": "export const hours = 9;\n", "README.md": "# Shop\n\nOpen.\n" },
    });
    s.stacked("code", "main", { files: CODE });
    s.stacked("docs", "code", { files: { "README.md": "# Shop\n\nOpen from nine.\n" } });
  });
}

let browser: Browser;
let scene: Scene;
let server: RestartableServer;
beforeAll(async () => {
  if (!canBrowse) return;
  browser = await launchBrowser();
  scene = await shop();
  server = await serveRestartably(scene.path);
});
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});

/** The colours that the text of a file is drawn in. */
const coloursIn = (page: Page, path: string): Promise<string[]> =>
  page.evaluate((path) => {
    const texts = document.querySelectorAll(`[data-file="${path}"] .text, [data-file="${path}"] .text *`);
    return [...new Set([...texts].map((element) => getComputedStyle(element).color))];
  }, path);

browserTest("S6-06: code of a known language is coloured, and that of an unknown one is plain", async () => {
  await using open = await openDiff(browser, server, "code");
  const { page, complaints } = open;
  for (const path of ["src/shop.ts", "src/till.py", "src/stock.go"]) {
    await page.locator(`[data-file="${path}"] .text span`).first().waitFor(WITHIN);
    await expect.poll(async () => (await coloursIn(page, path)).length, WITHIN).toBeGreaterThan(3);
  }
  expect(await coloursIn(page, "notes.unknown")).toHaveLength(1);
  expect(complaints).toEqual([]);
});

browserTest(
  "S6-05: added and deleted are told by a sign and a word, and by blue and orange where that is wanted",
  async () => {
    await using open = await openDiff(browser, server, "docs", "?d=unified");
    const { page, diff, complaints } = open;
    const marker = (kind: string) => diff.locator(`.diff-line.${kind} .marker`).first();
    expect(await marker("add").textContent()).toBe("+added");
    expect(await marker("del").textContent()).toBe("−deleted");
    /** Which of red, green and blue is strongest and which weakest behind an added and a deleted line. */
    const tints = () =>
      page.evaluate(() =>
        ["add", "del"].map((kind) => {
          const line = document.querySelector(`.diff-line.${kind}`);
          const canvas = new OffscreenCanvas(1, 1).getContext("2d");
          if (!line || !canvas) return "";
          canvas.fillStyle = getComputedStyle(line).backgroundColor;
          canvas.fillRect(0, 0, 1, 1);
          const [r = 0, g = 0, b = 0] = canvas.getImageData(0, 0, 1, 1).data;
          return Object.entries({ r, g, b })
            .sort((x, y) => y[1] - x[1])
            .map(([name]) => name)
            .join(">");
        }),
      );
    expect(await tints()).toEqual(["g>b>r", "r>g>b"]);
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("checkbox", { name: "Blue and orange" }).check();
    await expect.poll(tints, WITHIN).toEqual(["b>g>r", "r>g>b"]);
    await page.reload();
    await marker("add").waitFor(WITHIN);
    await expect.poll(tints, WITHIN).toEqual(["b>g>r", "r>g>b"]);
    await page.emulateMedia({ forcedColors: "active" });
    expect(await marker("add").textContent()).toBe("+added");
    expect(await marker("add").evaluate((element) => getComputedStyle(element).fontWeight)).toBe("700");
    expect(complaints).toEqual([]);
  },
);

browserTest("X-01: axe finds nothing in a coloured diff, in either theme, wide and narrow", async () => {
  const found: string[] = [];
  for (const look of LOOKS) {
    for (const query of ["?d=unified", "?d=split&base=trunk"]) {
      await using open = await openDiff(browser, server, "docs", query, look);
      await open.page.getByRole("button", { name: "More" }).click();
      for (const finding of await accessibilityFindings(open.page)) {
        found.push(`${look.colorScheme} ${look.viewport.width} ${query}: ${finding}`);
      }
    }
  }
  expect(found).toEqual([]);
});
