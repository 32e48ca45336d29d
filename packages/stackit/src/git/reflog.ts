import { open } from "node:fs/promises";
import { join } from "node:path";

/** Only the newest part of a long log is looked at. */
const MAX_BYTES = 64 * 1024;

/** Entries by which a branch got commits of its own. Others, such as its creation or a reset, only point it somewhere. */
const OWN_TIP = /^(commit|rebase|cherry-pick|am|revert|pull --rebase)\b/;

/** Commits that a local branch had as its tip after work on it, newest first. Empty when the clone keeps no log of it. */
export async function readOwnTips(commonDir: string, branch: string): Promise<string[]> {
  return parseOwnTips(await readLog(commonDir, branch));
}

/** Commits that a local branch was at, however it got there, newest first. Empty when the clone keeps no log of it. */
export async function readAllTips(commonDir: string, branch: string): Promise<string[]> {
  return parseTips(await readLog(commonDir, branch), /^/);
}

/** Empty when there is none. */
async function readLog(commonDir: string, branch: string): Promise<string> {
  const file = await open(join(commonDir, "logs", "refs", "heads", ...branch.split("/"))).catch(
    () => undefined,
  );
  if (!file) return "";
  try {
    const { size } = await file.stat();
    const length = Math.min(size, MAX_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString("latin1", 0, bytesRead);
  } catch {
    return "";
  } finally {
    await file.close();
  }
}

export function parseOwnTips(log: string): string[] {
  return parseTips(log, OWN_TIP);
}

function parseTips(log: string, why: RegExp): string[] {
  const tips = new Set<string>();
  for (const line of log.split("\n").reverse()) {
    const entry = /^[0-9a-f]{40,64} ([0-9a-f]{40,64}) [^\t]*\t(.*)$/.exec(line);
    if (entry?.[1] !== undefined && entry[2] !== undefined && why.test(entry[2])) tips.add(entry[1]);
  }
  return [...tips];
}
