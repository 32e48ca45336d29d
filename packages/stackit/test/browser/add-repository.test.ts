import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import type { RepoList } from "../../src/contract/repo.ts";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { createScene } from "../support/git-scene.ts";
import { type Upstream, upstreamOf } from "../support/mirror-world.ts";
import { type ServedFolders, serveFolder, serveFolders } from "../support/served-folders.ts";
import { delivered, repositoryOf, SECRET } from "../support/webhooks.ts";
import { accessibilityFindings, LOOKS } from "./axe-check.ts";

const WITHIN = { timeout: 15_000 };

let browser: Browser;
let upstream: Upstream;
let served: ServedFolders;
/** Lets the first clone of `octo/widget` begin. */
const opened = Promise.withResolvers<void>();

beforeAll(async () => {
  if (!canBrowse) return;
  browser = await launchBrowser();
  upstream = await upstreamOf((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  });
  upstream.host.front = async (request, response, ask) => {
    if (request.url?.startsWith("/octo/widget.git") !== true) return response.writeHead(404).end() && true;
    request.url = request.url.replace("/octo/widget.git", "/repo.git");
    if (ask === "fetch") await opened.promise;
    return false;
  };
  const place = { url: new URL(upstream.host.url), apiUrl: new URL(upstream.host.url) };
  served = await serveFolders([], { github: place, webhookSecrets: [SECRET], settleMs: 20 });
});
afterAll(async () => {
  opened.resolve();
  await browser?.close();
  await served?.[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
});

async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(url);
  return page;
}

async function findingsInAllLooks(page: Page): Promise<string[]> {
  const findings: string[] = [];
  for (const { colorScheme, viewport } of LOOKS) {
    // Colours change at once.
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize(viewport);
    findings.push(...(await accessibilityFindings(page)));
  }
  return findings;
}

const form = (page: Page) => page.getByRole("form", { name: "Add repository" });
const field = (page: Page) => form(page).getByRole("textbox", { name: "URL or owner/name" });
const button = (page: Page, name: string) => form(page).getByRole("button", { name, exact: true });

/** What a screen reader says of the field beside its name. */
function describedBy(page: Page): Promise<string> {
  return field(page).evaluate((input) =>
    (input.getAttribute("aria-describedby") ?? "")
      .split(" ")
      .map((id) => document.getElementById(id)?.textContent)
      .join(" "),
  );
}

async function servedIds(): Promise<string[]> {
  return (await served.get<RepoList>("/repos")).repos.map(({ id }) => id);
}

browserTest(
  "S10-04, X-01: what cannot be added is told at the field, what can be is told too, and nothing is made before it is asked for",
  async () => {
    const page = await openPage(served.url);
    await page.getByRole("link", { name: "Add a repository" }).click();
    const alert = form(page).getByRole("alert");
    // What led here is gone; one can type at once.
    await page.waitForFunction(() => document.activeElement?.matches("form input"));
    expect(await findingsInAllLooks(page)).toEqual([]);

    const refusals: [typed: string, told: RegExp][] = [
      ["widget", /^That is no repository/],
      ["ftp://example.com/octo/widget", /^It begins with ftp:; it must be one like https:/],
      ["http://127.0.0.1:1/octo/widget.git", /refuse|reach/],
      ["octo/none", /^There is no such repository, or it is private/],
    ];
    for (const [typed, told] of refusals) {
      await field(page).fill(typed);
      expect(await alert.count()).toBe(0);
      await field(page).press("Enter");
      await alert.filter({ hasText: told }).waitFor(WITHIN);
      expect(await describedBy(page)).toMatch(
        told.source.startsWith("^") ? new RegExp(told.source.slice(1)) : told,
      );
      expect(await field(page).getAttribute("aria-invalid")).toBe("true");
    }
    expect(await findingsInAllLooks(page)).toEqual([]);

    await field(page).fill("octo/widget");
    await button(page, "Check").click();
    await form(page).getByRole("status").filter({ hasText: "Reachable" }).waitFor(WITHIN);
    expect(await describedBy(page)).toMatch(/Reachable.*trunk main.*3 branches/);
    expect(await alert.count()).toBe(0);
    await button(page, "Add repository").waitFor(WITHIN);
    // What was found is not said of another name.
    await field(page).press("End");
    await field(page).pressSequentially("s");
    await button(page, "Check").waitFor(WITHIN);
    expect(await form(page).getByRole("status").count()).toBe(0);
    expect(await servedIds()).toEqual([]);
  },
);

