import { readdirSync, readFileSync } from "node:fs";

const EVERY_MS = 250;

/**
 * Called by vitest once around the whole run: looks again and again at the arguments of all processes, as `ps` shows them to
 * everybody, and fails the run when one of them holds a secret of its tests.
 */
export function setup(): () => void {
  const mark = `OnlyForTests${process.pid}x`;
  process.env.STACKIT_TEST_MARK = mark;
  const found = new Set<string>();
  const timer = setInterval(() => {
    for (const line of commandLines()) if (line.includes(mark)) found.add(line);
  }, EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (found.size > 0) throw new Error(`secrets were arguments of processes:\n${[...found].join("\n")}`);
  };
}

/** None where the system shows them otherwise. */
function commandLines(): string[] {
  return namesIn("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " "));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty once the process is gone. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
