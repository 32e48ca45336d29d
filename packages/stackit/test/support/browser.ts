import { type Browser, type BrowserContext, chromium } from "playwright-core";
import { expect, test } from "vitest";
import { findBrowser, isCi } from "./find-browser.ts";

const executablePath = findBrowser("chromium", process.env);
const mustRun = isCi(process.env);

export const canBrowse: boolean = executablePath !== undefined || mustRun;

/** What pages complained about in the test that runs, and what it said that they would. */
const complaints: string[] = [];
const expected: RegExp[] = [];

/**
 * A test that needs a browser: skipped where there is none, except in CI, where it then fails. It also fails when a page of it told its console of
 * an error, broke the content security policy or left an error uncaught, except for what `expectComplaint` announced.
 */
export function browserTest(name: string, run: () => Promise<void>): void {
  test.skipIf(!canBrowse)(name, async () => {
    complaints.length = 0;
    expected.length = 0;
    await run();
    const surprising = complaints.filter((text) => !expected.some((pattern) => pattern.test(text)));
    expect(surprising, "complaints of pages").toEqual([]);
  });
}

/** For the test that runs: it makes something fail on purpose, of which the page may tell. */
export function expectComplaint(...patterns: readonly RegExp[]): void {
  expected.push(...patterns);
}

/** Of refused requests a browser tells by itself, and tests have many refused. */
function listen(context: BrowserContext): BrowserContext {
  context.on("console", (message) => {
    const isOfPage = !message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && isOfPage) complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  const close = context.close.bind(context);
  const closeQuietly: typeof close = async (options) => {
    // A request that a test still answers in the server's place would fail with the context, and the whole run with it.
    for (const page of context.pages()) await page.unrouteAll({ behavior: "ignoreErrors" });
    await context.unrouteAll({ behavior: "ignoreErrors" });
    await close(options);
  };
  let closing: Promise<void> | undefined;
  context.close = (options) => {
    closing ??= closeQuietly(options);
    return closing;
  };
  return context;
}

export async function launchBrowser(): Promise<Browser> {
  if (!executablePath) {
    throw new Error("no Chromium found: install one (apt-get install chromium) or set CHROMIUM_PATH");
  }
  const browser = await chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const open = browser.newContext.bind(browser);
  browser.newContext = async (options) => listen(await open(options));
  return browser;
}
