import { posix, win32 } from "node:path";

/** Where a program of this platform keeps its data, plus `/stackit`. */
export function defaultDataDir(platform: NodeJS.Platform, env: NodeJS.ProcessEnv, home: string): string {
  if (platform === "win32") {
    return win32.join(env.LOCALAPPDATA || win32.join(home, "AppData", "Local"), "stackit");
  }
  if (platform === "darwin") return posix.join(home, "Library", "Application Support", "stackit");
  // A relative path in XDG_DATA_HOME is to be ignored, says its specification.
  const base = env.XDG_DATA_HOME;
  return posix.join(base && posix.isAbsolute(base) ? base : posix.join(home, ".local", "share"), "stackit");
}
