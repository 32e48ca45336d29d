import { gzipSync } from "node:zlib";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { type RestartableServer, serveRestartably } from "../support/restartable-server.ts";
import { accessibilityFindings, LOOKS } from "./axe-check.ts";

const WITHIN = { timeout: 15_000 };

let browser: Browser;
beforeAll(async () => {
  if (canBrowse) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

/** A stack of three on `main`, by metadata, with the middle one checked out; and one branch beside it. */
async function stackOfThree(): Promise<Scene> {
  const scene = await createScene((s) => {
    s.commit("main", { files: { "shop.ts": "export const open = true;\n" } });
    s.stacked("api", "main");
    s.stacked("ui", "api");
    s.stacked("docs", "ui");
    s.stacked("other", "main");
  });
  await scene.git("switch", "--quiet", "ui");
  return scene;
}

interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** What the console and the content security policy complained about. */
  readonly complaints: string[];
}

async function openPage(
  server: RestartableServer,
  path = "/",
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${server.url}${path}`);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

const row = (page: Page, branch: string) =>
  page.getByRole("link", { name: new RegExp(`\\b${branch}, \\d of`) });

browserTest("a commit in the repository changes its row without a reload", async () => {
  await using scene = await stackOfThree();
  await using server = await serveRestartably(scene.path);
  await using open = await openPage(server);
  const { page } = open;
  await row(page, "docs").waitFor(WITHIN);
  await page.evaluate(() => Reflect.set(window, "sameDocument", true));

  await scene.commit("docs", { message: "Explain the opening hours" });
  await page.getByText("2 commits").first().waitFor(WITHIN);
  await scene.commit("api", { message: "Open earlier" });
  await page.getByRole("link", { name: /\bui, 2 of 3.*parent moved/ }).waitFor(WITHIN);

  expect(await page.evaluate(() => Reflect.get(window, "sameDocument"))).toBe(true);
  expect(open.complaints).toEqual([]);
});

browserTest("S3-14: exactly one row is where the person is, and follows `git switch`", async () => {
  await using scene = await stackOfThree();
  await using server = await serveRestartably(scene.path);
  await using open = await openPage(server);
  const { page } = open;
  await page.getByRole("link", { name: /\bui, .*you are here/ }).waitFor(WITHIN);
  for (const branch of ["api", "docs"]) {
    await scene.git("switch", "--quiet", branch);
    await page.getByRole("link", { name: new RegExp(`\\b${branch}, .*you are here`) }).waitFor(WITHIN);
    expect(await page.getByText("You are here", { exact: true }).count()).toBe(1);
  }
});

browserTest(
  "S2-02: Sync now says what it found, keeps the focus, and the button keeps its width",
  async () => {
    await using scene = await stackOfThree();
    await using server = await serveRestartably(scene.path);
    await using open = await openPage(server);
    const { page } = open;
    await row(page, "docs").waitFor(WITHIN);
    const button = page.getByRole("button", { name: /^Sync now/ });
    const width = (await button.boundingBox())?.width;
    await button.click();
    await page
      .getByText(/Synced just now, no change/)
      .first()
      .waitFor(WITHIN);
    expect((await page.getByRole("button", { name: /^Sync now/ }).boundingBox())?.width).toBe(width);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("Sync now");
    expect(open.complaints).toEqual([]);
  },
);

browserTest("S2-01: a sync that finds something says how much", async () => {
  await using scene = await stackOfThree();
  await using server = await serveRestartably(scene.path);
  await using open = await openPage(server);
  const { page } = open;
  await row(page, "docs").waitFor(WITHIN);
  // Asked for at once, the run comes before the watcher's has settled; either way the header tells of one changed ref.
  await scene.commit("docs");
  await page.keyboard.press("s");
  await page
    .getByText(/1 ref changed/)
    .first()
    .waitFor(WITHIN);
});

browserTest(
  "S2-04, S12-02: a killed server is said to be gone, and what was missed appears when it is back",
  async () => {
    await using scene = await stackOfThree();
    await using server = await serveRestartably(scene.path);
    await using open = await openPage(server);
    const { page } = open;
    await row(page, "docs").waitFor(WITHIN);
    await page.getByRole("status").getByText("Live").waitFor(WITHIN);

    await server.kill();
    await page
      .getByRole("status")
      .getByText(/Reconnecting/)
      .waitFor(WITHIN);
    expect(await row(page, "docs").isVisible()).toBe(true);
    await scene.git("branch", "--quiet", "new-while-away", "docs");
    await scene.commit("new-while-away", { message: "Made while the server was away" });

    await server.restart();
    await row(page, "new-while-away").waitFor({ timeout: 60_000 });
    await page.getByRole("status").getByText("Live").waitFor({ timeout: 60_000 });
  },
);

browserTest(
  "S3-04, S3-05: the whole page by keyboard: walk the rows, open, close, and be where one was",
  async () => {
    await using scene = await stackOfThree();
    await using server = await serveRestartably(scene.path);
    await using open = await openPage(server);
    const { page } = open;
    await row(page, "docs").waitFor(WITHIN);
    const focused = (): Promise<string> =>
      page.evaluate(
        () => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "",
      );

    await page.keyboard.press("j");
    await page.keyboard.press("j");
    const second = await focused();
    await page.keyboard.press("k");
    await expect.poll(focused, WITHIN).not.toBe(second);
    await page.keyboard.press("j");
    await expect.poll(focused, WITHIN).toBe(second);

    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: /^Branch / }).waitFor(WITHIN);
    expect(page.url()).toContain("/-/branch/");
    await page.keyboard.press("Escape");
    await page.getByRole("region", { name: /^Branch / }).waitFor({ state: "detached", ...WITHIN });
    await expect.poll(focused, WITHIN).toBe(second);

    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: /^Branch / }).waitFor(WITHIN);
    await page.goBack();
    await page.getByRole("region", { name: /^Branch / }).waitFor({ state: "detached", ...WITHIN });
    expect(open.complaints).toEqual([]);
  },
);

browserTest(
  "S6-01: a deep link opens a branch with its diff, and reading is not disturbed by a new commit",
  async () => {
    await using scene = await stackOfThree();
    await using server = await serveRestartably(scene.path);
    await using open = await openPage(server, "/r/local/default/-/branch/docs");
    const { page } = open;
    await page.getByRole("tab", { name: /Diff/ }).waitFor(WITHIN);
    const diff = page.getByRole("region", { name: "Diff" });
    await diff.getByRole("heading", { level: 3 }).first().waitFor(WITHIN);
    const before = await diff.getByRole("heading", { level: 3 }).allTextContents();

    await scene.commit("docs", { files: { "added-later.md": "Later\n" } });
    const show = page.getByRole("button", { name: /Show it/ });
    await show.waitFor(WITHIN);
    expect(await diff.getByRole("heading", { level: 3 }).allTextContents()).toEqual(before);
    await show.click();
    await diff.getByText("added-later.md").first().waitFor(WITHIN);
    expect(open.complaints).toEqual([]);
  },
);

browserTest("a branch that would not merge any more says so and in which file, until it would", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "hours.md": "8 to 5\n" } });
    s.commit("late", { parent: "main", files: { "hours.md": "10 to 8\n" } });
    s.commit("main", { files: { "hours.md": "7 to 4\n" } });
  });
  await using server = await serveRestartably(scene.path);
  await using open = await openPage(server, "/r/local/default/-/branch/late");
  const { page } = open;
  await page.getByText("A merge would conflict in one file").waitFor(WITHIN);
  await page.getByText("merge conflict", { exact: true }).first().waitFor(WITHIN);
  await scene.commit("main", { files: { "hours.md": "8 to 5\n" } });
  await page.getByText("it would still merge cleanly").waitFor(WITHIN);
  await expect.poll(() => page.getByText("merge conflict").count(), WITHIN).toBe(0);
  expect(open.complaints).toEqual([]);
});

browserTest(
  "S3-15, S6-13: names and contents that are hostile, long or foreign stay text, and their links work",
  async () => {
    const hostile = "<img/src=x/onerror=alert(1)>";
    const names = [
      "émigré/ünïcode-🚀",
      "with#hash",
      "at@sign%41",
      hostile,
      `long/${"x".repeat(190)}`,
      "שלום/rtl",
    ];
    await using scene = await createScene((s) => {
      s.commit("main");
      for (const name of names) s.stacked(name, "main");
      s.commit(hostile, {
        message: "<script>alert(1)</script>",
        files: { "a.html": "<img src=x onerror=alert(1)>\n" },
      });
    });
    await using server = await serveRestartably(scene.path);
    await using open = await openPage(server);
    const { page } = open;
    let dialogs = 0;
    page.on("dialog", (dialog) => {
      dialogs++;
      void dialog.dismiss();
    });
    for (const name of names) {
      await page.goto(`${server.url}/r/local/default`);
      const link = page.locator(`a[href*="/-/branch/"]`).filter({ hasText: name });
      await link.first().waitFor(WITHIN);
      await link.first().click();
      await page.getByRole("region", { name: `Branch ${name}`, exact: true }).waitFor(WITHIN);
    }
    expect(dialogs).toBe(0);
    expect(open.complaints).toEqual([]);
  },
);

browserTest(
  "S12-06: many tabs share one event stream, and another takes over when its tab is closed",
  async () => {
    await using scene = await stackOfThree();
    await using server = await serveRestartably(scene.path);
    const context = await browser.newContext();
    let streams = 0;
    context.on("request", (request) => {
      if (/\/events(\?|$)/.test(request.url())) streams++;
    });
    const pages: Page[] = [];
    for (let tab = 0; tab < 8; tab++) {
      const page = await context.newPage();
      await page.goto(server.url);
      await row(page, "docs").waitFor(WITHIN);
      await page.getByRole("status").getByText("Live").waitFor(WITHIN);
      pages.push(page);
    }
    expect(streams).toBe(1);
    await pages[0]?.close();
    await scene.commit("docs");
    await pages[7]?.getByText("2 commits").first().waitFor({ timeout: 30_000 });
    await context.close();
  },
);

browserTest("X-01: axe finds nothing, light and dark, wide and narrow, list and branch", async () => {
  await using scene = await stackOfThree();
  await scene.commit("api"); // a parent that moved
  await using server = await serveRestartably(scene.path);
  const found: string[] = [];
  for (const look of LOOKS) {
    for (const path of ["/r/local/default", "/r/local/default/-/branch/docs"]) {
      await using open = await openPage(server, path, look);
      const { page } = open;
      if (path.endsWith("docs")) await page.getByRole("tab", { name: /Diff/ }).waitFor(WITHIN);
      else await row(page, "docs").waitFor(WITHIN);
      const findings = await accessibilityFindings(page);
      found.push(
        ...findings.map((finding) => `${look.colorScheme} ${look.viewport.width} ${path}: ${finding}`),
      );
    }
  }
  expect(found).toEqual([]);
});

browserTest("X-11: the first load needs no other origin and stays within its budget", async () => {
  await using scene = await stackOfThree();
  await using server = await serveRestartably(scene.path);
  const context = await browser.newContext();
  const page = await context.newPage();
  const origins = new Set<string>();
  page.on("request", (request) => origins.add(new URL(request.url()).origin));
  await page.goto(server.url);
  await row(page, "docs").waitFor(WITHIN);
  const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  const gzipped = async (ending: string) => {
    let sum = 0;
    for (const url of loaded.filter((name) => name.endsWith(ending))) {
      sum += gzipSync(await (await fetch(url)).bytes()).length;
    }
    return sum;
  };
  const bytes = { script: await gzipped(".js"), stylesheet: await gzipped(".css") };
  expect(bytes.script).toBeGreaterThan(0);
  expect([...origins]).toEqual([server.url]);
  expect(bytes.script).toBeLessThanOrEqual(130 * 1024);
  expect(bytes.stylesheet).toBeLessThanOrEqual(20 * 1024);
  await context.close();
});
