import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { askForCredentials, waitFor } from "../support/git-host-behaviours.ts";
import { type RepoFleet, repoFleet } from "../support/repo-fleet.ts";
import { accessibilityFindings, LOOKS } from "./axe-check.ts";

const WITHIN = { timeout: 15_000 };

let browser: Browser;
beforeAll(async () => {
  if (canBrowse) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

async function openList({ server }: RepoFleet, path = "/", options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    // A browser tells of refused requests by itself.
    const told = message.type() === "error" || message.type() === "warning";
    if (told && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${server.url}${path}`);
  await page.getByRole("table", { name: "Repositories" }).waitFor(WITHIN);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

const rowOf = (page: Page, name: string) => page.getByRole("row", { name: new RegExp(`acme/${name}\\b`) });
const failSignIn = (fleet: RepoFleet, name: string) => {
  fleet.upstream(name).host.front = askForCredentials();
};
const sync = ({ server }: RepoFleet, id: string) =>
  fetch(`${server.url}/api/v1/repos/${id}/sync`, { method: "POST" });

browserTest(
  "S1-01: each repository has a row that tells its state, its size and how its last syncs went",
  async () => {
    await using fleet = await repoFleet(["web", "infra"]);
    failSignIn(fleet, "infra");
    for (let attempt = 0; attempt < 3; attempt++) await sync(fleet, "infra");
    await using open = await openList(fleet);
    const { page, complaints } = open;
    const table = page.getByRole("table", { name: "Repositories" });
    await expect
      .poll(() => table.getByRole("rowheader").allInnerTexts(), WITHIN)
      .toEqual([expect.stringMatching(/^acme\/infra\s+main$/), expect.stringMatching(/^acme\/web\s+main$/)]);
    const infra = rowOf(page, "infra");
    await infra.getByText("Failing; last good sync").waitFor(WITHIN);
    expect(await infra.innerText()).toContain("wants credentials");
    await infra.getByRole("img", { name: "Last syncs: 1 succeeded and 3 failed" }).waitFor();
    expect(await rowOf(page, "web").getByRole("cell").nth(2).innerText()).toBe("2");
    expect(await rowOf(page, "web").getByRole("cell").nth(3).innerText()).toBe("1");
    expect(complaints).toEqual([]);
  },
);

browserTest(
  "S1-02, S1-03: Sync keeps its focus, tells what is under way, joins what is at work, and says once how it ended",
  async () => {
    await using fleet = await repoFleet(["web", "payments"]);
    await fleet.upstream("payments").scene.git("branch", "more", "main");
    const { promise: opened, resolve: openTheHost } = Promise.withResolvers<void>();
    fleet.upstream("payments").host.front = waitFor(opened);
    await using open = await openList(fleet);
    const { page } = open;
    const said: string[] = [];
    await page.exposeFunction("heard", (text: string) => said.push(text));
    await page.evaluate(() => {
      const status = document.querySelector("[role=status][aria-live=polite].vh");
      if (!status) throw new Error("nothing is announced");
      new MutationObserver(() => Reflect.get(window, "heard")(status.textContent)).observe(status, {
        childList: true,
        subtree: true,
        characterData: true,
      });
    });
    const asked: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST") asked.push(request.url());
    });
    const button = page.getByRole("button", { name: "Sync acme/payments now" });
    await button.click();
    await expect.poll(() => button.getAttribute("aria-disabled"), WITHIN).toBe("true");
    await button.click({ force: true });
    await rowOf(page, "payments").getByText("Syncing…").waitFor(WITHIN);
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(
      "Sync acme/payments now",
    );
    openTheHost();
    await rowOf(page, "payments").getByText("Synced just now, 1 ref changed").waitFor(WITHIN);
    expect(asked).toHaveLength(1);
    await expect.poll(() => said.filter((text) => text.includes("acme/payments"))).toHaveLength(1);
    expect(said.join()).toContain("acme/payments: Synced just now, 1 ref changed");
  },
);

browserTest("S1-04: what is fresh grows late by the clock alone", async () => {
  await using fleet = await repoFleet(["web", "infra"], ["--sync-interval", "0"]);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(fleet.server.url);
  await rowOf(page, "web")
    .getByText(/Synced (just now|\d+\s?s ago)/)
    .waitFor(WITHIN);
  // Nothing comes from the server any more, and the clocks of page and server stay what they are to each other.
  await page.route("**/api/**", () => {});
  await page.clock.runFor(70_000);
  await rowOf(page, "web")
    .getByText(/Synced 1\smin ago/)
    .waitFor(WITHIN);
  await page.clock.fastForward(86_500_000);
  await rowOf(page, "web")
    .getByText(/Late; synced/)
    .waitFor(WITHIN);
  await context.close();
});

browserTest("S1-05: what fails is counted in the title, and the count leads to exactly those", async () => {
  await using fleet = await repoFleet(["web", "infra", "docs"]);
  await using open = await openList(fleet);
  const { page } = open;
  failSignIn(fleet, "infra");
  await sync(fleet, "infra");
  await page.getByRole("link", { name: "1 failing" }).click(WITHIN);
  await expect.poll(() => page.getByRole("rowheader").count()).toBe(1);
  await expect.poll(() => new URL(page.url()).search).toBe("?state=failing");
  fleet.upstream("infra").host.front = undefined;
  await sync(fleet, "infra");
  await page.getByText("No repository is failing").waitFor(WITHIN);
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await expect.poll(() => page.getByRole("rowheader").count()).toBe(3);
});

browserTest("S1-06: all that are late are synced at once, after they were named", async () => {
  await using fleet = await repoFleet(["web", "infra"], ["--sync-interval", "0"]);
  await using open = await openList(fleet);
  const { page } = open;
  const button = page.getByRole("button", { name: "Sync all late" });
  expect(await button.getAttribute("aria-disabled")).toBe("true");
  await page.clock.install({ time: Date.now() + 90_000_000 });
  await page.reload();
  // A page whose clock is wrong believes the server's: so a late one is told by the server's answer.
  await page.route("**/api/v1/repos", async (route) => {
    const list = await (await route.fetch()).json();
    for (const repo of list.repos) repo.freshness.health = "late";
    await route.fulfill({ json: list });
  });
  await page.reload();
  await page.getByRole("link", { name: "2 late" }).waitFor(WITHIN);
  await page.keyboard.press("Shift+S");
  const dialog = page.getByRole("dialog", { name: "Sync 2 late repositories" });
  await dialog.waitFor(WITHIN);
  expect(await dialog.getByRole("listitem").allInnerTexts()).toEqual(["acme/infra", "acme/web"]);
  const before = (await fleet.repos()).map(({ freshness }) => freshness.lastAttempt?.runId);
  await dialog.getByRole("button", { name: "Sync these 2" }).click();
  await expect
    .poll(
      async () =>
        (await fleet.repos()).some(({ freshness }) => before.includes(freshness.lastAttempt?.runId)),
      WITHIN,
    )
    .toBe(false);
});

browserTest("S1-07: `/` leads to the filter, which stays in the address, and Escape clears it", async () => {
  await using fleet = await repoFleet(["web", "infra"]);
  await using open = await openList(fleet);
  const { page } = open;
  await page.keyboard.press("/");
  await page.keyboard.type("inf");
  await expect
    .poll(() => page.getByRole("rowheader").allInnerTexts())
    .toEqual([expect.stringContaining("infra")]);
  await page.waitForURL("**/?q=inf");
  await page.reload();
  await expect
    .poll(() => page.getByRole("searchbox", { name: "Filter repositories" }).inputValue())
    .toBe("inf");
  await expect.poll(() => page.getByRole("rowheader").count()).toBe(1);
  await page.keyboard.press("/");
  await page.keyboard.press("Escape");
  await expect.poll(() => page.getByRole("rowheader").count()).toBe(2);
  await expect.poll(() => new URL(page.url()).search).toBe("");
});

browserTest("S1-08: the keyboard walks the rows, opens one, and Back returns to it", async () => {
  await using fleet = await repoFleet(["docs", "infra", "web"]);
  await using open = await openList(fleet);
  const { page } = open;
  const current = () =>
    page.evaluate(() => document.querySelector('tr[aria-current="true"] a')?.getAttribute("data-row"));
  const order = await page
    .getByRole("rowheader")
    .getByRole("link")
    .evaluateAll((links) => links.map((link) => link.getAttribute("data-row")));
  for (const expected of order) {
    await page.keyboard.press("j");
    await expect.poll(current).toBe(expected);
  }
  await page.keyboard.press("j");
  expect(await current()).toBe(order[2]);
  await page.keyboard.press("k");
  await expect.poll(current).toBe(order[1]);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/r/acme/${order[1]}`);
  await page.goBack();
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute("data-row")), WITHIN)
    .toBe(order[1]);
});

