import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";
import type { Branch } from "../packages/stackit/src/contract/view.ts";
import { findBrowser } from "../packages/stackit/test/support/find-browser.ts";
import { type ServerProcess, startServerProcess } from "../packages/stackit/test/support/server-process.ts";
import { type Finding, median, percentile } from "./measure.ts";
import { leavesOf, makePatches, type Patches } from "./page-patches.ts";
import { type Bench, untilCountedOverHttp } from "./scenarios.ts";

const BUILT_PAGE = new URL("../packages/stackit/dist/web/index.html", import.meta.url);
const SLOWER_BY = 4;
/** How long a server publishes nothing before it is taken to be at rest. */
const REST_MS = 8000;
const PATCHES = 100;
const PATCHED_ROWS = 200;
const MIB = 2 ** 20;

/**
 * The repository's page in Chromium: how soon its first row is there at a quarter of the processor's speed, what a patch of 200 rows costs its main
 * thread, and what it keeps of a hundred patches.
 */
export async function pages({ repository, branches, rounds }: Bench): Promise<Finding[]> {
  const executablePath = findBrowser("chromium", process.env);
  if (executablePath === undefined) throw new Error("no Chromium found: set CHROMIUM_PATH");
  if (!existsSync(BUILT_PAGE)) throw new Error("the page has not been built: npm run build");
  const dataDir = `${repository}-data`;
  const args = ["--cwd", repository, "--data-dir", dataDir, "--sync-interval", "0", "--settle", "50ms"];
  try {
    await using server = await startServerProcess(args);
    await untilAtRest(`${server.url}/api/v1/repos/default`);
    await using browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
    return [
      await firstRows(browser, server, { branches, rounds }),
      ...(await livePatches(browser, server, { repository, branches })),
    ];
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** In a context of its own each time, so that nothing is cached. */
async function firstRows(
  browser: Browser,
  server: ServerProcess,
  { branches, rounds }: { branches: number; rounds: number },
): Promise<Finding> {
  const rowMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { page, session } = await openPage(browser);
    await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWER_BY });
    await page.addInitScript(noteFirstRow);
    await page.goto(`${server.url}/r/local/default`, { waitUntil: "commit" });
    rowMs.push(await firstRowMs(page));
    await page.context().close();
  }
  return {
    branches,
    scenario: `first row of the page, processor slowed by ${SLOWER_BY}`,
    product: [
      ["p50", median(rowMs), "ms"],
      ["min", Math.min(...rowMs), "ms"],
      ["max", Math.max(...rowMs), "ms"],
    ],
    floor: [],
    aim: ["p50", 1500, "ms"],
  };
}

async function livePatches(
  browser: Browser,
  server: ServerProcess,
  { repository, branches }: { repository: string; branches: number },
): Promise<Finding[]> {
  const { page, session } = await openPage(browser);
  await page.addInitScript(noteFirstRow);
  await page.goto(`${server.url}/r/local/default`, { waitUntil: "commit" });
  await firstRowMs(page);
  const leaves = await shownFirst(page, await leavesOf(server.url));
  const patches = await makePatches(repository, leaves.slice(0, PATCHED_ROWS));
  const watched = leaves[0]?.name ?? "";
  const apply = () => applyPatch(server, page, patches, watched);
  await session.send("Performance.enable");
  // The first ones are not like the rest: code is compiled, caches are filled.
  for (let warm = 0; warm < 10; warm++) await apply();
  const heapBefore = await heapBytes(session);
  const mainThreadMs: number[] = [];
  for (let patch = 0; patch < PATCHES; patch++) {
    const before = await taskMs(session);
    await apply();
    mainThreadMs.push((await taskMs(session)) - before);
  }
  const grownBytes = (await heapBytes(session)) - heapBefore;
  await page.context().close();
  return [
    {
      branches,
      scenario: `patch of ${PATCHED_ROWS} rows, main thread`,
      product: [
        ["p50", median(mainThreadMs), "ms"],
        ["p95", percentile(mainThreadMs, 0.95), "ms"],
      ],
      floor: [],
      aim: ["p50", 100, "ms"],
    },
    {
      branches,
      scenario: `heap of the page after ${PATCHES} patches`,
      product: [
        ["before", heapBefore / MIB, "MiB"],
        ["grown by", grownBytes / MIB, "MiB"],
      ],
      floor: [],
      aim: ["grown by", 20, "MiB"],
    },
  ];
}

