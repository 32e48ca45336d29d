import type { Browser, Locator, Page, Request } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { RepoList } from "../../src/contract/repo.ts";
import { browserTest, canBrowse, expectComplaint, launchBrowser } from "../support/browser.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { type ServedFolders, serveFolder, serveFolders } from "../support/served-folders.ts";
import { isStream, type ServerFront, serverFront } from "../support/server-front.ts";
import { findingsInEveryLook } from "./every-look.ts";
import { passUntil } from "./pass-until.ts";

const WITHIN = { timeout: 15_000 };
const STREAM = "/api/v1/events";

let browser: Browser;
let scene: Scene;
let served: ServedFolders;
let front: ServerFront;
beforeAll(async () => {
  if (!canBrowse) return;
  browser = await launchBrowser();
  scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
  });
  served = await serveFolder(scene.path);
  front = await serverFront(served.url);
});
afterEach(() => {
  if (front) Object.assign(front, { instead: undefined, version: undefined });
});
afterAll(async () => {
  await browser?.close();
  await front?.[Symbol.asyncDispose]();
  await served?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});

interface OpenPage extends AsyncDisposable {
  readonly page: Page;
}

/** A page that is live, and was loaded once. */
async function openPage(url = front.url): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(url);
  await row(page, "api").waitFor(WITHIN);
  await state(page, "Live").waitFor(WITHIN);
  await page.evaluate(() => Reflect.set(window, "sameDocument", true));
  return { page, [Symbol.asyncDispose]: () => context.close() };
}

const row = (page: Page, branch: string) =>
  page.getByRole("link", { name: new RegExp(`\\b${branch}, \\d of`) });
const state = (page: Page, word: string) => page.locator(".connection").getByRole("status").getByText(word);
const note = (page: Page, words: string | RegExp) => page.getByRole("note").getByText(words);
const isSameDocument = (page: Page) => page.evaluate(() => Reflect.get(window, "sameDocument") === true);

let commits = 0;
/** Makes a branch that a server then knows of, and gives where a page shows it. */
async function change({ get } = served): Promise<(page: Page) => Locator> {
  const name = `change-${++commits}`;
  const commit = await scene.git("commit-tree", "-p", "main", "-m", "Change it", "main^{tree}");
  await scene.git("update-ref", `refs/heads/${name}`, commit);
  const known = async () => (await get<RepoList>("/repos")).repos[0]?.counts.branches;
  await expect.poll(known, WITHIN).toBe(commits + 1);
  return (page) => row(page, name);
}

/** From now on the page's time passes only as the test lets it, so that nothing takes long by it. */
async function stopTime(page: Page): Promise<void> {
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 5000));
}

/** Lets so much of the page's time pass as it takes until it has asked for so many streams, and next to none while it waits for one that it asked for. */
async function untilStreams(page: Page, count: number): Promise<void> {
  const asking = new Set<Request>();
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === STREAM) asking.add(request);
  });
  page.on("response", (response) => asking.delete(response.request()));
  page.on("requestfailed", (request) => asking.delete(request));
  const asked = async () => {
    await page.clock.runFor(asking.size > 0 ? 1 : 50);
    return front.streams;
  };
  await expect.poll(asked, WITHIN).toBe(count);
}

/** Waits for what comes with answers, while next to nothing of the page's time passes: what is due at once happens. */
async function answered(page: Page, isOver: () => Promise<boolean>): Promise<void> {
  const look = async () => {
    await page.clock.runFor(1);
    return isOver();
  };
  await expect.poll(look, WITHIN).toBe(true);
}

/** From now on, whether the page has caught up after its last connection, as its tab tells the others of its browser. */
async function watchLink(page: Page): Promise<() => Promise<boolean>> {
  await page.evaluate(() => {
    const tabs = new BroadcastChannel("stackit-events");
    tabs.onmessage = ({ data }) => {
      if (data.kind === "link") Reflect.set(window, "hasCaughtUp", data.link.phase === "open");
    };
    // What nobody refers to may be collected with its listener.
    Reflect.set(window, "tabs", tabs);
  });
  return () => page.evaluate(() => Reflect.get(window, "hasCaughtUp") === true);
}

