import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { forgeWorld } from "../support/forge-world.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { type ServedFolders, serveFolder } from "../support/served-folders.ts";
import { delivered, push, repositoryOf, SECRET } from "../support/webhooks.ts";
import { accessibilityFindings, LOOKS } from "./axe-check.ts";

const WITHIN = { timeout: 15_000 };
const MIRA = { author: "Mira Lind <mira@example.com>" };
const THEO = { author: "Theo Ruiz <theo@example.com>" };

let browser: Browser;
beforeAll(async () => {
  if (canBrowse) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

/** Mira's clone: her stack of four, a fork of hers, and Theo's newer stack, in which two parents moved. */
async function shop(): Promise<Scene> {
  const scene = await createScene((s) => {
    s.commit("main");
    for (const [branch, parent] of [
      ["mira/checkout-1", "main"],
      ["mira/checkout-2", "mira/checkout-1"],
      ["mira/checkout-3", "mira/checkout-2"],
      ["mira/checkout-4", "mira/checkout-3"],
    ] as const) {
      s.stacked(branch, parent, { ...MIRA, message: `Checkout rewrite, part ${branch.at(-1)}` });
    }
    s.stacked("mira/base", "main", MIRA);
    s.stacked("mira/left", "mira/base", MIRA);
    s.stacked("mira/right", "mira/base", MIRA);
    s.stacked("theo/index", "main", THEO);
    s.stacked("theo/search", "theo/index", THEO);
    s.stacked("theo/typing", "theo/search", THEO);
    s.commit("theo/index", THEO);
    s.commit("theo/search", THEO);
  });
  await scene.git("config", "user.name", "Mira Lind");
  return scene;
}

async function open(served: ServedFolders, path = "/r/local/default"): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${served.url}${path}`);
  return page;
}

const row = (page: Page, branch: string) =>
  page.getByRole("link", { name: new RegExp(`(^|\\s)${branch}, (also on .*, )?\\d+ of`) });

const rows = (page: Page) => page.locator("li.branch-row");

const focusedRow = (page: Page): Promise<string | null | undefined> =>
  page.evaluate(() => document.activeElement?.getAttribute("data-row"));

browserTest("S3-01: your lane comes first, and a stack is a list of its branches, top first", async () => {
  await using scene = await shop();
  await using served = await serveFolder(scene.path);
  const page = await open(served);
  await row(page, "mira/checkout-4").waitFor(WITHIN);
  const lanes = page.locator("section.lane");
  await expect
    .poll(() => lanes.evaluateAll((all) => all.map((lane) => lane.getAttribute("aria-label"))), WITHIN)
    .toEqual(["You", "Theo Ruiz"]);
  const stack = page
    .getByRole("region", { name: "You" })
    .getByRole("list", { name: /^Stack Checkout rewrite, part 4, 4 branches, top first/ });
  expect(await stack.getByRole("listitem").count()).toBe(4);
  const names = await stack.getByRole("link").evaluateAll((all) => all.map((link) => link.ariaLabel));
  expect(names.map((name) => /\d of 4/.exec(name ?? "")?.[0])).toEqual([
    "4 of 4",
    "3 of 4",
    "2 of 4",
    "1 of 4",
  ]);
  await page.close();
});

browserTest(
  "S3-02: a parent that moved is told in the row's name and on the page, and the lane says how long it waits",
  async () => {
    await using scene = await shop();
    await using served = await serveFolder(scene.path);
    const page = await open(served);
    await row(page, "theo/typing").waitFor(WITHIN);
    expect(await row(page, "theo/typing").getAttribute("aria-label")).toContain("parent moved");
    const lane = page.getByRole("region", { name: "Theo Ruiz" });
    expect(await lane.getByText("parent moved", { exact: true }).count()).toBe(2);
    const head = await lane.locator(".lane-head p").innerText();
    expect(head.replaceAll(/\s/g, " ")).toMatch(
      /^1 stack · 3 branches · 2 parents moved · oldest waiting \d+ \w+$/,
    );
    await page.close();
  },
);

browserTest(
  "S3-03: qualifiers narrow the list, stay in the address, and one that is unknown is hinted at",
  async () => {
    await using scene = await shop();
    await using served = await serveFolder(scene.path);
    const page = await open(served);
    await row(page, "theo/typing").waitFor(WITHIN);
    const filter = page.getByRole("searchbox", { name: "Filter branches" });
    await filter.fill("is:restack owner:theo waiting:>2d");
    await page.getByRole("status").getByText("2 branches in 1 stack").waitFor(WITHIN);
    await expect.poll(() => rows(page).count(), WITHIN).toBe(2);
    await expect
      .poll(() => new URL(page.url()).searchParams.get("q"))
      .toBe("is:restack owner:theo waiting:>2d");

    await filter.fill("waiting:<2d");
    await page.getByRole("heading", { name: "No branch matches “waiting:<2d”" }).waitFor(WITHIN);
    await filter.fill("size:large owner:theo");
    await page.getByText("size:large is no qualifier.").waitFor(WITHIN);
    await expect.poll(() => rows(page).count(), WITHIN).toBe(3);

    // What is typed counts at once, and Enter leads to what is found.
    await filter.fill("");
    await expect.poll(() => rows(page).count(), WITHIN).toBeGreaterThan(3);
    await filter.pressSequentially("owner:theo");
    await page.keyboard.press("Enter");
    const first = () => rows(page).first().locator("[data-row]").getAttribute("data-row");
    await expect.poll(async () => (await focusedRow(page)) === (await first()), WITHIN).toBe(true);
    expect(await rows(page).count()).toBe(3);
    await filter.fill("nothing like this");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: /No branch matches/ }).waitFor(WITHIN);
    expect(await filter.evaluate((one) => one === document.activeElement)).toBe(true);
    await page.close();
  },
);

browserTest(
  "S3-04: a row opens its panel and is the current one; Back closes it and gives the focus back",
  async () => {
    await using scene = await shop();
    await using served = await serveFolder(scene.path);
    const page = await open(served);
    await row(page, "mira/checkout-2").click(WITHIN);
    const panel = page.getByRole("region", { name: "Branch mira/checkout-2" });
    await panel.waitFor(WITHIN);
    expect(new URL(page.url()).pathname).toBe("/r/local/default/-/branch/mira/checkout-2");
    await expect.poll(() => row(page, "mira/checkout-2").getAttribute("aria-current"), WITHIN).toBe("true");
    await page.goBack();
    await panel.waitFor({ ...WITHIN, state: "detached" });
    await expect.poll(() => focusedRow(page), WITHIN).toBe("branch:mira/checkout-2");
    await page.close();
  },
);

browserTest(
  "S3-05: j visits each row in the order in which it is seen, across stacks and lanes, and ends at the last",
  async () => {
    await using scene = await shop();
    await using served = await serveFolder(scene.path);
    const page = await open(served);
    await row(page, "theo/typing").waitFor(WITHIN);
    const places: { name: string; y: number }[] = [];
    for (;;) {
      await page.keyboard.press("j");
      const place = await page.evaluate(() => {
        const scrolled = document.querySelector(".list-pane")?.scrollTop ?? 0;
        const y = (document.activeElement?.getBoundingClientRect().y ?? 0) + scrolled;
        return { name: document.activeElement?.getAttribute("data-row") ?? "", y };
      });
      if (place.name === places.at(-1)?.name) break;
      places.push(place);
    }
    expect(places).toHaveLength(10);
    expect(places.map(({ y }) => y)).toEqual(places.map(({ y }) => y).sort((a, b) => a - b));
    await page.close();
  },
);

browserTest(
  "S3-06: the brackets walk a stack and stop at its leaf and at the trunk, the braces go from stack to stack",
  async () => {
    await using scene = await shop();
    await using served = await serveFolder(scene.path);
    const page = await open(served, "/r/local/default/-/branch/mira/checkout-3");
    const at = (branch: string) =>
      page.getByRole("region", { name: `Branch ${branch}`, exact: true }).waitFor(WITHIN);
    await at("mira/checkout-3");
    for (const [key, branch] of [
      ["]", "mira/checkout-4"],
      ["]", "mira/checkout-4"],
      ["[", "mira/checkout-3"],
      ["[", "mira/checkout-2"],
      ["[", "mira/checkout-1"],
      ["[", "mira/checkout-1"],
    ] as const) {
      await page.keyboard.press(key);
      await at(branch);
    }
    await page.keyboard.press("Escape");
    await page.getByRole("region", { name: /^Branch / }).waitFor({ ...WITHIN, state: "detached" });
    await expect.poll(() => focusedRow(page), WITHIN).toBe("branch:mira/checkout-1");

    await page.keyboard.press("Home");
    const first = await focusedRow(page);
    await page.keyboard.press("}");
    await expect.poll(() => focusedRow(page), WITHIN).not.toBe(first);
    const second = await focusedRow(page);
    await page.keyboard.press("}");
    await expect.poll(() => focusedRow(page), WITHIN).toBe("branch:theo/typing");
    await page.keyboard.press("}");
    expect(await focusedRow(page)).toBe("branch:theo/typing");
    await page.keyboard.press("{");
    await expect.poll(() => focusedRow(page), WITHIN).toBe(second);
    await page.close();
  },
);

browserTest(
  "S3-07: a branch that was pushed appears by itself, and the page does not move under its reader",
  async () => {
    await using world = await forgeWorld((s) => {
      s.commit("main");
      for (let n = 1; n <= 30; n++) s.stacked(`other-${n}`, "main");
    });
    await using served = await world.serve({ webhookSecrets: [SECRET] });
    const page = await open(served, "/r/octo/widget");
    await row(page, "other-30").waitFor(WITHIN);
    const pane = page.locator(".list-pane");
    await pane.evaluate((element) => element.scrollTo(0, 200));
    await page.evaluate(() => Reflect.set(window, "sameDocument", true));
    await world.upstream.scene.write((s) => s.stacked("pushed", "other-30"));
    const repository = repositoryOf("octo/widget", { id: undefined });
    const { url, payload, ...init } = await delivered(
      "push",
      push("octo/widget", "pushed", undefined, { repository }),
    );
    await fetch(served.url + url, { ...init, body: payload });
    await row(page, "pushed").waitFor(WITHIN);
    expect(await pane.evaluate((element) => element.scrollTop)).toBe(200);
    expect(await page.evaluate(() => Reflect.get(window, "sameDocument"))).toBe(true);
    await page.close();
  },
);

browserTest("S3-08: while somebody reads, stacks keep their places, until Re-sort is pressed", async () => {
  await using scene = await shop();
  await using served = await serveFolder(scene.path, { settleMs: 20 });
  const page = await open(served, "/r/local/default?group=stack");
  const order = () =>
    rows(page).evaluateAll((all) =>
      all.map((li) => li.querySelector("[data-row]")?.getAttribute("data-row")),
    );
  await row(page, "mira/checkout-4").waitFor(WITHIN);
  await row(page, "mira/checkout-4").focus();
  const before = await order();
  await scene.commit("mira/checkout-4", { ...MIRA, message: "Newest of all" });
  const resort = page.getByRole("button", { name: "Re-sort" });
  await resort.waitFor(WITHIN);
  expect(await order()).toEqual(before);
  expect(await focusedRow(page)).toBe("branch:mira/checkout-4");
  await resort.click();
  await expect.poll(async () => (await order())[0], WITHIN).toBe("branch:mira/checkout-4");
  expect(await resort.count()).toBe(0);
  await page.close();
});

browserTest(
  "S3-09: a branch that is deleted leaves the list; its panel says so, with the last known head",
  async () => {
    await using scene = await shop();
    await using served = await serveFolder(scene.path, { settleMs: 20 });
    const page = await open(served, "/r/local/default/-/branch/theo/typing");
    const panel = page.getByRole("region", { name: "Branch theo/typing" });
    await panel.waitFor(WITHIN);
    const head = await scene.sha("theo/typing");
    await scene.git("branch", "-D", "theo/typing");
    await panel.getByText(/^This branch was deleted (just now|\d+\s*s ago)/).waitFor(WITHIN);
    await panel.locator(".callout code").getByText(head.slice(0, 7)).waitFor(WITHIN);
    await row(page, "theo/typing").waitFor({ ...WITHIN, state: "detached" });
    await page.close();
  },
);

browserTest(
  "S3-10: of 1,500 branches only those near the window are drawn, and none is missing while one goes on",
  async () => {
    await using scene = await createScene((s) => {
      s.commit("main");
      for (let n = 1; n <= 500; n++) {
        s.stacked(`a-${n}`, "main");
        s.stacked(`b-${n}`, `a-${n}`);
        s.stacked(`c-${n}`, `b-${n}`);
      }
    });
    await using served = await serveFolder(scene.path);
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    const asked: string[] = [];
    page.on("request", (request) => {
      const path = new URL(request.url()).pathname;
      // What is asked again once the page hears of events is known by its tag.
      if (path.startsWith("/api/") && !request.headers()["if-none-match"]) asked.push(path);
    });
    const startedAtMs = performance.now();
    await page.goto(`${served.url}/r/local/default`);
    await rows(page).first().waitFor(WITHIN);
    const firstRowMs = Math.round(performance.now() - startedAtMs);
    process.stdout.write(`1,500 branches, a quarter of the speed: first row after ${firstRowMs} ms\n`);
    // The view is on its way before the page's scripts are there, and once: they take what the browser asked for.
    expect(asked.filter((path) => path.endsWith("/view"))).toEqual(["/api/v1/repos/default/view"]);
    const askedBy = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .find(({ name }) => name.endsWith("/view"))
        ?.toJSON(),
    );
    expect(askedBy).toMatchObject({ initiatorType: "link" });
    await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });

    let most = 0;
    for (let pressed = 0; pressed < 90; pressed++) {
      await page.keyboard.down("j");
      const drawn = await page.evaluate(() => {
        const pane = document.querySelector(".list-pane")?.getBoundingClientRect();
        const focused = document.activeElement?.getBoundingClientRect();
        const isSeen = pane && focused && focused.top >= pane.top && focused.bottom <= pane.bottom;
        return { items: document.querySelectorAll("li").length, isSeen };
      });
      most = Math.max(most, drawn.items);
      expect(drawn.isSeen).toBe(true);
    }
    await page.keyboard.up("j");
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(120);
    await page.close();
  },
);

browserTest(
  "S3-11: both children of a fork are seen, and the second says on whom it stands, too",
  async () => {
    await using scene = await shop();
    await using served = await serveFolder(scene.path);
    const page = await open(served);
    await row(page, "mira/left").waitFor(WITHIN);
    await row(page, "mira/right").waitFor(WITHIN);
    const also = page.getByText("also on mira/base", { exact: true });
    expect(await also.count()).toBe(1);
    await page.close();
  },
);

browserTest("S3-12: what landed of a stack is folded into a line that unfolds", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "shop.txt": "one\n" } });
    s.stacked("api", "main");
    s.stacked("ui", "api");
    s.stacked("docs", "ui");
  });
  for (const branch of ["api", "ui"]) {
    await scene.git("merge", "--no-ff", "--quiet", "-m", `Merge ${branch}`, branch);
  }
  await using served = await serveFolder(scene.path);
  const page = await open(served);
  const fold = page.getByRole("button", { name: "2 merged" });
  await fold.waitFor(WITHIN);
  expect(await fold.getAttribute("aria-expanded")).toBe("false");
  await fold.click();
  await row(page, "api").waitFor(WITHIN);
  expect(await fold.getAttribute("aria-expanded")).toBe("true");
  await fold.click();
  await row(page, "api").waitFor({ ...WITHIN, state: "detached" });
  await page.close();
});

browserTest("S3-13: the table sorts by a column, says so, and keeps it in the address", async () => {
  await using scene = await shop();
  await using served = await serveFolder(scene.path, { settleMs: 20 });
  const page = await open(served);
  await page.getByRole("group", { name: "Layout" }).getByRole("button", { name: "Table" }).click(WITHIN);
  const table = page.getByRole("table", { name: "Branches" });
  await table.waitFor(WITHIN);
  const order = () =>
    table
      .locator("td [data-row]")
      .evaluateAll((all) => all.map((link) => link.getAttribute("data-row")?.slice(7)));
  const header = (name: string) => table.getByRole("columnheader", { name });
  await expect.poll(() => header("Waiting").getAttribute("aria-sort"), WITHIN).toBe("descending");
  await expect
    .poll(() => table.getByRole("rowheader").allInnerTexts(), WITHIN)
    .toEqual([expect.stringMatching(/^You/), expect.stringMatching(/^Theo Ruiz/)]);

  await page.getByRole("group", { name: "Group by" }).getByRole("button", { name: "Ungrouped" }).click();
  await expect.poll(async () => (await order())[0], WITHIN).toBe("mira/checkout-1");
  await header("State").getByRole("button").click();
  await expect.poll(async () => (await order()).slice(0, 2), WITHIN).toEqual(["theo/typing", "theo/search"]);
  expect(await header("State").getAttribute("aria-sort")).toBe("ascending");
  expect(await header("Waiting").getAttribute("aria-sort")).toBe(null);
  const { searchParams } = new URL(page.url());
  expect(Object.fromEntries(searchParams)).toEqual({ view: "table", group: "none", sort: "state" });

  await header("State").getByRole("button").click();
  await expect.poll(async () => (await order()).at(-1), WITHIN).toBe("theo/search");
  const sorted = await order();
  await page.reload();
  await expect.poll(order, WITHIN).toEqual(sorted);
  expect(await header("State").getAttribute("aria-sort")).toBe("descending");

  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await expect.poll(() => focusedRow(page), WITHIN).toBe(`branch:${sorted[1]}`);
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: `Branch ${sorted[1]}`, exact: true }).waitFor(WITHIN);
  await page.keyboard.press("Escape");
  await expect.poll(() => focusedRow(page), WITHIN).toBe(`branch:${sorted[1]}`);
  await page.close();
});

browserTest("X-01: axe finds nothing on the table, light and dark, wide and narrow", async () => {
  await using scene = await shop();
  await using served = await serveFolder(scene.path);
  const found: string[] = [];
  for (const look of LOOKS) {
    const page = await browser.newPage(look);
    await page.goto(`${served.url}/r/local/default?view=table`);
    await page.getByRole("table", { name: "Branches" }).waitFor(WITHIN);
    const findings = await accessibilityFindings(page);
    found.push(...findings.map((finding) => `${look.colorScheme} ${look.viewport.width}: ${finding}`));
    await page.close();
  }
  expect(found).toEqual([]);
});
