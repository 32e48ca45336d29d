import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { type RepoFleet, repoFleet } from "../support/repo-fleet.ts";
import { type ServedFolders, serveFolders } from "../support/served-folders.ts";
import { submitTeam } from "../support/submit-team.ts";
import { submitWorld, threeStacked } from "../support/submit-world.ts";

const WITHIN = { timeout: 15_000 };

let browser: Browser;
beforeAll(async () => {
  if (canBrowse) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

/** A stack in a working copy, with a line that is too long for any screen. */
async function aScene(): Promise<Scene> {
  return createScene((s) => {
    s.commit("main", { files: { "shop.ts": "export const open = true;\n" } });
    s.stacked("api", "main", { files: { "shop.ts": `export const open = "${"long ".repeat(80)}";\n` } });
    s.stacked(`ui/${"a-rather-long-name-".repeat(4)}`, "api");
    s.stacked("docs", "api");
  });
}

const serve = (scene: Scene): Promise<ServedFolders> =>
  serveFolders([{ kind: "working-copy", id: "default", path: scene.path }]);

const REPO = "/r/local/default";
/** The screens of one's own clone, each with what tells that it is there. */
const SCREENS: readonly (readonly [path: string, until: string])[] = [
  [REPO, "a[aria-label*='docs, ']"],
  [`${REPO}?view=table`, "table"],
  [`${REPO}/-/stack/api`, "section[aria-label^='Stack ']"],
  [`${REPO}/-/branch/api`, "section[aria-label='Diff'] h3"],
  [`${REPO}/-/branch/api?tab=commits`, "section[aria-label^='Branch ']"],
  [`${REPO}/-/activity`, "main h1"],
  ["/ops", "main h1"],
  ["/ops/webhooks", "main h1"],
  ["/nowhere", "main h1"],
];

async function open(url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  await page.goto(url);
  return { page, [Symbol.asyncDispose]: () => context.close() };
}

const show = async (page: Page, url: string, until: string): Promise<void> => {
  await page.goto(url);
  await page.locator(until).first().waitFor(WITHIN);
};

/** What the focus is on, and whether one sees that: the ring is at least two pixels wide, on it or on the row that it stands for. */
const focus = (page: Page) =>
  page.evaluate(() => {
    const place = document.activeElement;
    const name = place?.getAttribute("aria-label") ?? place?.textContent?.trim() ?? "";
    let isSeen = false;
    for (let at = place, depth = 0; at && depth < 3; at = at.parentElement, depth++) {
      for (const part of ["", "::after"]) {
        const { outlineStyle, outlineWidth } = getComputedStyle(at, part);
        isSeen ||= outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
      }
    }
    return { name, isSeen, isLost: place === document.body || place === null };
  });

/** Presses Tab until the focus is on what has that name. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const tried: string[] = [];
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    const now = await focus(page);
    tried.push(now.name.slice(0, 40));
    if (typeof name === "string" ? now.name === name : name.test(now.name)) {
      expect(now.isSeen, `the focus on ${now.name}`).toBe(true);
      return;
    }
  }
  throw new Error(`Tab does not lead to ${String(name)}: ${tried.join(" | ")}`);
}

async function expectFocus(page: Page, after: string): Promise<void> {
  await expect.poll(async () => (await focus(page)).isLost, { ...WITHIN, message: after }).toBe(false);
}

/** Names of all that can be pressed, as they are told to somebody who does not see. */
const pressable = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("button, a[href]")]
      .filter((one) => one.checkVisibility())
      .map((one) => one.getAttribute("aria-label") ?? one.textContent.trim()),
  );

