import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";

export const WITHIN = { timeout: 15_000 };

export interface OpenDiff extends AsyncDisposable {
  readonly page: Page;
  /** The region that the files are in. */
  readonly diff: Locator;
  /** What the console and the content security policy complained about. */
  readonly complaints: string[];
}

/** Opens the diff of a branch of the only repository that the server has, and waits for its first file. */
export async function openDiff(
  browser: Browser,
  server: { readonly url: string },
  branch: string,
  query = "",
  options: BrowserContextOptions = {},
): Promise<OpenDiff> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    // A browser tells of refused requests by itself.
    const told = message.type() === "error" || message.type() === "warning";
    if (told && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${server.url}/r/local/default/-/branch/${branch}${query}`);
  const diff = page.getByRole("region", { name: "Diff", exact: true });
  await diff.getByRole("heading", { level: 3 }).first().waitFor(WITHIN);
  return { page, diff, complaints, [Symbol.asyncDispose]: () => context.close() };
}