browserTest("S1-09: on a phone the row is a card whose Sync is large enough for a finger", async () => {
  await using fleet = await repoFleet(["web", "infra"]);
  await using open = await openList(fleet, "/", { viewport: { width: 390, height: 800 }, hasTouch: true });
  const box = await open.page.getByRole("button", { name: "Sync acme/web now" }).boundingBox();
  expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44);
  expect(await accessibilityFindings(open.page)).toEqual([]);
});

browserTest(
  "S1-10: of five hundred repositories those in sight are drawn, and the last is one key away",
  async () => {
    await using fleet = await repoFleet(["web", "infra"]);
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.route("**/api/v1/repos", async (route) => {
      const { repos } = await (await route.fetch()).json();
      const many = Array.from({ length: 500 }, (_, index) => ({
        ...repos[index % 2],
        id: `r${index}`,
        repo: `service-${String(index).padStart(3, "0")}`,
      }));
      await route.fulfill({ json: { repos: many } });
    });
    await page.goto(fleet.server.url);
    const table = page.getByRole("table", { name: "Repositories" });
    await table.waitFor(WITHIN);
    await expect.poll(() => table.getAttribute("aria-rowcount"), WITHIN).toBe("501");
    expect(await page.getByRole("row").count()).toBeLessThan(60);
    await page.keyboard.press("End");
    await expect
      .poll(
        () => page.evaluate(() => document.activeElement?.closest("tr")?.getAttribute("aria-rowindex")),
        WITHIN,
      )
      .toBe("501");
    expect(await page.locator('tr[aria-current="true"]').boundingBox()).toMatchObject({
      y: expect.any(Number),
    });
    expect(await page.getByRole("row").count()).toBeLessThan(60);
    await page.keyboard.press("Home");
    await expect
      .poll(
        () => page.evaluate(() => document.activeElement?.closest("tr")?.getAttribute("aria-rowindex")),
        WITHIN,
      )
      .toBe("2");
    await context.close();
  },
);

browserTest("S1-11: a read-only server shows how fresh all is, and nothing that writes", async () => {
  await using fleet = await repoFleet(["web", "infra"], ["--sync-interval", "0", "--read-only"]);
  await using open = await openList(fleet);
  await rowOf(open.page, "web")
    .getByText(/^Synced/)
    .waitFor(WITHIN);
  expect(await open.page.getByRole("button", { name: /sync|submit|add|retry/i }).count()).toBe(0);
});

browserTest("X-01: axe finds nothing in the list, light and dark, wide and narrow", async () => {
  await using fleet = await repoFleet(["web", "infra"]);
  failSignIn(fleet, "infra");
  await sync(fleet, "infra");
  const found: string[] = [];
  for (const look of LOOKS) {
    await using open = await openList(fleet, "/", look);
    const { width } = look.viewport;
    for (const finding of await accessibilityFindings(open.page)) {
      found.push(`${look.colorScheme} ${width}: ${finding}`);
    }
  }
  expect(found).toEqual([]);
});
