import { expect } from "vitest";
import { browserTest, launchBrowser } from "../support/browser.ts";

browserTest("the browser of this machine opens a page", async () => {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.setContent("<title>Stackit</title>");
    expect(await page.title()).toBe("Stackit");
  } finally {
    await browser.close();
  }
});
