import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { localStage, mirrorStage, type Stage, teamStage } from "./screens.ts";

const HEIGHT = 900;

interface Look {
  readonly name: string;
  readonly width: number;
  readonly colorScheme: "light" | "dark";
  /** The colours are those of the person's system alone. */
  readonly forcedColors?: "active";
}

const LOOKS: readonly Look[] = [
  ...(["light", "dark"] as const).flatMap((colorScheme) =>
    [1440, 900, 390].map((width) => ({ name: `${width}-${colorScheme}`, width, colorScheme })),
  ),
  { name: "1440-forced", width: 1440, colorScheme: "light", forcedColors: "active" },
];

/** Takes a picture of every screen at three widths in both themes, and once in forced colours, as `<screen>-<width>-<theme>.png`. Gives their names. */
export async function takePictures(browser: Browser, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const names: string[] = [];
  for (const stageOf of [localStage, mirrorStage, teamStage]) {
    await using stage = await stageOf();
    for (const look of LOOKS) names.push(...(await takeAll(browser, stage, folder, look)));
  }
  return names;
}

async function takeAll(browser: Browser, stage: Stage, folder: string, look: Look): Promise<string[]> {
  const names: string[] = [];
  for (const { name, path, until } of stage.screens) {
    // A clock belongs to its context, and stays paused there.
    const context = await browser.newContext({
      colorScheme: look.colorScheme,
      forcedColors: look.forcedColors ?? "none",
      reducedMotion: "reduce",
      viewport: { width: look.width, height: HEIGHT },
    });
    const page = await context.newPage();
    await page.clock.install();
    await page.goto(`${stage.url}${path}`);
    await until(page);
    if (await page.locator(".connection").isVisible()) await page.locator(".connection.live").waitFor();
    await page.evaluate(() => document.fonts.ready);
    await page.clock.pauseAt(new Date(Date.now() + 5000));
    await withoutWhatVaries(page);
    const file = `${name}-${look.name}.png`;
    await page.screenshot({ path: join(folder, file), caret: "hide" });
    names.push(file);
    await context.close();
  }
  return names;
}

/** What differs from one run to the next says the same in all pictures: ages, times, durations, ids of commits, folders, ports. */
async function withoutWhatVaries(page: Page): Promise<void> {
  await page.addStyleTag({ content: ".pulse, .glyph { animation: none !important }" });
  await page.evaluate(() => {
    for (const time of document.querySelectorAll("time"))
      time.textContent = time.textContent.includes("ago") ? "3 min ago" : "3 d";
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const text = node.nodeValue ?? "";
      const steady = text
        .replace(/\d+(\.\d+)?\u202f(ms|s)\b/g, "9\u202fms")
        .replace(/\b\d\d:\d\d\b/g, "09:41")
        .replace(/\b[0-9a-f]{7,40}\b/g, "0123456")
        .replace(/\/\S*\/stackit-screens-[^/\s]+/g, "~/code")
        .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1");
      if (steady !== text) node.nodeValue = steady;
    }
    // How high they are says how long syncs took.
    for (const bar of document.querySelectorAll(".pulse g rect:first-child")) {
      bar.setAttribute("y", "12");
      bar.setAttribute("height", "8");
    }
  });
}