/** From now on, everything that the bar and the strip below it said. */
async function watchHead(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const head = document.querySelector(".app-head");
    const seen: string[] = [];
    Reflect.set(window, "seen", seen);
    const options = { childList: true, subtree: true, characterData: true, attributes: true };
    if (head) new MutationObserver(() => seen.push(head.textContent ?? "")).observe(head, options);
  });
  return () => page.evaluate(() => Reflect.get(window, "seen"));
}

browserTest(
  "S12-05: a stream that the server ends as planned is followed by another, and nothing is seen of it",
  async () => {
    await using open = await openPage();
    const { page } = open;
    await stopTime(page);
    const said = await watchHead(page);
    const hasCaughtUp = await watchLink(page);
    const before = front.streams;
    front.endStreams();
    const shown = await change();
    await untilStreams(page, before + 1);
    await answered(page, () => shown(page).isVisible());
    await answered(page, hasCaughtUp);
    await page.clock.runFor(5000);
    expect(await said()).toEqual([]);
    await state(page, "Live").waitFor(WITHIN);
  },
);

browserTest(
  "S12-03: a stream that is answered once with the page of a broken proxy is had at the next attempt",
  async () => {
    await using open = await openPage();
    const { page } = open;
    await stopTime(page);
    const said = await watchHead(page);
    const before = front.streams;
    let refused = 0;
    front.instead = (request, response) => {
      if (!isStream(request) || refused++ > 0) return false;
      response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>");
      return true;
    };
    front.endStreams("break");
    const shown = await change();
    await untilStreams(page, before + 2);
    await answered(page, () => shown(page).isVisible());
    expect(refused).toBe(2);
    expect(await said()).toEqual([]);
    expect(await isSameDocument(page)).toBe(true);
  },
);

browserTest(
  "S12-02, X-01: without a stream the page says so after three seconds and not before, keeps what it has, and catches up",
  async () => {
    await using open = await openPage();
    const { page } = open;
    front.instead = (request, response) => {
      if (isStream(request)) response.destroy();
      return isStream(request);
    };
    await stopTime(page);
    front.endStreams("break");
    const shown = await change();
    await page.clock.runFor(2500);
    await state(page, "Live").waitFor(WITHIN);
    await page.clock.runFor(1500);
    await state(page, "Reconnecting").waitFor(WITHIN);
    expect(await row(page, "api").isVisible()).toBe(true);

    // The whole server is gone.
    front.instead = (_request, response) => {
      response.destroy();
      return true;
    };
    await passUntil(note(page, /Not live since \d\d:\d\d\. What you see may have changed\./));
    await page.clock.resume();
    expect(await findingsInEveryLook(page)).toEqual([]);
    front.instead = undefined;
    await page.getByRole("button", { name: "Try now" }).click();
    await shown(page).waitFor(WITHIN);
    await state(page, "Live").waitFor(WITHIN);
    await page.getByRole("note").waitFor({ ...WITHIN, state: "detached" });
  },
);

browserTest(
  "S12-04, X-01: without a network it is offline, which takes Sync away until it is back",
  async () => {
    await using open = await openPage();
    const { page } = open;
    const sync = page.getByRole("button", { name: /^Sync now/ });
    await page.context().setOffline(true);
    await state(page, "Offline").waitFor(WITHIN);
    await note(page, /You are offline\./).waitFor(WITHIN);
    await expect.poll(() => sync.getAttribute("aria-disabled"), WITHIN).toBe("true");
    expect(await sync.getAttribute("title")).toBe("You are offline");
    expect(await findingsInEveryLook(page)).toEqual([]);
    const shown = await change();
    await page.context().setOffline(false);
    await shown(page).waitFor(WITHIN);
    await state(page, "Live").waitFor(WITHIN);
    await expect.poll(() => sync.getAttribute("aria-disabled"), WITHIN).toBeNull();
  },
);

browserTest("S12-07: a stream on which nothing comes for 40 s is given up for another", async () => {
  await using open = await openPage();
  const { page } = open;
  front.stallStreams();
  const before = front.streams;
  const shown = await change();
  // Besides, as much has passed as the change took.
  await page.clock.runFor(25_000);
  expect(front.streams).toBe(before);
  await page.clock.runFor(20_000);
  await shown(page).waitFor(WITHIN);
  expect(front.streams).toBe(before + 1);
  await state(page, "Live").waitFor(WITHIN);
});

