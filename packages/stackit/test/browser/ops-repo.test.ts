import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { askForCredentials, on, refuse, waitFor } from "../support/git-host-behaviours.ts";
import { type RepoFleet, repoFleet } from "../support/repo-fleet.ts";
import { serveFolders } from "../support/served-folders.ts";
import { testSecret } from "../support/test-secret.ts";
import { delivered, push, SECRET } from "../support/webhooks.ts";
import { findingsInEveryLook } from "./every-look.ts";

const WITHIN = { timeout: 15_000 };
const TOKEN = testSecret("what-the-remote-alone-may-see");
const AUTHORIZATION = `Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString("base64")}`;

let browser: Browser;
let fleet: RepoFleet;
beforeAll(async () => {
  if (!canBrowse) return;
  browser = await launchBrowser();
  fleet = await repoFleet(
    ["web", "shop", "infra"],
    ["--sync-interval", "0"],
    { WEB_TOKEN: TOKEN },
    { credentialEnv: "WEB_TOKEN" },
  );
});
afterAll(async () => {
  await browser?.close();
  await fleet?.[Symbol.asyncDispose]();
});

async function openPage(path: string, origin = fleet.server.url) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${origin}${path}`);
  return { page, [Symbol.asyncDispose]: () => context.close() };
}

browserTest(
  "S11-06, X-01: a connection is checked with its log and result, and without a secret",
  async () => {
    const { scene, host } = fleet.upstream("web");
    host.front = askForCredentials(AUTHORIZATION);
    await using open = await openPage("/ops");
    const { page } = open;
    const answers: Promise<string>[] = [];
    page.on("response", (response) => {
      if (response.url().endsWith("/sync")) answers.push(response.text());
    });
    await page.getByRole("table", { name: "Repositories" }).getByRole("link", { name: "acme/web" }).click();
    await page.getByRole("heading", { name: "acme/web", level: 1 }).waitFor(WITHIN);
    await page.getByText("acme/web on 127.0.0.1", { exact: true }).waitFor(WITHIN);

    const check = page.getByRole("button", { name: "Check connection" });
    const log = page.getByRole("list", { name: "What came of the check" });
    await check.click();
    await log.getByText("Nothing to read: what is here is what is there").waitFor(WITHIN);
    expect(await log.getByRole("listitem").allInnerTexts()).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d\s+Asked acme\/web on 127\.0\.0\.1$/),
      expect.stringMatching(/^It answered within /),
      "Nothing to read: what is here is what is there",
    ]);

    await scene.commit("more", { parent: "main" });
    await check.click();
    await log.getByText("1 branch to read").waitFor(WITHIN);
    await page.getByRole("link", { name: "2 branches, 1 stack" }).waitFor(WITHIN);

    host.front = askForCredentials();
    await check.click();
    const told = page.getByRole("alert").filter({ hasText: "Sign-in to the remote failed." });
    await told.getByText("Renew the token where one was refused.").waitFor(WITHIN);
    await told.getByText("You, as you run this server.").waitFor(WITHIN);
    expect(await findingsInEveryLook(page)).toEqual([]);

    const said = [await page.content(), ...(await Promise.all(answers))].join("\n");
    expect(answers).toHaveLength(3);
    for (const secret of [TOKEN, AUTHORIZATION.slice("Basic ".length)]) expect(said).not.toContain(secret);
  },
);

browserTest(
  "S11-07, X-01: a mirror is cloned anew by who types its name, Escape asks nothing, and what fails is kept",
  async () => {
    const { host } = fleet.upstream("shop");
    await using open = await openPage("/ops/repos/shop");
    const { page } = open;
    const asked: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST") asked.push(new URL(request.url()).pathname);
    });
    const reclone = page.getByRole("button", { name: "Re-clone…" });
    const dialog = page.getByRole("dialog", { name: "Clone acme/shop anew?" });
    const name = dialog.getByRole("textbox", { name: "Type acme/shop to confirm" });
    await reclone.click();
    await expect.poll(() => name.evaluate((field) => field === document.activeElement)).toBe(true);
    expect(await findingsInEveryLook(page)).toEqual([]);
    await page.keyboard.type("acme/sho");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached", ...WITHIN });
    await expect.poll(() => reclone.evaluate((button) => button === document.activeElement)).toBe(true);
    expect(asked).toEqual([]);

    const { promise: opened, resolve: letGo } = Promise.withResolvers<void>();
    host.front = on("fetch", waitFor(opened));
    await reclone.click();
    await name.fill("acme/shop");
    await page.keyboard.press("Enter");
    await page.getByRole("progressbar", { name: "Cloning acme/shop anew" }).waitFor(WITHIN);
    expect(await reclone.getAttribute("aria-disabled")).toBe("true");
    letGo();
    await page.getByText("It was cloned anew, and the new one is in its place.").waitFor(WITHIN);
    host.front = undefined;
    await page.getByRole("button", { name: "Check and repair" }).click();
    await page.getByText("Every object was read, and nothing is missing.").waitFor(WITHIN);
    expect(asked).toEqual(["/api/v1/repos/shop/reclone", "/api/v1/repos/shop/repair"]);

    host.front = on("fetch", refuse(503));
    await reclone.click();
    await name.fill("acme/shop");
    await dialog.getByRole("button", { name: "Clone anew" }).click();
    const told = page.getByRole("alert").filter({ hasText: "is kept as it was" });
    await told.getByRole("link", { name: "Look at the run" }).waitFor(WITHIN);
    await page.getByRole("table", { name: "Last failures" }).getByRole("row").nth(1).waitFor(WITHIN);
    expect(await findingsInEveryLook(page)).toEqual([]);
  },
);

browserTest(
  "S11-02, X-01: a webhook that fell silent is a concern, told with where to look, until it announces a push",
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "stackit-silent-"));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    {
      await using store = await openStore(dataDir);
      const silence = { sinceMs: Date.now() - 125 * 60_000, runId: "01JGS0000000000000000000RN" };
      const lastPushAtMs = Date.now() - 3 * 60 * 60_000;
      await store.hooks.save(new Map([["mirror:infra", { lastPushAtMs, silence }]]));
    }
    const { url } = fleet.upstream("infra");
    const mirror = { kind: "mirror", id: "infra", url, owner: "acme", name: "infra" } as const;
    await using served = await serveFolders([mirror], { dataDir, webhookSecrets: [SECRET] });
    await using open = await openPage("/ops", served.url);
    const { page } = open;
    await page.getByText("1 thing needs you").waitFor(WITHIN);
    const concern = page.getByRole("listitem").filter({ hasText: "no webhook announced: 1 repository" });
    expect(await findingsInEveryLook(page)).toEqual([]);
    await concern.getByRole("link", { name: "acme/infra" }).click();
    await page.getByRole("heading", { name: "acme/infra", level: 1 }).waitFor(WITHIN);
    const told = page.getByRole("note").filter({ hasText: "A change came that no webhook announced." });
    await told.getByText("2 h ago").waitFor(WITHIN);
    await told.getByText("3 h ago").waitFor(WITHIN);
    expect(await findingsInEveryLook(page)).toEqual([]);

    const {
      url: path,
      headers,
      payload,
    } = await delivered("push", push("acme/infra", "", undefined, { ref: "refs/tags/v1" }));
    await fetch(served.url + path, { method: "POST", headers, body: payload });
    await told.waitFor({ state: "detached", ...WITHIN });
    await page.getByText("announced a push").waitFor(WITHIN);
    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByText("Nothing needs you").waitFor(WITHIN);
  },
);
