import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { hang } from "../support/git-host-behaviours.ts";
import { type Upstream, upstreamOf } from "../support/mirror-world.ts";
import { serveRestartably } from "../support/restartable-server.ts";
import { type ServedFolders, serveFolders } from "../support/served-folders.ts";
import { delivered, push, SECRET, WEBHOOK } from "../support/webhooks.ts";
import { accessibilityFindings } from "./axe-check.ts";
import { findingsInEveryLook } from "./every-look.ts";
import { passUntil } from "./pass-until.ts";

const WITHIN = { timeout: 15_000 };
/** What a remote that hangs is given. */
const SYNC_TIMEOUT_MS = 6000;

let browser: Browser;
let upstream: Upstream;
let served: ServedFolders;
beforeAll(async () => {
  if (!canBrowse) return;
  browser = await launchBrowser();
  upstream = await upstreamOf((writer) => {
    writer.commit("main");
    writer.stacked("api", "main");
  });
  served = await serveFolders(
    [{ kind: "mirror", id: "shop", url: upstream.url, owner: "acme", name: "shop" }],
    { syncTimeoutMs: SYNC_TIMEOUT_MS, settleMs: 20, webhookSecrets: [SECRET] },
  );
});
afterAll(async () => {
  await browser?.close();
  await served?.[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
});

/** The keys of the syncs that a page asks for, one for each request. */
function syncKeysOf(page: Page): string[] {
  const keys: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/sync"))
      keys.push(request.headers()["idempotency-key"] ?? "");
  });
  return keys;
}

async function openShop(url = served.url): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.clock.install();
  await page.goto(`${url}/r/acme/shop`);
  await page.getByRole("status").getByText("Live").waitFor(WITHIN);
  await syncNow(page).waitFor(WITHIN);
  return page;
}

const header = (page: Page) => page.locator("header.freshness");
const syncNow = (page: Page) => page.getByRole("button", { name: /^Sync now/ });
const said = (page: Page, words: RegExp | string) => header(page).getByText(words).first().waitFor(WITHIN);

browserTest(
  "S2-07: each time in the header says its full time to a pointer and to the keyboard",
  async () => {
    const page = await openShop();
    const times = await header(page).locator("time").all();
    expect(times.length).toBeGreaterThanOrEqual(2);
    for (const time of times) {
      expect(Date.parse((await time.getAttribute("datetime")) ?? "")).not.toBeNaN();
      await page.keyboard.press("Tab");
      await time.focus();
      const shown = await time.evaluate((element) => getComputedStyle(element, "::after").content);
      expect(shown).toBe(JSON.stringify(await time.getAttribute("title")));
      expect(shown).toMatch(/20\d\d.*\d\d:\d\d:\d\d/);
    }
    await page.context().close();
  },
);

browserTest(
  "S2-03, S2-06, S2-08, X-01: two presses are one request, another browser's waits for that run, and when one that hangs has timed out both see the same",
  async () => {
    const [page, other] = [await openShop(), await openShop()];
    const [keys, otherKeys] = [syncKeysOf(page), syncKeysOf(other)];
    const asked = upstream.host.requests.length;
    upstream.host.front = hang();
    await syncNow(page).dblclick();
    await page.keyboard.press("s");
    await said(page, /Syncing…/);
    await expect.poll(() => upstream.host.requests.length).toBeGreaterThan(asked);
    // What is asked from now on is answered, and what hangs goes on hanging.
    upstream.host.front = undefined;

    await syncNow(other).click();
    await said(other, /Already syncing; yours is next/);
    expect([keys.length, otherKeys.length]).toEqual([1, 1]);
    expect(new Set([...keys, ...otherKeys]).size).toBe(2);

    // What came of it stands for ten seconds, on either page.
    await Promise.all([said(page, /Timed out/), said(other, "Synced just now, no change")]);
    expect(await accessibilityFindings(page)).toEqual([]);
    expect(await page.getByRole("progressbar").count()).toBe(0);
    await header(page).getByRole("button", { name: "Try again" }).click();
    await said(page, "Synced just now, no change");
    for (const each of [page, other]) {
      await each.clock.runFor(11_000);
      await said(each, /^Synced/);
      expect(await header(each).locator(".state-line").innerText()).toMatch(/hand\s*\d+.*\s*no change/);
      expect(await syncNow(each).getAttribute("aria-disabled")).toBeNull();
      await each.context().close();
    }
  },
);

browserTest(
  "S2-03, S2-04, X-01: a run that hangs is said to, and when the server's death cuts it short it ends on the page, which says what became of it",
  async () => {
    const { scene, url, host } = upstream;
    const list = join(dirname(scene.path), "repos.json");
    await writeFile(
      list,
      JSON.stringify({ repos: [{ id: "shop", url: url.href, owner: "acme", name: "shop" }] }),
    );
    await using server = await serveRestartably({ list });
    const page = await openShop(server.url);
    const asked = host.requests.length;
    host.front = hang();
    await syncNow(page).click();
    await said(page, /Syncing…/);
    await expect.poll(() => host.requests.length).toBeGreaterThan(asked);
    host.front = undefined;
    await page.clock.runFor(16_000);
    await said(page, /Taking longer than usual/);
    expect(await syncNow(page).getAttribute("aria-disabled")).toBe("true");
    expect(await findingsInEveryLook(page)).toEqual([]);

    await server.kill();
    await passUntil(page.getByRole("note").getByText("The server does not answer."));
    await server.restart();
    await passUntil(header(page).getByText(/The server ended before this run had/));
    await header(page).getByRole("button", { name: "Try again" }).click();
    await said(page, "Synced just now, no change");
    await page.context().close();
  },
);

// The last here: for some seconds the server looks again after a push, by runs that no test asks for.
browserTest("S2-05: a push that a webhook tells of is named with who pushed, without a click", async () => {
  const page = await openShop();
  await upstream.scene.commit("api");
  const posted = await delivered(
    "push",
    push("acme/shop", "api", await upstream.scene.sha("api"), { sender: { login: "theo" } }),
  );
  const { status } = await fetch(`${served.url}${WEBHOOK}`, { ...posted, body: posted.payload });
  expect(status).toBe(202);
  await said(page, "push by theo");
  expect(await header(page).locator(".state-line").innerText()).toMatch(/webhook\s*push by theo/);
  expect(await findingsInEveryLook(page)).toEqual([]);
  await header(page).getByRole("link", { name: "sync history" }).click();
  await page.getByText("webhook · push by theo").first().waitFor(WITHIN);
  await page.context().close();
});
