import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import type { Terminal } from "./terminal.ts";

/** Whether somebody sits there who can be asked. */
export function canAsk({ stdin, stderr }: Pick<Terminal, "stdin" | "stderr">): boolean {
  return isTerminal(stdin) && isTerminal(stderr);
}

/** Asks on stderr. All but yes is no, also the end of what is said. */
export async function confirm(
  question: string,
  { stdin, stderr, signal }: Pick<Terminal, "stdin" | "stderr" | "signal">,
): Promise<boolean> {
  // The terminal itself edits the line, so that Ctrl+C stays a signal to the process.
  const lines = createInterface({ input: stdin, output: stderr, terminal: false });
  try {
    const ended = once(lines, "close").then(() => "");
    const answer = await Promise.race([lines.question(`${question} [y/N] `, { signal }), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

function isTerminal(stream: object): boolean {
  return "isTTY" in stream && stream.isTTY === true;
}