browserTest(
  "X-03, X-04, X-08: from the sign-in to a submit without a mouse: the focus is seen at each step, lost at none, and all that can be pressed has a name of its own",
  async () => {
    await using world = await submitWorld(threeStacked);
    await using scene = await aScene();
    await using team = await submitTeam(world, [
      { kind: "working-copy", id: "shop", path: scene.path, visibility: "team" },
    ]);
    const ada = team.github.person("ada", { "octo/widget": "WRITE" });
    team.github.signedIn = ada;
    await using opened = await open(team.url);
    const { page } = opened;

    await page.getByRole("link", { name: "Continue with GitHub" }).waitFor(WITHIN);
    await tabTo(page, "Continue with GitHub");
    await page.keyboard.press("Enter");
    await page.getByRole("table", { name: "Repositories" }).waitFor(WITHIN);
    for (const [token, whose] of team.github.tokens) {
      if (whose !== ada) continue;
      world.github.personalTokens.add(token);
      world.github.people.set(token, { login: "ada", permission: "WRITE" });
    }

    const names = await pressable(page);
    expect(names.filter((name) => name === "")).toEqual([]);
    const syncs = names.filter((name) => name.startsWith("Sync"));
    expect(syncs.length).toBeGreaterThan(1);
    expect(new Set(syncs).size).toBe(syncs.length);
    await tabTo(page, "Sync octo/widget now");
    await page.keyboard.press("Enter");
    await page
      .getByRole("row", { name: /octo\/widget/ })
      .getByText(/Synced just now/)
      .waitFor(WITHIN);
    expect((await focus(page)).name).toBe("Sync octo/widget now");

    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor(WITHIN);
    await page.keyboard.press("Escape");
    await expectFocus(page, "the palette");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor(WITHIN);
    await page.keyboard.press("Escape");
    await expectFocus(page, "the help");

    await page.goto(`${team.url}/r/octo/widget`);
    await page.locator("a[aria-label*='docs, ']").waitFor(WITHIN);
    await page.keyboard.press("j");
    await expect.poll(() => focus(page), WITHIN).toMatchObject({ isSeen: true, isLost: false });
    await page.keyboard.press("Enter");
    const branch = page.getByRole("region", { name: /^Branch / });
    await branch.waitFor(WITHIN);
    await page.keyboard.press("d");
    await branch
      .getByRole("region", { name: "Diff" })
      .getByRole("heading", { level: 3 })
      .first()
      .waitFor(WITHIN);
    expect((await pressable(page)).filter((name) => name === "")).toEqual([]);
    await page.keyboard.press("Control+f");
    await page.getByRole("searchbox", { name: /diff/i }).waitFor(WITHIN);
    await page.keyboard.press("Escape");
    await expectFocus(page, "the search of the diff");
    await page.keyboard.press("Escape");
    await branch.waitFor({ state: "detached", ...WITHIN });
    await expectFocus(page, "a branch");

    await tabTo(page, "Stack Tell of it");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: /^Stack / }).waitFor(WITHIN);
    await page.keyboard.press("c");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Submit 3 branches" }).waitFor(WITHIN);
    await tabTo(page, "Submit 3 branches");
    await page.keyboard.press("Enter");
    await dialog.getByText("3 branches submitted", { exact: true }).waitFor(WITHIN);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached", ...WITHIN });
    await expectFocus(page, "the submit");
    expect(world.widget.pullRequests.map(({ author }) => author)).toEqual(["ada", "ada", "ada"]);
    await page.keyboard.press("Escape");
    await expectFocus(page, "the stack");
  },
);

/** What scrolls sideways, code and what is drawn as a table apart. */
const sideways = (page: Page) =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const isCode = (one: Element) => one.closest("pre, code, [role=grid], .diff-body, .diff-file") !== null;
    const others = [...document.querySelectorAll("body *")].filter((one) => {
      const { overflowX } = getComputedStyle(one);
      return /auto|scroll/.test(overflowX) && one.scrollWidth > one.clientWidth + 1 && !isCode(one);
    });
    return [
      ...(scrollWidth > clientWidth ? [`the page, by ${scrollWidth - clientWidth}`] : []),
      ...others.map((one) => `${one.tagName} ${one.className} by ${one.scrollWidth - one.clientWidth}`),
    ];
  });

const moving = (page: Page) =>
  page.evaluate(() =>
    document
      .getAnimations()
      .filter(({ playState }) => playState === "running")
      .map(({ effect }) => (effect instanceof KeyframeEffect ? effect.target?.className : "")),
  );

