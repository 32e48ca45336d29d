import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, vi } from "vitest";
import type { RepoList, RepoStatus } from "../../src/contract/repo.ts";
import type { SyncRun } from "../../src/contract/sync-run.ts";
import { browserTest, canBrowse, expectComplaint, launchBrowser } from "../support/browser.ts";
import { FAILURES, type FailingFleet, type FailureId, failingFleet } from "../support/failing-fleet.ts";
import { createScene } from "../support/git-scene.ts";
import { teamServer } from "../support/team-server.ts";
import { accessibilityFindings, LOOKS } from "./axe-check.ts";

const WITHIN = { timeout: 15_000 };

let browser: Browser;
let fleet: FailingFleet;
beforeAll(async () => {
  if (!canBrowse) return;
  browser = await launchBrowser();
  fleet = await failingFleet();
});
afterAll(async () => {
  await browser?.close();
  await fleet?.[Symbol.asyncDispose]();
});

async function openPage(path: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  await page.goto(`${fleet.server.url}${path}`);
  return { page, [Symbol.asyncDispose]: () => context.close() };
}

const notice = (page: Page) => page.getByRole("region", { name: "What failed" });
const copied = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
const get = async <T>(path: string): Promise<T> => (await fetch(`${fleet.server.url}/api/v1/${path}`)).json();

const AGAIN = ["Try again", "Copy the details"];
const COPY = ["Copy the details"];
/** Who runs a server that is open to this machine alone is whoever looks at it. */
const OPERATOR = "You, as you run this server.";
const REMOTE = "Whoever runs the remote, or the network between.";

const TOLD: Readonly<
  Record<FailureId, readonly [title: string, detail: string, mender: string, buttons: readonly string[]]>
> = {
  auth: ["Sign-in to the remote failed.", "The remote refused the token in AUTH_TOKEN.", OPERATOR, COPY],
  gone: ["The remote has no such repository.", "The remote answered 404", OPERATOR, COPY],
  moved: ["The remote answered with an error.", "a redirect that is not followed", REMOTE, AGAIN],
  busy: [
    "The remote told the server to wait.",
    "asks to be left alone for a while",
    "Nobody needs to: it passes by itself.",
    COPY,
  ],
  broken: ["The remote answered with an error.", "The remote answered 500.", REMOTE, AGAIN],
  silent: ["The run was not done in time.", "did not end within 2", REMOTE, AGAIN],
  damaged: ["The mirror on disk is damaged.", "it could not be cloned anew", OPERATOR, COPY],
  down: ["The remote cannot be reached.", "The remote's host refused the connection.", REMOTE, AGAIN],
  untrusted: ["The remote cannot be reached.", "certificate is signed by itself alone", REMOTE, AGAIN],
  nameless: ["The remote cannot be reached.", "host name cannot be resolved", REMOTE, AGAIN],
};

const retried = new Set<string>(FAILURES.filter((id) => TOLD[id][3] === AGAIN));

browserTest(
  "S13-01: each way to fail says what happened, since when, what to do and who can, and offers exactly that",
  async () => {
    await using open = await openPage("/");
    const { page } = open;
    for (const id of FAILURES) {
      const [title, detail, mender, buttons] = TOLD[id];
      await page.getByRole("link", { name: new RegExp(`acme/${id}`) }).click();
      const box = notice(page);
      await box.getByText(title, { exact: true }).waitFor(WITHIN);
      // Who looks at it is told by another answer than what failed.
      await expect.poll(() => box.innerText(), WITHIN).toContain(mender);
      const text = await box.innerText();
      expect(text).toContain(detail);
      expect(text).not.toContain("`");
      expect(text).toMatch(/\d+ attempts?/);
      const names = () =>
        box
          .getByRole("button")
          .evaluateAll((all) => all.map((each) => each.getAttribute("aria-label") ?? each.textContent));
      await expect.poll(names, { ...WITHIN, message: id }).toEqual(buttons);
      const isRead = id !== "untrusted" && id !== "nameless";
      await page.getByText(isRead ? /last good sync/ : "Failing; never synced").waitFor(WITHIN);
      const rest = isRead
        ? page.getByRole("link", { name: /\bapi, 1 of 2/ })
        : page.getByRole("heading", { name: "Not read yet" });
      await rest.waitFor(WITHIN);
      await page.getByRole("banner").getByRole("link", { name: "Stackit" }).click();
    }
  },
);

