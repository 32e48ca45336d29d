import { chmod, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { solidPng } from "../support/png.ts";
import { type RestartableServer, serveRestartably } from "../support/restartable-server.ts";
import { accessibilityFindings, LOOKS } from "./axe-check.ts";
import { openDiff, WITHIN } from "./diff-page.ts";

const HOSTILE = "<img/src=x/onerror=document.title=1>";
const LINES = 33_000;

const LFS_POINTER = `version https://git-lfs.github.com/spec/v1
oid sha256:${"a".repeat(64)}
size 3145728
`;

/** Files of each kind that is not just changed text, on the branch `kinds`. */
async function writeKinds(scene: Scene): Promise<void> {
  await writeFile(join(scene.path, "logo.png"), solidPng(300, 100, [200, 60, 40]));
  await writeFile(join(scene.path, "grown.bin"), Buffer.alloc(12 * 1024));
  await scene.git("add", "--all");
  await scene.git("commit", "--quiet", "--message", "Add a logo");
  await scene.git("switch", "--quiet", "--create", "kinds", "main");
  await writeFile(join(scene.path, "data.bin"), Buffer.from([0, 1, 2, 3]));
  await writeFile(join(scene.path, "grown.bin"), Buffer.alloc(14 * 1024));
  await writeFile(join(scene.path, "logo.png"), solidPng(150, 200, [40, 90, 200]));
  await writeFile(join(scene.path, "new.png"), solidPng(16, 16, [40, 90, 200]));
  await writeFile(join(scene.path, "broken.png"), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0]));
  await writeFile(join(scene.path, "drawing.svg"), `<svg xmlns="http://www.w3.org/2000/svg">\n</svg>\n`);
  await writeFile(join(scene.path, "large.psd"), LFS_POINTER);
  await symlink("old.txt", join(scene.path, "link"));
  await writeFile(join(scene.path, "conflict.txt"), "<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n");
  await writeFile(join(scene.path, "latin.txt"), Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a]));
  await scene.git("mv", "old.txt", "new.txt");
  await chmod(join(scene.path, "run.sh"), 0o755);
  await writeFile(join(scene.path, "endings.txt"), "one\r\ntwo\r\n");
  await writeFile(join(scene.path, "end.txt"), "no end");
  await scene.git("add", "--all");
  await scene.git("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},lib`);
  await scene.git("commit", "--quiet", "--message", "Change files of all kinds");
  await scene.metadata("kinds", { parentBranchName: "main" });
}

let browser: Browser;
let scene: Scene;
let server: RestartableServer;
beforeAll(async () => {
  if (!canBrowse) return;
  browser = await launchBrowser();
  const numbered = Array.from({ length: LINES }, (_, index) => `row ${index + 1}\n`).join("");
  const parts = Array.from({ length: 119 }, (_, index): [string, string] => [
    `part/${String(index).padStart(3, "0")}.ts`,
    Array.from({ length: 30 }, (_, line) => `export const n${line} = ${line};\n`).join(""),
  ]);
  scene = await createScene((s) => {
    s.commit("main", {
      files: {
        "old.txt": "a\nb\nc\n",
        "run.sh": "echo\n",
        "endings.txt": "one\ntwo\n",
        "README.md": "Shop\n",
      },
    });
    s.stacked("large", "main", { files: { ...Object.fromEntries(parts), "whole.txt": numbered } });
    s.stacked(HOSTILE, "main", {
      files: { [`${HOSTILE}/a.html`]: `${HOSTILE}\n<script>document.title = 1</script>\n` },
    });
  });
  await writeKinds(scene);
  server = await serveRestartably(scene.path);
});
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});

browserTest(
  "S6-07: of a diff of 36,000 lines little is in the document, and its last line is reached",
  async () => {
    await using open = await openDiff(browser, server, "large");
    const { page, diff, complaints } = open;
    const nodes = () => diff.evaluate((element) => element.querySelectorAll("*").length);
    await diff.locator(".diff-line").first().waitFor(WITHIN);
    expect(await diff.getByRole("heading", { level: 3 }).count()).toBe(120);
    expect(await nodes()).toBeLessThan(5000);
    const whole = page.locator('[data-file="whole.txt"]');
    await diff.evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
    await whole.getByText("A large diff, 33,000 lines").waitFor(WITHIN);
    await whole.getByRole("button", { name: "Show it" }).click();
    await whole.getByText("row 1", { exact: true }).waitFor(WITHIN);
    await diff.evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
    await whole.getByText(`row ${LINES}`, { exact: true }).waitFor(WITHIN);
    expect(await nodes()).toBeLessThan(5000);
    expect(complaints).toEqual([]);
  },
);