browserTest(
  "S10-05, X-01: the webhook step waits, ticks itself at the first ping, and leads with the first sync to the stacks",
  async () => {
    const page = await openPage(`${served.url}/add`);
    await field(page).fill("octo/widget");
    await field(page).press("Enter");
    await button(page, "Add repository").click();

    await page.waitForURL(`${served.url}/add?repo=widget`);
    await page.waitForFunction(() => document.activeElement?.textContent === "Repository");
    const step = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "Webhook" }) });
    await step.getByText(`${served.url}/api/v1/webhooks/github`).waitFor(WITHIN);
    const sign = step.getByRole("status");
    await sign.filter({ hasText: "Waiting for the first delivery" }).waitFor(WITHIN);
    await page.getByRole("progressbar", { name: "Cloning octo/widget" }).waitFor(WITHIN);
    expect(await findingsInAllLooks(page)).toEqual([]);

    const payload = { zen: "Design for failure.", repository: repositoryOf("octo/widget") };
    const ping = async (options = {}) => {
      const { url, payload: body, ...init } = await delivered("ping", payload, options);
      return (await fetch(`${served.url}${url}`, { ...init, body })).status;
    };
    expect(await ping({ secret: "another secret of somebody" })).toBe(401);
    expect(await sign.textContent()).toContain("Waiting");
    expect(await ping()).toBe(204);
    await sign.filter({ hasText: "Received ping" }).waitFor(WITHIN);
    await page.clock.runFor(8000);
    await sign.filter({ hasText: /Received ping \d+\ss ago/ }).waitFor(WITHIN);

    await page.reload();
    await sign.filter({ hasText: "Received ping" }).waitFor(WITHIN);
    opened.resolve();
    const link = page.getByRole("link", { name: "Open octo/widget" });
    await page.getByRole("status").filter({ hasText: "2 branches" }).waitFor(WITHIN);
    expect(await findingsInAllLooks(page)).toEqual([]);
    await link.click();
    await page.getByRole("link", { name: /\bui, 2 of 2/ }).waitFor(WITHIN);

    await page.goto(`${served.url}/add`);
    await field(page).fill("octo/widget");
    await field(page).press("Enter");
    await form(page).getByText("octo/widget is served already.").waitFor(WITHIN);
    await form(page).getByRole("link", { name: "Go to it" }).click();
    await page.waitForURL(`${served.url}/r/octo/widget`);
  },
);

browserTest("a read-only server offers nobody to add anything", async () => {
  await using readOnly = await serveFolders([], { posture: "public", readOnly: true });
  const page = await openPage(readOnly.url);
  await page.getByText("No repositories are served to you").waitFor(WITHIN);
  expect(await page.getByRole("link", { name: /add/i }).count()).toBe(0);
  await page.goto(`${readOnly.url}/add`);
  await page.getByText("Nothing can be added here").waitFor(WITHIN);
  expect(await form(page).count()).toBe(0);
});

browserTest("who has no stack yet is told how one begins, until they have one or hide it", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
  });
  await scene.git("config", "user.name", "Mira");
  await using shop = await serveFolder(scene.path);
  const page = await openPage(shop.url);
  const note = page.getByRole("complementary", { name: "Your first stack" });
  await note.getByText("git switch -c my-first-layer main").waitFor(WITHIN);
  expect(await findingsInAllLooks(page)).toEqual([]);
  await note.getByRole("button", { name: "Hide this" }).click();
  await note.waitFor({ state: "detached", ...WITHIN });
  await page.reload();
  await page.getByRole("link", { name: /\bapi, 1 of 1/ }).waitFor(WITHIN);
  expect(await note.count()).toBe(0);

  const another = await openPage(shop.url);
  const theirs = another.getByRole("complementary", { name: "Your first stack" });
  await theirs.waitFor(WITHIN);
  await scene.commit("mine", { parent: "main", author: "Mira <mira@example.com>" });
  await theirs.waitFor({ state: "detached", ...WITHIN });
});
