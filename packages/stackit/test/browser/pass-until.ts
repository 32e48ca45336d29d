import type { Locator } from "playwright-core";
import { expect } from "vitest";

/**
 * Lets the time of a page whose clock is the test's pass, second by second, until something is seen. What the page waits for besides
 * its clock, such as an answer, may come late: time that passed before it is not its time.
 */
export async function passUntil(shown: Locator, withinMs = 15_000): Promise<void> {
  const { clock } = shown.page();
  const isSeen = async () => {
    await clock.runFor(1000);
    return shown.first().isVisible();
  };
  await expect.poll(isSeen, { timeout: withinMs }).toBe(true);
}