browserTest("S6-10: files that are not just changed text each say what happened to them", async () => {
  await using open = await openDiff(browser, server, "kinds");
  const { page, complaints } = open;
  const told: [path: string, sentence: string][] = [
    ["data.bin", "A binary file was added: 4\u202fB."],
    ["grown.bin", "A binary file changed: 12\u202fKiB, now 14\u202fKiB."],
    ["large.psd", "Stored with Git LFS: 3.0\u202fMiB."],
    ["link", "A symbolic link"],
    ["conflict.txt", "Conflict markers were left in, first in line 1."],
    ["latin.txt", "Not all of it is UTF-8"],
    ["broken.png", "This image cannot be shown."],
    ["new.txt", "Renamed from old.txt, without a change."],
    ["run.sh", "Made executable."],
    ["lib", "Submodule added at 1111111."],
    ["endings.txt", "Only line endings differ: LF became CRLF."],
    ["end.txt", "no line break at the end of the file"],
  ];
  for (const [path, sentence] of told) {
    const file = page.locator(`[data-file="${path}"]`);
    await file.evaluate((element) => element.scrollIntoView());
    await file.getByText(sentence).waitFor(WITHIN);
  }
  expect(complaints).toEqual([]);
});

browserTest("S6-10: an image is shown before and after, beside and above each other", async () => {
  await using open = await openDiff(browser, server, "kinds", "?file=logo.png");
  const { page, complaints } = open;
  const file = page.locator('[data-file="logo.png"]');
  await file.getByText("Before · 300 × 100").waitFor(WITHIN);
  await file.getByText("After · 150 × 200").waitFor(WITHIN);
  await file.getByRole("button", { name: "Swipe" }).click();
  const slider = file.getByRole("slider");
  await slider.press("End");
  const [before, after] = [
    file.getByRole("img", { name: "logo.png, before" }),
    file.getByRole("img", { name: "logo.png, after" }),
  ];
  const widthOf = async (image: Locator) => (await image.boundingBox())?.width ?? 0;
  await expect.poll(async () => (await widthOf(before)) / (await widthOf(after)), WITHIN).toBeCloseTo(2, 1);
  const layer = after.locator("xpath=..");
  expect(await layer.evaluate((one) => getComputedStyle(one).clipPath)).toBe("inset(0px 0px 0px 100%)");
  await file.getByRole("button", { name: "Onion skin" }).click();
  await slider.press("Home");
  expect(await layer.evaluate((one) => getComputedStyle(one).opacity)).toBe("0");
  for (const { colorScheme, viewport } of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    expect(await accessibilityFindings(page)).toEqual([]);
  }
  const drawing = page.locator('[data-file="drawing.svg"]');
  await drawing.evaluate((element) => element.scrollIntoView());
  await drawing.getByText("</svg>").waitFor(WITHIN);
  expect(await drawing.locator("img, svg:not(.glyph)").count()).toBe(0);
  expect(complaints).toEqual([]);
});

browserTest("S6-13: hostile code in contents, paths and branch names is shown and never run", async () => {
  const address = HOSTILE.split("/").map(encodeURIComponent).join("/");
  await using open = await openDiff(browser, server, address);
  const { page, diff, complaints } = open;
  await page.keyboard.press("Control+f");
  await page.keyboard.type("<img");
  await diff.locator(".diff-line").first().waitFor(WITHIN);
  await diff.locator(".text span").first().waitFor(WITHIN);
  expect(await diff.getByRole("heading", { level: 3 }).textContent()).toBe(`${HOSTILE}/a.html`);
  expect(await diff.locator(".diff-line .text").first().textContent()).toBe(HOSTILE);
  expect(await page.locator("img, .diff-line script").count()).toBe(0);
  expect(await page.title()).not.toBe("1");
  expect(complaints).toEqual([]);
});

browserTest("X-15: on paper a diff is whole, without what can only be pressed", async () => {
  await using open = await openDiff(browser, server, "large");
  const { page, complaints } = open;
  const last = page.locator('[data-file="part/118.ts"]').getByText("29", { exact: true });
  expect(await last.count()).toBe(0);
  await page.emulateMedia({ media: "print" });
  await last.waitFor(WITHIN);
  const lines = page.locator(".diff-line");
  const [first, end] = [await lines.first().boundingBox(), await lines.last().boundingBox()];
  expect(await lines.count()).toBe(119 * 30);
  expect((end?.y ?? 0) - (first?.y ?? 0)).toBeGreaterThan(119 * 30 * 20 - 20);
  expect(await page.getByRole("checkbox").count()).toBe(0);
  expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeGreaterThan(119 * 30 * 20);
  expect(complaints).toEqual([]);
});
