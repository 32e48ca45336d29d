import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import type { SyncRun } from "../../src/contract/sync-run.ts";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { askForCredentials, refuse, waitFor } from "../support/git-host-behaviours.ts";
import { serveMirrors, type Upstream, upstreamOf } from "../support/mirror-world.ts";
import type { ServedFolders } from "../support/served-folders.ts";
import { accessibilityFindings, LOOKS } from "./axe-check.ts";

const WITHIN = { timeout: 15_000 };

let browser: Browser;
beforeAll(async () => {
  if (canBrowse) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

interface Shop {
  readonly upstream: Upstream;
  readonly served: ServedFolders;
  readonly url: string;
  sync(): Promise<SyncRun>;
}

async function shop(): Promise<Shop> {
  const upstream = await upstreamOf((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  });
  onTestFinished(() => upstream[Symbol.asyncDispose]());
  const served = await serveMirrors([["shop", upstream]]);
  onTestFinished(() => served[Symbol.asyncDispose]());
  return {
    upstream,
    served,
    url: `${served.url}/r/local/shop`,
    async sync() {
      const answer: SyncRun & { run?: SyncRun } = await (await served.sync({}, {}, "shop")).json();
      return answer.run ?? answer;
    },
  };
}

const drawer = (page: Page) => page.getByRole("complementary", { name: "Sync history" });
const row = (page: Page, name: RegExp) => drawer(page).getByRole("listitem").getByRole("button", { name });

browserTest(
  "S8-01: h opens the history beside the page, Esc closes it, and on a phone it is a dialog",
  async () => {
    const { url } = await shop();
    const page = await openPage(url);
    await page.getByRole("link", { name: /\bui, \d of/ }).waitFor(WITHIN);
    await page.keyboard.press("h");
    await drawer(page).waitFor(WITHIN);
    await expect.poll(() => new URL(page.url()).search).toBe("?sync=all");
    await page.keyboard.press("Escape");
    await drawer(page).waitFor({ state: "detached" });
    await expect.poll(() => new URL(page.url()).search).toBe("");
    const phone = await openPage(`${url}?sync=all`, { viewport: { width: 390, height: 800 } });
    await phone.getByRole("dialog", { name: "Sync history" }).waitFor(WITHIN);
    await phone.keyboard.press("Escape");
    await expect.poll(() => new URL(phone.url()).search).toBe("");
  },
);

browserTest("S8-02: each run says what came of it, who asked and how long it took", async () => {
  const { upstream, sync, url } = await shop();
  await upstream.scene.commit("ui");
  await sync();
  await sync();
  upstream.host.front = askForCredentials();
  await sync();
  const page = await openPage(`${url}?sync=all`);
  const took = String.raw`hand [1-9][\d.]*\s(ms|s) \d\d:\d\d`;
  for (const words of ["Failed", "No change", "Changed 1 ref"]) {
    await row(page, new RegExp(`^${words}.* ${took}$`)).waitFor(WITHIN);
  }
  await drawer(page).getByRole("button", { name: "Changed", exact: true }).click();
  await row(page, /^Failed/).waitFor({ state: "detached" });
  expect(await drawer(page).getByRole("listitem").count()).toBe(1);
  await drawer(page).getByRole("button", { name: "Failed", exact: true }).click();
  await row(page, /^Failed Sign-in to the remote failed/).waitFor(WITHIN);
  expect(await drawer(page).getByRole("listitem").count()).toBe(1);
});

browserTest("S8-03: checks that found nothing are one line that opens into all of them", async () => {
  const { sync, url } = await shop();
  for (let n = 0; n < 5; n++) await sync();
  const page = await openPage(`${url}?sync=all`);
  const group = row(page, /5 checks without change/);
  await group.waitFor(WITHIN);
  expect(await row(page, /^No change/).count()).toBe(0);
  await group.click();
  await expect.poll(() => row(page, /^No change/).count()).toBe(5);
});

browserTest("S8-05: a run that failed says why and what to do, and nothing that it must not", async () => {
  const { upstream, sync, url } = await shop();
  const token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";
  upstream.host.front = refuse(500, {}, `remote: token ${token} is broken`);
  const { id } = await sync();
  upstream.host.front = askForCredentials();
  await sync();
  const page = await openPage(`${url}?sync=${id}`);
  await drawer(page).getByText("sync/remote-error").waitFor(WITHIN);
  await row(page, /^Failed Sign-in to the remote failed/)
    .first()
    .click();
  await drawer(page).getByText("sync/auth-failed").waitFor(WITHIN);
  await drawer(page).getByText("What to do").waitFor();
  await drawer(page).getByRole("button", { name: "Copy the failure" }).waitFor();
  expect(await page.content()).not.toContain(token);
});

browserTest(
  "S8-06: a link to a run opens the history there, also in a group, and says when it is gone",
  async () => {
    const { upstream, sync, url } = await shop();
    await upstream.scene.commit("ui");
    await upstream.scene.amend("api", "Another way");
    const { id } = await sync();
    for (let n = 0; n < 30; n++) {
      await sync();
      if (n % 2 === 0) await upstream.scene.commit("main");
    }
    const page = await openPage(`${url}?sync=${id}`, { viewport: { width: 1200, height: 500 } });
    const refs = drawer(page).getByRole("table", { name: "Refs that changed" });
    await refs.getByRole("row", { name: /api rewritten/ }).waitFor(WITHIN);
    await refs.getByRole("row", { name: /ui moved forward/ }).waitFor();
    const opened = row(page, /^Changed 2 refs/);
    expect(await opened.getAttribute("aria-expanded")).toBe("true");
    await expect.poll(async () => (await opened.boundingBox())?.y).toBeLessThan(500);
    await refs.getByRole("link", { name: "ui" }).click();
    await page.getByRole("region", { name: "Branch ui" }).waitFor(WITHIN);
    await page.goto(`${url}?sync=none-such`);
    await drawer(page).getByText("This run is not kept any more").waitFor(WITHIN);
  },
);

browserTest("S8-07: a run under way is told as it goes on, and who reads on is not moved", async () => {
  const { upstream, sync, url } = await shop();
  for (let n = 0; n < 12; n++) {
    await upstream.scene.commit("main");
    await sync();
  }
  const page = await openPage(`${url}?sync=all`, { viewport: { width: 1200, height: 420 } });
  await row(page, /^Changed 1 ref/)
    .nth(11)
    .waitFor(WITHIN);
  const held = Promise.withResolvers<void>();
  upstream.host.front = waitFor(held.promise);
  const under = sync();
  await row(page, /^Running/).waitFor(WITHIN);
  held.resolve();
  await under;
  await row(page, /^No change/).waitFor(WITHIN);
  const list = drawer(page).locator(".history-scroller");
  await list.evaluate((element) => element.scrollTo(0, 120));
  await upstream.scene.commit("main");
  await sync();
  const pill = drawer(page).getByRole("button", { name: "1 new run" });
  await pill.waitFor(WITHIN);
  expect(await row(page, /^Changed 1 ref/).count()).toBe(12);
  expect(await list.evaluate((element) => element.scrollTop)).toBe(120);
  // A pointer of the tool would scroll the list where it takes the button, which sticks, for hidden; that shows all by itself.
  await pill.dispatchEvent("click");
  await row(page, /^Changed 1 ref/)
    .nth(12)
    .waitFor(WITHIN);
  await expect.poll(() => list.evaluate((element) => element.scrollTop)).toBe(0);
});

browserTest("X-01: the history keeps to what people can read, wide and narrow", async () => {
  const { upstream, sync, url } = await shop();
  await upstream.scene.amend("api", "Another way");
  const { id: changed } = await sync();
  await sync();
  await sync();
  upstream.host.front = askForCredentials();
  const { id: failed } = await sync();
  for (const look of LOOKS) {
    for (const id of [changed, failed]) {
      const page = await openPage(`${url}?sync=${id}`, look);
      await page.getByText("Derived").waitFor(WITHIN);
      expect(await accessibilityFindings(page)).toEqual([]);
      await page.context().close();
    }
  }
});
