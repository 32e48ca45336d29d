import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import type { PushList } from "../../src/contract/pushes.ts";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { type PushedBranch, pushedBranch } from "../support/pushed-branch.ts";
import { findingsInEveryLook } from "./every-look.ts";

const WITHIN = { timeout: 15_000 };

const one = { message: "Open the shop", files: { "shop.txt": "open\n" } };
const two = { message: "Count the stock", files: { "stock.txt": "1\n2\n3\n" } };
const three = { message: "Write the bill", files: { "bill.txt": "sum\n" } };
const amended = { ...two, files: { "stock.txt": "1\n2\n4\n" } };
const renamed = { ...amended, message: "Count all of the stock" };
const kims = { ...renamed, author: "Kim Tester <kim@example.com>" };
const roof = { message: "Mend the roof", files: { "roof.txt": "tiles\nbeams\n" } };

let browser: Browser;
let branch: PushedBranch;

/** Push 2 amends a commit, 3 only rebases, 4 only writes a message anew, 5 only names another author, 6 is something else. */
beforeAll(async () => {
  if (!canBrowse) return;
  browser = await launchBrowser();
  branch = await pushedBranch(one, two, three);
  await branch.push(one, amended, three);
  await branch.upstream.scene.commit("main", { files: { "other.txt": "a" } });
  await branch.push(one, amended, three);
  await branch.push(one, renamed, three);
  await branch.push(one, kims, three);
  await branch.push(roof);
});
afterAll(async () => {
  await browser?.close();
  await branch?.[Symbol.asyncDispose]();
});

async function newContext(): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  onTestFinished(() => context.close());
  return context;
}

const urlOf = (query: string) => `${branch.served.url}/r/local/shop/-/branch/topic?tab=pushes${query}`;

async function openPushes(query: string): Promise<Page> {
  const page = await (await newContext()).newPage();
  await page.goto(urlOf(query));
  await select(page, "From push").waitFor(WITHIN);
  return page;
}

const select = (page: Page, name: "From push" | "To push") => page.getByRole("combobox", { name });
const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });
const commits = (page: Page) =>
  page.getByRole("list", { name: "Commits, oldest first" }).locator("> li > button");

/** With what the markers are called, as in `−lost+added3`. */
const linesOf = (region: Locator) => region.locator(".inner-line").allTextContents();

async function isAt(page: Page, search: string): Promise<void> {
  await page.waitForURL((url) => url.search === search, WITHIN);
}

browserTest("S7-01: a rebase without a change says that the patch is identical", async () => {
  const page = await openPushes("&from=2&to=3");
  await page.getByText("The patch is identical").waitFor(WITHIN);
  await page.getByText("3 commits: 3 same, 0 changed, 0 new, 0 dropped · rebased over 1 commit").waitFor();
  expect(await page.getByRole("region", { name: "Patch" }).count()).toBe(0);
  expect(await page.getByRole("heading", { name: "stock.txt" }).count()).toBe(0);
});

browserTest("S7-02: of three commits the amended one is open and the others are folded", async () => {
  const page = await openPushes("&from=1&to=2");
  await page.getByText("2 same, 1 changed").waitFor(WITHIN);
  expect(
    await commits(page).evaluateAll((rows) => rows.map((row) => row.getAttribute("aria-expanded"))),
  ).toEqual(["false", "true", "false"]);
  await page.getByText("Only the patch changed").waitFor();
  const lines = await linesOf(page.getByRole("region", { name: "Patch" }));
  expect(lines).toEqual(
    expect.arrayContaining(["stock.txt (new)", "@@", "+added2", "−lost+added3", "+gained+added4"]),
  );
  await page.getByText("the patch gained the line").waitFor();
  await button(page, /^same Open the shop/).click();
  const patch = page.getByRole("region", { name: /^Patch of/ });
  await patch.getByRole("heading", { name: "shop.txt" }).waitFor(WITHIN);
  expect(await findingsInEveryLook(page)).toEqual([]);
});

browserTest(
  "S7-03: the pushes are in the address, a turned order is corrected with a note, and v leads to them",
  async () => {
    const page = await openPushes("&from=3&to=2");
    const note = page.getByText("The order was corrected: the older push comes first.");
    await note.waitFor(WITHIN);
    await isAt(page, "?tab=pushes&from=2&to=3");
    expect(await select(page, "From push").locator("option:checked").innerText()).toMatch(
      /^2 \((just now|\d+\s\w+ ago), [0-9a-f]{7}\)$/,
    );
    await select(page, "To push").selectOption("4");
    await isAt(page, "?tab=pushes&from=2&to=4");
    await note.waitFor({ state: "detached" });
    await page.reload();
    await page.getByText("2 same, 1 changed").waitFor(WITHIN);
    expect([
      await select(page, "From push").inputValue(),
      await select(page, "To push").inputValue(),
    ]).toEqual(["2", "4"]);

    await page.keyboard.press("d");
    await page.getByRole("tab", { name: "Diff", selected: true }).waitFor(WITHIN);
    await page.keyboard.press("v");
    await page.getByRole("tab", { name: "Pushes", selected: true }).waitFor(WITHIN);
    await button(page, "Last two").click();
    await isAt(page, "?tab=pushes");
    expect(await select(page, "From push").inputValue()).toBe("5");
  },
);