browserTest(
  "X-05, X-06: at 200 % and on 320 pixels nothing but code scrolls sideways, and nothing moves for who wants no motion",
  async () => {
    await using scene = await aScene();
    await using served = await serve(scene);
    await using opened = await open("about:blank", { reducedMotion: "reduce" });
    const { page } = opened;
    for (const [path, until] of SCREENS) {
      // 1280 pixels at 200 %.
      await page.setViewportSize({ width: 640, height: 400 });
      await show(page, served.url + path, until);
      await expect.poll(() => sideways(page), { ...WITHIN, message: `${path} at 200 %` }).toEqual([]);
      await page.setViewportSize({ width: 320, height: 640 });
      // What is drawn otherwise on a phone is so a frame after the page has its new size.
      await expect.poll(() => sideways(page), { ...WITHIN, message: `${path} on 320 pixels` }).toEqual([]);
      await expect.poll(() => moving(page), { ...WITHIN, message: `${path} moves` }).toEqual([]);
    }

    // The longest word for the state of the connection.
    await page.route("**/api/v1/events*", (route) =>
      route.fulfill({ status: 503, headers: { "retry-after": "120" } }),
    );
    await show(page, served.url + REPO, "a[aria-label*='docs, ']");
    await page.locator(".connection").getByText("Updating every 120\u202fs").waitFor(WITHIN);
    expect(await sideways(page), "without streams on 320 pixels").toEqual([]);
    const help = await page.getByRole("button", { name: "Keyboard help" }).boundingBox();
    expect((help?.x ?? 0) + (help?.width ?? 0)).toBeLessThanOrEqual(320);
  },
);

browserTest(
  "X-07: the theme of a choice holds from the first paint on, and the diff follows it",
  async () => {
    await using scene = await aScene();
    await using served = await serve(scene);
    const path = `${REPO}/-/branch/api`;
    await using opened = await open(served.url + path, { colorScheme: "light" });
    const { page } = opened;
    const line = page.locator("section[aria-label='Diff'] h3").first();
    await line.waitFor(WITHIN);
    const looks = () =>
      page.evaluate(() => {
        const diff = document.querySelector("section[aria-label='Diff'] h3") ?? document.body;
        return [getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(diff).color];
      });
    const light = await looks();
    await page.getByRole("button", { name: "Dark theme" }).click();
    const dark = await looks();
    expect(dark[0]).not.toBe(light[0]);
    expect(dark[1]).not.toBe(light[1]);
    await page.getByRole("button", { name: "System theme" }).click();
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await looks()).toEqual(dark);
    await page.getByRole("button", { name: "Light theme" }).click();
    expect(await looks()).toEqual(light);

    // What is painted before the page's own script has come.
    const { promise: mayCome, resolve: letCome } = Promise.withResolvers<void>();
    await page.route("**/assets/*.js", async (route) => {
      await mayCome;
      await route.continue();
    });
    await page.goto(served.url + path, { waitUntil: "commit" });
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    await expect.poll(ground, WITHIN).toBe(light[0]);
    expect(await page.locator("#root > *").count()).toBe(0);
    letCome();
    await line.waitFor(WITHIN);
    expect(await looks()).toEqual(light);
  },
);

/** Too small for a finger: less than 24 pixels in one direction, links within text and the numbers of lines apart (WCAG 2.5.8). */
const tooSmall = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("button, [role=tab], li > a")]
      .filter((one) => one.checkVisibility() && !one.closest("p") && !/^Line \d/.test(one.ariaLabel ?? ""))
      .flatMap((one) => {
        const { width, height } = one.getBoundingClientRect();
        const isSmall = width > 0 && (width < 24 || height < 24);
        return isSmall ? [`${one.getAttribute("aria-label") ?? one.textContent}: ${width} × ${height}`] : [];
      }),
  );

browserTest(
  "X-14: by touch on a phone: a repository, a branch and its diff are opened with a finger",
  async () => {
    await using fleet: RepoFleet = await repoFleet(["web", "infra"]);
    await using opened = await open(fleet.server.url, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    const { page } = opened;
    await page.getByRole("link", { name: /acme\/web/ }).tap(WITHIN);
    const row = page.getByRole("link", { name: /\bui, \d of/ });
    await row.waitFor(WITHIN);
    expect(await tooSmall(page)).toEqual([]);
    await row.tap();
    const diff = page.getByRole("region", { name: "Diff" });
    await diff.getByRole("heading", { level: 3 }).first().waitFor(WITHIN);
    expect(await tooSmall(page)).toEqual([]);
    await page
      .getByRole("link", { name: "Back to the list" })
      .or(page.getByRole("button", { name: "Back to the list" }))
      .tap();
    await row.waitFor(WITHIN);
  },
);