browserTest(
  "S13-02: Try again, before the server would by itself, runs at once and begins the wait anew",
  async () => {
    await using open = await openPage("/");
    const { page } = open;
    // How long the server waits is drawn by lot, up to more with each failure.
    const before = await vi.waitFor(
      async () => {
        const { repos } = await get<RepoList>("repos");
        const waiting = repos.find(
          ({ id, freshness: { nextDueAt = "" } }) =>
            retried.has(id) && Date.parse(nextDueAt) - Date.now() > 12_000,
        );
        if (!waiting) throw new Error("none waits for long");
        return waiting;
      },
      { timeout: 60_000 },
    );
    await page.getByRole("link", { name: new RegExp(`acme/${before.id}`) }).click();
    const dueAt = Date.parse(before.freshness.nextDueAt ?? "");
    const isAsBefore = async () => {
      const told = await notice(page).locator("time").last().getAttribute("datetime");
      return Math.abs(Date.parse(told ?? "") - dueAt) < 1_000;
    };
    await expect.poll(isAsBefore, WITHIN).toBe(true);
    const taken = page.waitForResponse((response) => response.request().method() === "POST");
    await notice(page).getByRole("button", { name: "Try again" }).click();
    const { id: runId }: SyncRun = await (await taken).json();
    const run = await vi.waitFor(async () => {
      const run: SyncRun = await get(`repos/${before.id}/sync-runs/${runId}`);
      expect(run.state).toBe("finished");
      return run;
    }, WITHIN);
    expect(run.triggers).toEqual(["manual"]);
    expect(Date.parse(run.finishedAt ?? "")).toBeLessThan(dueAt);
    await expect.poll(isAsBefore, WITHIN).toBe(false);
  },
);

browserTest("S13-05: what is copied leads to the log by its ids, and holds no secret", async () => {
  await using open = await openPage("/r/acme/auth");
  const { page } = open;
  await notice(page).getByRole("button", { name: "Copy the details" }).click();
  const { lastAttempt } = (await get<RepoStatus>("repos/auth")).freshness;
  await expect.poll(() => copied(page)).toContain(`Run: ${lastAttempt?.runId}`);
  const ofRun = await copied(page);
  expect(ofRun).toContain("Code: sync/auth-failed");
  expect(ofRun).not.toContain(fleet.secret);
  // What a process writes comes to us later than what it answers.
  await expect.poll(() => fleet.server.log).toContain(`"${lastAttempt?.runId}"`);

  await page.route("**/branch-diff/**", (route) =>
    route.continue({ url: `${fleet.server.url}/api/v1/repos/auth/branch-diff/nobody` }),
  );
  await page.getByRole("link", { name: /\bapi, 1 of 2/ }).click();
  const alert = page.getByRole("alert");
  await alert.getByText("The diff could not be shown. There is no such branch.").waitFor(WITHIN);
  await alert.getByRole("button", { name: "Copy the details" }).click();
  await expect.poll(() => copied(page)).toContain("Code: branch/not-found");
  const requestId = /^Request: (.+)$/m.exec(await copied(page))?.[1];
  expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
  await expect.poll(() => fleet.server.log).toContain(`"requestId":"${requestId}"`);
});

