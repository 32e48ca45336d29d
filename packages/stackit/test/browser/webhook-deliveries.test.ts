import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import type { SyncRun } from "../../src/contract/sync-run.ts";
import type { WebhookDelivery, WebhookDeliveryList } from "../../src/contract/webhook-deliveries.ts";
import { openStore } from "../../src/store/open-store.ts";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { type Upstream, upstreamOf } from "../support/mirror-world.ts";
import { type ServedFolders, serveFolders } from "../support/served-folders.ts";
import { delivered, type Posted, push, SECRET } from "../support/webhooks.ts";
import { findingsInEveryLook } from "./every-look.ts";

const WITHIN = { timeout: 15_000 };
const DELIVERIES = 5_000;
/** Page by page. */
const WHILE_ALL_COME = { timeout: 60_000 };

let browser: Browser;
let upstream: Upstream;
let served: ServedFolders;
let page: Page;
let dataDir: string;

beforeAll(async () => {
  if (!canBrowse) return;
  dataDir = await mkdtemp(join(tmpdir(), "stackit-deliveries-"));
  {
    await using store = await openStore(dataDir);
    const task = { expect: [] };
    const adding = Array.from({ length: DELIVERIES }, (_, n) => {
      const repoKey = n % 5 === 0 ? "mirror:tools" : "mirror:shop";
      return store.deliveries.add({ id: `stored-${n}`, event: "push", repoKey, task }, { finished: true });
    });
    await Promise.all(adding);
  }
  upstream = await upstreamOf((s) => {
    s.commit("main");
    s.stacked("api", "main");
  });
  const mirror = (name: string) => {
    return { kind: "mirror", id: name, url: upstream.url, owner: "octo", name } as const;
  };
  served = await serveFolders([mirror("shop"), mirror("tools")], {
    dataDir,
    webhookSecrets: [SECRET],
    settleMs: 20,
  });
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await served?.[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
  if (dataDir) await rm(dataDir, { recursive: true, force: true });
});

async function post({ url, headers, payload }: Posted): Promise<number> {
  const answer = await fetch(served.url + url, { method: "POST", headers, body: payload });
  return answer.status;
}

const rows = () => page.getByRole("table", { name: "Webhook deliveries" }).locator("tbody tr:not(.gap)");
const row = (text: string) => rows().filter({ hasText: text }).first();

browserTest(
  "S11-05: a delivery with a bad signature is listed and leads to no run, and the replay of a good one makes one",
  async () => {
    await page.goto(served.url);
    await page.getByRole("button", { name: /Go to/ }).click();
    // It takes the focus when it is there; what is typed before is lost.
    await page.getByRole("dialog", { name: "Command palette" }).waitFor(WITHIN);
    await page.keyboard.type("webhook deliveries");
    await page.getByRole("option", { name: /Webhook deliveries/ }).click();
    await rows().first().waitFor(WITHIN);
    const forged = await delivered("push", push("octo/shop", "hunter2"), { secret: "guessed" });
    expect(await post(forged)).toBe(401);
    // A ping is taken for nothing else than it is.
    expect(await post(await delivered("ping", push("octo/shop")))).toBe(204);
    await row("Signature did not match").waitFor(WITHIN);
    const refused = await row("Signature did not match").innerText();
    expect(refused.replaceAll(/\s+/g, " ")).toMatch(/push.* from 127\.0\.0\.1 Signature did not match 401/);
    await row("Nothing to do").waitFor(WITHIN);
    await row("Signature did not match").getByRole("button").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Nothing of its body was kept.").waitFor(WITHIN);
    expect(await dialog.getByRole("button", { name: "Replay" }).count()).toBe(0);
    expect(await page.content()).not.toContain("hunter2");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    const before = await served.get<{ runs: SyncRun[] }>("/repos/shop/sync-runs");
    expect(before.runs.flatMap(({ triggers }) => triggers)).not.toContain("webhook");

    const tip = await upstream.scene.commit("api");
    expect(await post(await delivered("push", push("octo/shop", "api", tip), { id: "good" }))).toBe(202);
    await row("Run").waitFor(WITHIN);
    await row("Run").getByRole("button").click();
    await dialog.getByText('"ref": "refs/heads/api"').waitFor(WITHIN);
    expect(await findingsInEveryLook(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Replay" }).click();
    await dialog.getByText("Replayed: a run looks at the remote now.").waitFor(WITHIN);
    await dialog.getByRole("link", { name: "a run of the replay" }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get("sync")).not.toBeNull();
    const run = await served.get<SyncRun>(
      `/repos/shop/sync-runs/${new URL(page.url()).searchParams.get("sync")}`,
    );
    // It may be one with a look that follows the push.
    expect(run.triggers).toContain("replay");
  },
);

browserTest(
  "S11-08: of 5,000 deliveries only those in sight are drawn, and the filters stand in the address",
  async () => {
    await page.goto(`${served.url}/ops/webhooks?repo=tools&result=taken`);
    await row("octo/tools").waitFor(WITHIN);
    expect(await page.getByRole("combobox", { name: "Repository" }).inputValue()).toBe("tools");
    await page.getByRole("combobox", { name: "Repository" }).selectOption("");
    await expect.poll(() => page.url()).toBe(`${served.url}/ops/webhooks?result=taken`);
    await rows().first().waitFor(WITHIN);
    const pane = page.locator(".list-pane");
    const height = () => pane.evaluate((element) => element.scrollHeight);
    await expect
      .poll(async () => {
        await pane.evaluate((element) => element.scrollTo(0, element.scrollHeight));
        return height();
      }, WHILE_ALL_COME)
      .toBeGreaterThan(DELIVERIES * 44);
    await rows().last().waitFor();
    expect(await rows().count()).toBeLessThan(120);
    expect(await findingsInEveryLook(page)).toEqual([]);

    await page.getByRole("combobox", { name: "Result" }).selectOption("Signature did not match");
    await expect.poll(() => page.url()).toBe(`${served.url}/ops/webhooks?result=bad-signature`);
    await expect.poll(() => rows().count(), WITHIN).toBe(1);
    const listed = await served.get<WebhookDeliveryList>("/ops/webhooks?result=bad-signature");
    expect(listed.deliveries.map(({ result }: WebhookDelivery) => result)).toEqual(["bad-signature"]);
    await page.getByRole("combobox", { name: "Repository" }).selectOption("tools");
    await page.getByRole("heading", { name: "No delivery is like this" }).waitFor(WITHIN);
    await page.getByRole("button", { name: "Show all" }).click();
    await expect.poll(() => page.url()).toBe(`${served.url}/ops/webhooks`);
  },
);
