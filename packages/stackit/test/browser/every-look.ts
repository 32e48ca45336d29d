import type { Page } from "playwright-core";
import { accessibilityFindings, LOOKS } from "./axe-check.ts";

/** What axe finds on a page in a state that is hard to reach, in both themes at both widths, without loading it again. Ends as it began. */
export async function findingsInEveryLook(page: Page): Promise<string[]> {
  const before = page.viewportSize();
  const found: string[] = [];
  for (const { colorScheme, viewport } of LOOKS) {
    // Colours that are on their way to those of the other theme would be measured in between.
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize(viewport);
    const findings = await accessibilityFindings(page);
    found.push(...findings.map((finding) => `${colorScheme} ${viewport.width}: ${finding}`));
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  if (before) await page.setViewportSize(before);
  return found;
}
