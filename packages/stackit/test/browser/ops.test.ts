import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { askForCredentials, hang, on } from "../support/git-host-behaviours.ts";
import { createScene } from "../support/git-scene.ts";
import { type RepoFleet, repoFleet } from "../support/repo-fleet.ts";
import { teamServer } from "../support/team-server.ts";
import { accessibilityFindings, LOOKS } from "./axe-check.ts";

const WITHIN = { timeout: 15_000 };

let browser: Browser;
beforeAll(async () => {
  if (canBrowse) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

async function openPage(url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  await page.goto(url);
  return { page, [Symbol.asyncDispose]: () => context.close() };
}

const post = ({ server }: RepoFleet, path: string) =>
  fetch(`${server.url}/api/v1/repos/${path}`, { method: "POST", headers: { prefer: "respond-async" } });

const concern = (page: Page, name: RegExp) => page.getByRole("listitem").filter({ hasText: name }).first();

browserTest("S11-01: who is no operator has no way to the page, and is told so at its address", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  await using team = await teamServer(() => [
    { kind: "working-copy", id: "shop", path: scene.path, visibility: "team" },
  ]);
  for (const [login, isOperator] of [
    ["ada", false],
    ["root", true],
  ] as const) {
    await using open = await openPage(`${team.url}/ops`);
    const { page } = open;
    team.github.signedIn = team.github.person(login);
    await page.getByRole("link", { name: "Continue with GitHub" }).click();
    await page.getByRole("button", { name: `Account, ${login}` }).waitFor(WITHIN);
    const said = isOperator ? "Nothing needs you" : "You need operator access";
    await page.getByText(said).waitFor(WITHIN);
    for (const known of [page.getByRole("link", { name: "Operate" }), page.getByText("Data folder")]) {
      await expect.poll(() => known.count(), WITHIN).toBe(isOperator ? 1 : 0);
    }
  }
});

browserTest(
  "S11-02, S11-04, X-01: what fails for one cause is one concern until it is mended, and a run is cancelled from the queue",
  async () => {
    await using fleet = await repoFleet(["web", "infra", "shop"]);
    const broken = ["web", "infra"];
    for (const id of broken) {
      fleet.upstream(id).host.front = askForCredentials();
      await fetch(`${fleet.server.url}/api/v1/repos/${id}/sync`, { method: "POST" });
    }
    await using open = await openPage(fleet.server.url);
    const { page } = open;
    await page.getByRole("table", { name: "Repositories" }).waitFor(WITHIN);
    await page.getByRole("link", { name: "Operate" }).waitFor(WITHIN);
    await page.keyboard.press("g");
    await page.keyboard.press("o");
    await page.getByText("1 thing needs you").waitFor(WITHIN);
    const refused = concern(page, /credentials/);
    await expect.poll(() => refused.getByRole("heading").innerText(), WITHIN).toMatch(/: 2 repositories$/);
    expect(await refused.getByRole("link").allInnerTexts()).toEqual(["acme/infra", "acme/web"]);

    const { scene, host } = fleet.upstream("shop");
    await scene.commit("more", { parent: "main" });
    host.front = on("fetch", hang());
    const { id } = await (await post(fleet, "shop/sync")).json();
    const row = page.getByRole("table", { name: "Queue" }).getByRole("row", { name: /acme\/shop/ });
    await row.getByText("Running").waitFor(WITHIN);
    await row.getByText("First: a person waits").waitFor(WITHIN);
    for (const look of LOOKS) {
      await page.emulateMedia({ colorScheme: look.colorScheme });
      await page.setViewportSize(look.viewport);
      expect(await accessibilityFindings(page), JSON.stringify(look)).toEqual([]);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole("button", { name: "Cancel run of acme/shop" }).click();
    await page.getByText("Nothing is at work and nothing waits.").waitFor(WITHIN);
    await page.goto(`${fleet.server.url}/r/acme/shop?sync=${id}`);
    const history = page.getByRole("complementary", { name: "Sync history" });
    await history.getByText("Cancelled", { exact: true }).waitFor(WITHIN);

    for (const name of broken) fleet.upstream(name).host.front = undefined;
    await page.goto(`${fleet.server.url}/ops`);
    await page.getByRole("button", { name: "Try again: acme/infra and acme/web" }).click();
    await page.getByText("Nothing needs you").waitFor(WITHIN);

    await page.getByRole("link", { name: "Audit" }).click();
    const audit = page.getByRole("table", { name: "Audit" });
    await audit
      .getByRole("row", { name: /run cancelled/ })
      .getByText("acme/shop")
      .waitFor(WITHIN);
    expect(await accessibilityFindings(page)).toEqual([]);
  },
);