browserTest("S13-03: what breaks one part stays in it, and the part can be loaded again", async () => {
  expectComplaint(/^PartNotLoaded: /, /^TypeError: /);
  await using open = await openPage("/r/acme/busy");
  const { page } = open;
  const part = page.getByRole("alert").filter({ hasText: "This part failed." });
  const reload = part.getByRole("button", { name: "Reload part" });
  const file = page.getByRole("region", { name: "Diff", exact: true }).getByRole("heading", { level: 3 });

  // Its code does not come.
  await page.route("**/assets/diff-tab-*.js", (route) => route.fulfill({ status: 404 }));
  await page.getByRole("link", { name: /\bui, 2 of 2/ }).click();
  await part.getByText("The diff could not be drawn").waitFor(WITHIN);
  await page.getByRole("searchbox", { name: /Filter/ }).fill("api");
  await page.getByRole("status").filter({ hasText: "1 branch in 1 stack" }).waitFor(WITHIN);
  await page.unroute("**/assets/diff-tab-*.js");
  await reload.click();
  await file.first().waitFor(WITHIN);

  // What it is to draw is not what it can read.
  await page.route("**/branch-diff/**", async (route) => {
    const answer = await (await route.fetch()).json();
    await route.fulfill({ json: { ...answer, patch: 5 } });
  });
  await page.getByRole("link", { name: /\bapi, 1 of 2/ }).click();
  await part.getByText("The diff could not be drawn").waitFor(WITHIN);
  await page.getByRole("tab", { name: /Commits/ }).click();
  await page.getByRole("tab", { name: "Diff" }).click();
  await part.waitFor(WITHIN);
  await page.unroute("**/branch-diff/**");
  await reload.click();
  await file.first().waitFor(WITHIN);
});

browserTest(
  "a list of repositories that does not come holds its place, then says why and can be tried again",
  async () => {
    await using open = await openPage("/activity");
    const { page } = open;
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route("**/api/v1/repos", async (route) => {
      await asked;
      await route.fulfill({ status: 500 });
    });
    await page.goto(fleet.server.url);
    await page.locator(".skeleton").waitFor(WITHIN);
    answer();
    const alert = page.getByRole("alert");
    await alert.getByText("The list of repositories could not be shown.").waitFor(WITHIN);
    await page.locator(".skeleton").waitFor({ ...WITHIN, state: "detached" });
    await page.unroute("**/api/v1/repos");
    await alert.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("table", { name: "Repositories" }).waitFor(WITHIN);
  },
);

browserTest("S13-04: a repository that is kept from somebody reads as one that does not exist", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  const shop = { kind: "working-copy", path: scene.path } as const;
  await using team = await teamServer(() => [
    { ...shop, id: "ours", visibility: "team" },
    { ...shop, id: "kept", visibility: "operators" },
  ]);
  await using open = await openPage("/", {});
  const { page } = open;
  team.github.signedIn = team.github.person("ada");
  const read = async (id: string) => {
    await page.goto(`${team.url}/r/local/${id}`);
    await page.getByRole("heading", { name: /^There is no such repository/ }).waitFor(WITHIN);
    return page.locator("main").innerText();
  };
  await page.goto(`${team.url}/r/local/ours`);
  await page.getByRole("link", { name: "Continue with GitHub" }).click();
  await page.getByRole("button", { name: "Account, ada" }).waitFor(WITHIN);
  expect(await read("kept")).toBe(await read("nothing"));
});

browserTest("X-01: axe finds nothing in what failed, light and dark, wide and narrow", async () => {
  const found: string[] = [];
  for (const look of LOOKS) {
    await using open = await openPage("/", look);
    const { page } = open;
    await page.route("**/branch-diff/**", (route) => route.fulfill({ status: 502 }));
    await page.goto(`${fleet.server.url}/r/acme/auth/-/branch/api`);
    await page.getByRole("alert").getByText("Details", { exact: true }).click(WITHIN);
    found.push(...(await accessibilityFindings(page)));
    if (look.viewport.width > 900) continue;
    // Here the panel has covered the list.
    await page.keyboard.press("Escape");
    await notice(page).getByText("Details", { exact: true }).click(WITHIN);
    found.push(...(await accessibilityFindings(page)));
  }
  expect(found).toEqual([]);
});
