import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export type BrowserName = "chromium" | "firefox";

const PROGRAMS: Readonly<Record<BrowserName, { variable: string; names: readonly string[] }>> = {
  chromium: {
    variable: "CHROMIUM_PATH",
    names: ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
  },
  firefox: { variable: "FIREFOX_PATH", names: ["firefox-esr", "firefox"] },
};

/** `CHROMIUM_PATH` or `FIREFOX_PATH` if set, else the first such program on the PATH. */
export function findBrowser(name: BrowserName, env: NodeJS.ProcessEnv): string | undefined {
  const { variable, names } = PROGRAMS[name];
  const told = env[variable];
  if (told) return told;
  const folders = (env.PATH ?? "").split(delimiter).filter(Boolean);
  return folders.flatMap((folder) => names.map((program) => join(folder, program))).find(isExecutable);
}

export function isCi(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env.CI) && env.CI !== "false";
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
