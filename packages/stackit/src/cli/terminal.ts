import type { Readable, Writable } from "node:stream";
import { styleText } from "node:util";

/** What a command may touch of the process around it. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Aborts when the person wants to stop. */
  readonly signal: AbortSignal;
  /** Ends the process, whatever is still under way. */
  readonly endNow: (code: ExitCode) => void;
}

/** 1: it was tried and did not work. 2: it was asked for wrongly, nothing was tried. 130: the person stopped it. */
export type ExitCode = 0 | 1 | 2 | 130;

export type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

/** Colours for a stream: none when it is no terminal, or NO_COLOR is set. */
export function paintFor(stream: Writable): Paint {
  return (style, text) => styleText(style, text, { stream });
}

export function printLine(stream: Writable, line = ""): void {
  stream.write(`${line}\n`);
}
