import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { forgeWorld } from "../support/forge-world.ts";
import { delivered, repositoryOf, SECRET } from "../support/webhooks.ts";
import { accessibilityFindings } from "./axe-check.ts";

const WITHIN = { timeout: 15_000 };

let browser: Browser;
beforeAll(async () => {
  if (canBrowse) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

browserTest(
  "checks and reviews are told in words, follow what GitHub says, and stay with their age when it is down",
  async () => {
    await using world = await forgeWorld((writer) => {
      writer.commit("main");
      writer.stacked("api", "main");
      writer.stacked("ui", "api");
    });
    const { github } = world;
    const headOid = await world.tip("api");
    const checks = [
      { name: "build", status: "COMPLETED", conclusion: "SUCCESS" },
      { name: "test", status: "IN_PROGRESS", conclusion: null },
    ];
    const api = github.openPullRequest("octo/widget", {
      head: "api",
      headOid,
      checks,
      reviewDecision: "APPROVED",
    });
    await using served = await world.serve({ webhookSecrets: [SECRET] });
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(`${served.url}/r/octo/widget`);
    const row = (words: string) =>
      page.getByRole("link", { name: new RegExp(`\\bapi, 1 of 2, PR 1 open, ${words}`) });
    await row("1 of 2 checks running, approved").waitFor(WITHIN);

    api.checks = [{ name: "build", status: "COMPLETED", conclusion: "FAILURE" }];
    const repository = repositoryOf("octo/widget", { id: undefined });
    const {
      url,
      payload: body,
      ...init
    } = await delivered("pull_request", { pull_request: { number: 1 }, repository });
    await fetch(served.url + url, { ...init, body });
    await row("1 of 1 check failing, approved").waitFor(WITHIN);

    await row("").click();
    await page.getByRole("tab", { name: "Checks" }).click();
    const failed = page.getByRole("list", { name: "Checks" }).getByRole("listitem");
    await failed.waitFor(WITHIN);
    expect(await failed.innerText()).toMatch(/build[\s\S]*failed/);
    expect(await accessibilityFindings(page)).toEqual([]);

    github.trouble = "bad-gateway";
    await fetch(served.url + url, {
      ...init,
      body,
      headers: { ...init.headers, "x-github-delivery": "another" },
    });
    await page.getByText("Pull requests cannot be read").waitFor(WITHIN);
    await row("1 of 1 check failing, approved").waitFor(WITHIN);
    await page.close();
  },
);
