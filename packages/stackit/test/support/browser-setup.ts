import { findBrowser, isCi } from "./find-browser.ts";

/** Called by vitest once before the browser tests, so that the reason for skipping is told once. */
export function setup(): void {
  if (findBrowser("chromium", process.env) || isCi(process.env)) return;
  process.stderr.write(
    "Browser tests are skipped: no Chromium found. Install one (apt-get install chromium) or set CHROMIUM_PATH.\n",
  );
}