async function openPage(browser: Browser): Promise<{ page: Page; session: CDPSession }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  return { page, session: await context.newCDPSession(page) };
}

/** Runs in the page before its own scripts: has the browser note when it shows the first row (Element Timing). */
function noteFirstRow(): void {
  const observer = new MutationObserver(() => {
    const title = document.querySelector("[data-row] .row-title");
    if (!title) return;
    observer.disconnect();
    title.setAttribute("elementtiming", "first-row");
  });
  observer.observe(document, { childList: true, subtree: true });
}

/** From the start of the navigation to the frame that shows the row. Nothing is asked of the page while it works. */
async function firstRowMs(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((seen) => {
        new PerformanceObserver((list) => {
          for (const { startTime } of list.getEntries()) seen(startTime);
        }).observe({ type: "element", buffered: true });
      }),
  );
}

/** The same branches, those whose rows are drawn before the others. */
async function shownFirst(page: Page, leaves: readonly Branch[]): Promise<Branch[]> {
  const drawn = new Set(
    await page
      .locator("[data-row]")
      .evaluateAll((links) => links.map((link) => link.getAttribute("data-row"))),
  );
  const isDrawn = ({ name }: Branch) => Number(drawn.has(`branch:${name}`));
  return leaves.toSorted((a, b) => isDrawn(b) - isDrawn(a));
}

/** Settles when the row of one of the branches shows that they moved. */
async function applyPatch(
  { url }: ServerProcess,
  page: Page,
  patches: Patches,
  watched: string,
): Promise<void> {
  const commits = (await patches.next()).get(watched) ?? 0;
  const shown = untilShown(page, watched, commits === 1 ? "1 commit" : `${commits} commits`);
  const response = await fetch(`${url}/api/v1/repos/default/sync`, { method: "POST" });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`sync answered ${response.status}`);
  await shown;
}

/** Settles with the frame in which the row of that branch says so, at hardly any cost to the page. */
function untilShown(page: Page, branch: string, text: string): Promise<void> {
  return page.evaluate(
    ([id, wanted]) =>
      new Promise<void>((shown) => {
        const cell = () =>
          document.querySelector(`[data-row="${id}"]`)?.closest("li")?.querySelector(".commits")?.textContent;
        const observer = new MutationObserver(look);
        observer.observe(document.body, { childList: true, subtree: true, characterData: true });
        look();
        function look(): void {
          if (cell() !== wanted) return;
          observer.disconnect();
          requestAnimationFrame(() => window.setTimeout(shown));
        }
      }),
    [`branch:${branch}`, text] as const,
  );
}

/** Settles when all lines are counted and nothing new was published for a while: what a server that has just started still finds out is not measured. */
async function untilAtRest(base: string): Promise<void> {
  await untilCountedOverHttp(base);
  let [generation, since] = [-1, 0];
  while (performance.now() - since < REST_MS) {
    const status = (await (await fetch(base)).json()) as { freshness: { generation: number } };
    if (status.freshness.generation !== generation)
      [generation, since] = [status.freshness.generation, performance.now()];
    await setTimeout(200);
  }
}

async function taskMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN) * 1000;
}

/** Of what is reachable. */
async function heapBytes(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  await session.send("HeapProfiler.collectGarbage");
  return (await session.send("Runtime.getHeapUsage")).usedSize;
}