browserTest("S12-09: after a sleep all that is shown is asked for at once", async () => {
  await using open = await openPage();
  const { page } = open;
  const asked = () => front.requests.filter((each) => /^GET \S+\/view-changes\?/.test(each)).length;
  const before = asked();
  front.stallStreams();
  const shown = await change();
  await page.clock.fastForward("01:00:00");
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await shown(page).waitFor(WITHIN);
  expect(asked()).toBeGreaterThan(before);
  await state(page, "Live").waitFor(WITHIN);
});

browserTest(
  "S12-08, X-01: a new version and a part of the page that is gone both offer to load the page anew, which is done by nobody else",
  async () => {
    await using open = await openPage();
    const { page } = open;
    expectComplaint(/^PartNotLoaded: /);
    const reload = page.getByRole("note").getByRole("button", { name: "Reload" });
    front.version = "99.0.0";
    await page.clock.runFor(5000);
    front.endStreams();
    await reload.waitFor(WITHIN);
    expect(await isSameDocument(page)).toBe(true);
    expect(await findingsInEveryLook(page)).toEqual([]);
    await reload.click();
    await expect.poll(() => isSameDocument(page), WITHIN).toBe(false);
    await row(page, "api").waitFor(WITHIN);
    expect(await reload.count()).toBe(0);

    front.instead = (request, response) => {
      const isPart = /activity-page[^/]*\.js/.test(request.url ?? "");
      if (isPart) response.writeHead(404).end();
      return isPart;
    };
    await page.getByRole("link", { name: "Activity", exact: true }).click();
    await reload.waitFor(WITHIN);
    await page.getByRole("alert").getByText("This part failed.").waitFor(WITHIN);
    front.instead = undefined;
    await reload.click();
    await page
      .getByRole("heading", { name: /Activity/ })
      .first()
      .waitFor(WITHIN);
  },
);

browserTest(
  "S12-01, X-01: a public server says that it only shows, how new that is, and when many look; it has neither Sync nor accounts",
  async () => {
    await using open = await serveFolders(
      [{ kind: "working-copy", id: "shop", path: scene.path, visibility: "everyone" }],
      { posture: "public", readOnly: true },
    );
    await using crowd = await serverFront(open.url);
    await using opened = await openPage(`${crowd.url}/r/local/shop`);
    const { page } = opened;
    const about = page.getByRole("note").getByRole("button", { name: "About this server" });
    await note(page, "Public read-only view").waitFor(WITHIN);
    expect(await page.getByRole("note").innerText()).toMatch(
      /synced\s+(just now|\d+\s*s ago).*updates as it changes/s,
    );
    expect(await page.getByRole("note").count()).toBe(1);
    expect(await page.getByRole("button", { name: /sync|submit|add|retry|account/i }).count()).toBe(0);
    expect((await open.sync({}, {}, "shop")).status).toBe(405);
    await about.click();
    await page
      .getByRole("dialog", { name: "About this server" })
      .getByText(/^Stackit \d/)
      .waitFor(WITHIN);
    expect(await findingsInEveryLook(page)).toEqual([]);
    await page.keyboard.press("Escape");
    const hasFocus = () => about.evaluate((button) => button === document.activeElement);
    await expect.poll(hasFocus, WITHIN).toBe(true);

    crowd.instead = (request, response) => {
      if (isStream(request)) response.writeHead(429, { "retry-after": "20" }).end();
      return isStream(request);
    };
    crowd.endStreams();
    await note(page, /^Many visitors\. Next update in (20|1\d)\ss\.$/).waitFor(WITHIN);
    await state(page, "Updating every 20").waitFor(WITHIN);
    expect(await findingsInEveryLook(page)).toEqual([]);
    const shown = await change(open);
    await page.clock.runFor(21_000);
    await shown(page).waitFor(WITHIN);
    crowd.instead = undefined;
    await page.clock.runFor(21_000);
    await state(page, "Live").waitFor(WITHIN);
    await note(page, "Public read-only view").waitFor(WITHIN);
  },
);
