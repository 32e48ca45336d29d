import { type Browser, chromium } from "playwright-core";
import { test } from "vitest";
import { findChromium, isCi } from "./find-chromium.ts";

const executablePath = findChromium(process.env);
const mustRun = isCi(process.env);

export const canBrowse: boolean = executablePath !== undefined || mustRun;

/** A test that needs a browser: skipped where there is none, except in CI, where it then fails. */
export function browserTest(name: string, run: () => Promise<void>): void {
  test.skipIf(!canBrowse)(name, run);
}

export async function launchBrowser(): Promise<Browser> {
  if (!executablePath) {
    throw new Error("no Chromium found: install one (apt-get install chromium) or set CHROMIUM_PATH");
  }
  return chromium.launch({
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
}
