import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import type { RepoList } from "../../src/contract/repo.ts";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { refuse } from "../support/git-host-behaviours.ts";
import { type Upstream, upstreamOf } from "../support/mirror-world.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { accessibilityFindings } from "./axe-check.ts";

const WITHIN = { timeout: 15_000 };
const BRANCHES = Array.from({ length: 17 }, (_, index) => `mira/checkout-${index + 1}-retry`);

let browser: Browser;
beforeAll(async () => {
  if (canBrowse) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

interface HeldShop extends AsyncDisposable {
  readonly upstream: Upstream;
  readonly server: ServerProcess;
  sync(): Promise<Response>;
  /** Removes branches on the remote. */
  lose(...branches: string[]): Promise<void>;
  /** Ends the server and starts it on the same data folder. Settles when it has looked at the remotes again. */
  restart(...flags: string[]): Promise<void>;
}

/** A mirror of 21 branches, of which the remote then lost 17, so that is held. And one that cannot be read. */
async function heldShop(): Promise<HeldShop> {
  const upstream = await upstreamOf((writer) => {
    writer.commit("main");
    writer.stacked("api", "main");
    writer.stacked("ui", "api");
    writer.stacked("docs", "main");
    for (const name of BRANCHES) writer.stacked(name, "main");
  });
  const folder = await mkdtemp(join(tmpdir(), "stackit-held-"));
  const list = join(folder, "repos.json");
  const repos = [
    { id: "shop", url: upstream.url.href, displayName: "Shop" },
    { id: "gone", url: new URL("/nowhere.git", upstream.url).href },
  ];
  await writeFile(list, JSON.stringify({ repos }));
  const args = ["--repos-config", list, "--data-dir", join(folder, "data"), "--sync-interval", "0"];
  let server = await startServerProcess(args);
  const shop: HeldShop = {
    upstream,
    get server() {
      return server;
    },
    sync: () => fetch(`${server.url}/api/v1/repos/shop/sync`, { method: "POST" }),
    async lose(...branches) {
      await upstream.scene.git("branch", "--quiet", "--delete", "--force", ...branches);
    },
    async restart(...flags) {
      const lastRuns = async () => {
        const { repos }: RepoList = await (await fetch(`${server.url}/api/v1/repos`)).json();
        return repos.map(({ freshness }) => freshness.lastAttempt?.runId);
      };
      const before = await lastRuns();
      await server[Symbol.asyncDispose]();
      server = await startServerProcess([...args, ...flags]);
      const isBefore = (run: string | undefined) => before.includes(run);
      await expect.poll(async () => (await lastRuns()).some(isBefore), WITHIN).toBe(false);
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
  expect((await shop.sync()).status).toBe(200);
  await shop.lose(...BRANCHES);
  expect((await shop.sync()).status).toBe(409);
  return shop;
}

async function openPage({ server }: HeldShop, path: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const streams: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/events")) streams.push(request.url());
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${server.url}${path}`);
  return { page, complaints, streams, [Symbol.asyncDispose]: () => context.close() };
}

const see = (page: Page) => page.getByRole("button", { name: "See which…" });
const remove = (page: Page) => page.getByRole("button", { name: /^Remove \d+ branches$/ });
const dialog = (page: Page, title = "17 of 21 branches would be removed") =>
  page.getByRole("dialog", { name: title });
const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent);

browserTest(
  "a held change names what would be removed, and is let through by keyboard alone, with one stream",
  async () => {
    await using shop = await heldShop();
    expect(shop.server.log).toMatch(/"outcome":"held".*"holdId":"[^"]+","branchesBefore":21/);
    await using open = await openPage(shop, "/r/local/shop");
    const { page } = open;
    await see(page).focus();
    await page.keyboard.press("Enter");
    await dialog(page).waitFor(WITHIN);
    await expect.poll(() => focused(page)).toBe("Not now");
    const named = await page.getByRole("region", { name: "Branches that would be removed" }).innerText();
    expect(named.split("\n")).toEqual(BRANCHES);

    await page.keyboard.press("Escape");
    await dialog(page).waitFor({ state: "detached", ...WITHIN });
    await expect.poll(() => focused(page)).toBe("See which…");
    expect((await shop.sync()).status).toBe(409);

    await page.keyboard.press("Enter");
    await expect.poll(() => focused(page)).toBe("Not now");
    await page.keyboard.press("Tab");
    await expect.poll(() => focused(page)).toBe("Remove 17 branches");
    await page.keyboard.press("Enter");
    await dialog(page).waitFor({ state: "detached", ...WITHIN });
    await page
      .getByText(/Synced just now, \d+ refs changed/)
      .first()
      .waitFor(WITHIN);
    await page.getByRole("link", { name: /checkout-1-retry/ }).waitFor({ state: "detached", ...WITHIN });
    await expect.poll(() => focused(page)).toContain("Sync now");
    await page
      .getByText("A change is held back")
      .first()
      .waitFor({ state: "detached", ...WITHIN });
    expect((await shop.sync()).status).toBe(200);
    expect(open.streams).toHaveLength(1);
    expect(open.complaints).toEqual([]);
  },
);

browserTest("what changes while somebody looks at it is told before anything is let through", async () => {
  await using shop = await heldShop();
  await using open = await openPage(shop, "/r/local/shop");
  const { page } = open;
  await see(page).click();
  await remove(page).waitFor(WITHIN);
  await shop.lose("docs");
  expect((await shop.sync()).status).toBe(409);
  await page.getByRole("alert").getByText("Now 18 of 21 branches would be removed.").waitFor(WITHIN);
  await remove(page).waitFor({ state: "detached", ...WITHIN });
  await page.getByRole("button", { name: "Show them" }).click();
  await dialog(page, "18 of 21 branches would be removed").waitFor(WITHIN);
  await remove(page).waitFor(WITHIN);

  for (const name of BRANCHES) await shop.upstream.scene.git("branch", "--quiet", name, "main");
  expect((await shop.sync()).status).toBe(200);
  await page.getByRole("alert").getByText("Nothing is held any more").waitFor(WITHIN);
  await remove(page).waitFor({ state: "detached", ...WITHIN });
  await page.getByRole("button", { name: "Close" }).last().click();
  await dialog(page).waitFor({ state: "detached", ...WITHIN });
  expect(open.complaints).toEqual([]);
});

browserTest("what cannot be let through says why, and can be tried again", async () => {
  await using shop = await heldShop();
  await using open = await openPage(shop, "/r/local/shop");
  const { page } = open;
  await see(page).click();
  // As the server does not try again by itself, which would let it through under our hands.
  shop.upstream.host.front = refuse(404);
  await remove(page).click();
  await page.getByRole("alert").getByText("Not let through.").waitFor(WITHIN);
  await page
    .getByRole("alert")
    .getByText(/The remote answered 404.* Nothing was changed\./)
    .waitFor(WITHIN);
  shop.upstream.host.front = undefined;

  await page.route("**/sync", (route) =>
    route.fulfill({ status: 429, json: { title: "Too many requests" } }),
  );
  await remove(page).click();
  await page.getByRole("alert").getByText("Too many requests").waitFor(WITHIN);
  await page.unroute("**/sync");
  await remove(page).click();
  await dialog(page).waitFor({ state: "detached", ...WITHIN });
  await page
    .getByText(/Synced just now, \d+ refs changed/)
    .first()
    .waitFor(WITHIN);
});

browserTest(
  "the list says what is held and what was never read, and a read-only server shows no way out",
  async () => {
    await using shop = await heldShop();
    await shop.restart("--read-only");
    await using open = await openPage(shop, "/");
    const { page } = open;
    await page.getByRole("row", { name: /gone not read yet Failing; never synced/ }).waitFor(WITHIN);
    await page.getByRole("row", { name: /Shop main .*A change is held back/ }).waitFor(WITHIN);
    await page.getByRole("link", { name: /Shop/ }).click();
    await see(page).click();
    await dialog(page).getByText("so it waits for the second look").waitFor(WITHIN);
    expect(await remove(page).count()).toBe(0);
    expect(open.complaints).toEqual([]);

    await page.goto(`${shop.server.url}/r/local/gone`);
    await page.getByText("Tell whoever runs this server.").waitFor(WITHIN);
    expect(await page.locator("code", { hasText: /^url$/ }).count()).toBe(0);
  },
);

browserTest("X-01: axe finds nothing in what is held, light and dark, wide and narrow", async () => {
  await using shop = await heldShop();
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1440, 390]) {
      await using open = await openPage(shop, "/r/local/shop", {
        colorScheme,
        viewport: { width, height: 700 },
      });
      const { page } = open;
      await see(page).click();
      await remove(page).waitFor(WITHIN);
      const findings = await accessibilityFindings(page);
      found.push(...findings.map((finding) => `${colorScheme} ${width}: ${finding}`));
      const isInSight = await remove(page).evaluate((button) => {
        const { bottom, right } = button.getBoundingClientRect();
        return bottom <= innerHeight && right <= innerWidth;
      });
      if (!isInSight) found.push(`${colorScheme} ${width}: the choice is out of sight`);
    }
  }
  expect(found).toEqual([]);
});
