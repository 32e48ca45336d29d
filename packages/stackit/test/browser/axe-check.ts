import axe from "axe-core";

/** What both Playwright's and Puppeteer's pages do. */
interface Evaluates {
  evaluate<Result>(work: string | (() => Result | Promise<Result>)): Promise<Awaited<Result>>;
}

/** What axe finds on the page as it is drawn now, and whether it scrolls sideways; empty when all is well. */
export async function accessibilityFindings(page: Evaluates): Promise<string[]> {
  await page.evaluate(axe.source);
  await comeToRest(page);
  return page.evaluate(async () => {
    const axe: {
      run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
    } = Reflect.get(window, "axe");
    const { violations } = await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] });
    const { scrollWidth, clientWidth } = document.documentElement;
    return [
      ...violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
      ...(scrollWidth > clientWidth ? [`the page scrolls sideways by ${scrollWidth - clientWidth}`] : []),
    ];
  });
}

/** Settles when the page has been drawn in its present theme and width, and nothing on it is on its way to another colour or place. */
async function comeToRest(page: Evaluates): Promise<void> {
  await page.evaluate(async () => {
    // Frames that come although the page's clock may be the test's: the first tells of a new width, the next shows what that led to.
    for (let frame = 0; frame < 2; frame++) await document.documentElement.animate(null, 1).finished;
    const moving = document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
    await Promise.allSettled(moving.map(({ finished }) => finished));
  });
}

/** Both themes at both widths that the page is made for. */
export const LOOKS = (["light", "dark"] as const).flatMap((colorScheme) =>
  [1440, 390].map((width) => ({ colorScheme, viewport: { width, height: 900 } })),
);