browserTest("S7-04: a message or an author that alone changed is told as that", async () => {
  const page = await openPushes("&from=3&to=4");
  await page.getByText("Only the message changed").waitFor(WITHIN);
  expect(await linesOf(page.getByRole("region", { name: "Message" }))).toEqual([
    "−lostCount the stock",
    "+gainedCount all of the stock",
  ]);
  await button(page, "Compare push 5 with the one before").click();
  await isAt(page, "?tab=pushes&from=4&to=5");
  await page.getByText("Only the author changed").waitFor(WITHIN);
  expect(await linesOf(page.getByRole("region", { name: "Author" }))).toEqual([
    "−lostAuthor: Robin Tester <robin@example.com>",
    "+gainedAuthor: Kim Tester <kim@example.com>",
  ]);
  expect(await page.getByRole("region", { name: /Message|Patch/ }).count()).toBe(0);
});

browserTest(
  "S7-07: pushes without a common commit offer the two trees, which are read like any diff, and each patch can be read",
  async () => {
    const page = await openPushes("&from=5&to=6");
    await page.getByText("These pushes have no commit in common.").waitFor(WITHIN);
    await button(page, /^new Mend the roof/).click();
    const added = page.getByRole("region", { name: /^Patch of/ });
    await added.getByRole("heading", { name: "roof.txt" }).waitFor(WITHIN);
    await added.getByText("beams").waitFor();
    await button(page, /^new Mend the roof/).click();
    await added.waitFor({ state: "detached" });
    await button(page, /^dropped Write the bill/).click();
    await page
      .getByRole("region", { name: /^Patch of/ })
      .getByText("sum")
      .waitFor(WITHIN);

    await button(page, "Compare the two trees").click();
    await isAt(page, "?tab=pushes&from=5&to=6&mode=tree");
    const diff = page.getByRole("region", { name: "Diff", exact: true });
    await diff.getByRole("heading", { name: "bill.txt" }).waitFor(WITHIN);
    expect(await diff.getByRole("heading").allInnerTexts()).toEqual([
      "bill.txt",
      "roof.txt",
      "shop.txt",
      "stock.txt",
    ]);
    await page.getByText("4 files").waitFor();
    await page.keyboard.press("n");
    await isAt(page, "?tab=pushes&file=roof.txt&from=5&to=6&mode=tree");
    expect(await findingsInEveryLook(page)).toEqual([]);
  },
);

browserTest("S7-08: a comparison that takes longer than a second tells of itself", async () => {
  const page = await (await newContext()).newPage();
  const { promise: told, resolve: release } = Promise.withResolvers<void>();
  await page.route("**/branch-compare/**", async (route) => {
    await told;
    await route.continue();
  });
  await page.goto(urlOf("&from=1&to=2"));
  await page.getByRole("progressbar", { name: "Comparing the two pushes" }).waitFor(WITHIN);
  release();
  await page.getByText("2 same, 1 changed").waitFor(WITHIN);
  expect(await page.getByRole("progressbar").count()).toBe(0);
});

browserTest("S8-04: a rewritten branch of a run leads to the comparison of its two pushes", async () => {
  const page = await (await newContext()).newPage();
  await page.goto(`${branch.served.url}/r/local/shop?sync=all`);
  const history = page.getByRole("complementary", { name: "Sync history" });
  await history
    .getByRole("button", { name: /^Changed 2 refs/ })
    .first()
    .click(WITHIN);
  await history.getByRole("link", { name: "Compare pushes 2 and 3" }).click(WITHIN);
  await isAt(page, "?tab=pushes&from=2&to=3");
  await page.getByText("The patch is identical").waitFor(WITHIN);
});

browserTest(
  "S7-05: a push that is no longer stored is explained, and what is offered in its place can be compared",
  async () => {
    const { pushes } = await branch.served.get<PushList>("/repos/shop/branch-pushes/topic");
    await branch.prune(pushes.find(({ number }) => number === 1)?.sha ?? "");
    const page = await openPushes("&from=1&to=2");
    const problem = page.getByRole("alert");
    await problem.getByText("Push 1 is no longer stored.").waitFor(WITHIN);
    await problem.getByText("Choose a push that is stored.").waitFor();
    expect(await select(page, "From push").locator("option:checked").innerText()).toContain(
      "no longer stored",
    );
    await button(page, "Compare pushes 2 and 6").click();
    await isAt(page, "?tab=pushes&from=2&to=6");
    await button(page, /^new Mend the roof/).waitFor(WITHIN);
    expect(await problem.count()).toBe(0);
  },
);

browserTest(
  "S7-06: what is read stays when newer pushes come, until they are asked for; then those since the last look can be compared",
  async () => {
    const page = await openPushes("");
    await button(page, /^new Mend the roof/).waitFor(WITHIN);
    const before = await commits(page).allInnerTexts();
    await branch.push(roof, one);
    await branch.push(roof, two);
    const bar = page.getByRole("status").filter({ hasText: "A newer push came: push 8, " });
    await bar.waitFor(WITHIN);
    expect(await commits(page).allInnerTexts()).toEqual(before);
    expect(await select(page, "To push").inputValue()).toBe("6");

    await bar.getByRole("button", { name: "Show it" }).click();
    await button(page, /^new Count the stock/).waitFor(WITHIN);
    expect(await select(page, "To push").inputValue()).toBe("8");
    expect(await bar.count()).toBe(0);
    await button(page, "Since I last looked").click();
    await isAt(page, "?tab=pushes&from=6&to=8");
    await page.getByText("1 same, 0 changed, 1 new, 0 dropped").waitFor(WITHIN);
    await page.reload();
    await page.getByText("1 same, 0 changed, 1 new, 0 dropped").waitFor(WITHIN);
    await button(page, "Last two").click();
    await isAt(page, "?tab=pushes");
    await button(page, "Since I last looked").click();
    await isAt(page, "?tab=pushes&from=6&to=8");
  },
);
