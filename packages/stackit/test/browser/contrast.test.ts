import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { createScene } from "../support/git-scene.ts";
import { serveFolder } from "../support/served-folders.ts";

let browser: Browser;
beforeAll(async () => {
  if (canBrowse) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

const TONES = ["ok", "run", "warn", "bad", "merged", "idle"];
const GROUNDS = ["surface", "canvas", "sunken", "hover", "selected"];
const TEXTS = ["fg", "fg-muted", "fg-subtle", "accent", ...TONES.map((tone) => `${tone}-fg`)];
const MARKS = ["line-strong", "focus", ...TONES.map((tone) => `${tone}-mark`)];
const CODE = [
  "code",
  ...["keyword", "string", "number", "type", "fn", "comment"].map((kind) => `syn-${kind}`),
];
const DIFF_GROUNDS = ["surface", "add-bg", "add-word", "del-bg", "del-word"];

interface Pair {
  readonly front: string;
  readonly back: string;
  /** WCAG 2: 4.5 for text, 3 for marks and the borders of controls. */
  readonly least: number;
}

const across = (fronts: string[], backs: string[], least: number): Pair[] =>
  fronts.flatMap((front) => backs.map((back) => ({ front, back, least })));

const PAIRS: Pair[] = [
  ...across(TEXTS, GROUNDS, 4.5),
  ...TONES.map((tone) => ({ front: `${tone}-fg`, back: `${tone}-bg`, least: 4.5 })),
  ...across(MARKS, GROUNDS, 3),
  ...across(CODE, DIFF_GROUNDS, 4.5),
  { front: "canvas", back: "fg", least: 4.5 },
];

browserTest(
  "X-02: every text and mark stands out from every ground that it may lie on, in both themes",
  async () => {
    await using scene = await createScene((writer) => writer.commit("main"));
    await using served = await serveFolder(scene.path);
    const poor: string[] = [];
    let lowest = 21;
    for (const colorScheme of ["light", "dark"] as const) {
      const context = await browser.newContext({ colorScheme });
      const page = await context.newPage();
      await page.goto(served.url);
      for (const cvd of ["off", "on"]) {
        const ratios = await page.evaluate(
          ({ pairs, cvd }) => {
            document.documentElement.dataset.cvd = cvd;
            const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
            const probe = document.body.appendChild(document.createElement("i"));
            /** Relative luminance of WCAG 2, of the color as the browser draws it. */
            const luminance = (token: string): number => {
              probe.style.color = `var(--${token}, #0000)`;
              const color = getComputedStyle(probe).color;
              if (!canvas || color === "rgba(0, 0, 0, 0)") throw new Error(`there is no --${token}`);
              canvas.fillStyle = color;
              canvas.fillRect(0, 0, 1, 1);
              const [red = 0, green = 0, blue = 0] = [...canvas.getImageData(0, 0, 1, 1).data].map(
                (value) => {
                  const share = value / 255;
                  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
                },
              );
              return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
            };
            return pairs.map(({ front, back }) => {
              const [light = 0, dark = 0] = [luminance(front), luminance(back)].toSorted((a, b) => b - a);
              return (light + 0.05) / (dark + 0.05);
            });
          },
          { pairs: PAIRS, cvd },
        );
        for (const [index, { front, back, least }] of PAIRS.entries()) {
          const ratio = ratios[index] ?? 0;
          lowest = Math.min(lowest, ratio);
          if (ratio < least)
            poor.push(`${colorScheme}, cvd ${cvd}: ${front} on ${back}: ${ratio.toFixed(2)}`);
        }
      }
      await context.close();
    }
    expect(poor).toEqual([]);
    // Nothing is so good that nothing was measured.
    expect(lowest).toBeLessThan(4);
  },
);
