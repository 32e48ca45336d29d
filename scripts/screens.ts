// Takes pictures of every screen of the dashboard, at three widths in both themes.
//
//   npm run screens                 into ./screens, to look at
//   npm run screens -- --approve    into docs/screens: what the tests compare with from now on
//
// Needs Chromium, and the dashboard as it was built last.

import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { launchBrowser } from "../packages/stackit/test/support/browser.ts";
import { takePictures } from "./screens/take-pictures.ts";

const approve = process.argv.includes("--approve");
const folder = fileURLToPath(new URL(approve ? "../docs/screens" : "../screens", import.meta.url));
await rm(folder, { recursive: true, force: true });
const browser = await launchBrowser();
try {
  const names = await takePictures(browser, folder);
  process.stdout.write(`${names.length} pictures are in ${folder}\n`);
} finally {
  await browser.close();
}
