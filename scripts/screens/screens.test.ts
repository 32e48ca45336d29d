import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, vi } from "vitest";
import { browserTest, launchBrowser } from "../../packages/stackit/test/support/browser.ts";
import { difference } from "./compare.ts";
import { takePictures } from "./take-pictures.ts";

// More than eighty pictures, on a machine that may be busy.
vi.setConfig({ testTimeout: 600_000 });

const APPROVED = fileURLToPath(new URL("../../docs/screens", import.meta.url));

browserTest("every screen looks as it was approved, at three widths in both themes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stackit-pictures-"));
  const browser = await launchBrowser();
  try {
    const taken = await takePictures(browser, folder);
    expect(taken.toSorted()).toEqual((await readdir(APPROVED)).toSorted());
    const found: string[] = [];
    for (const name of taken) {
      const marked = join(folder, name.replace(".png", ".difference.png"));
      const words = await difference(join(APPROVED, name), join(folder, name), marked);
      if (words !== undefined) found.push(`${name}: ${words}`);
    }
    expect(
      found,
      "look at them with `npm run screens`, and approve with `npm run screens -- --approve`",
    ).toEqual([]);
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
});
