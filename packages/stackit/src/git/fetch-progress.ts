import type { StderrReader } from "./run-git.ts";
import { MAX_STDERR_BYTES } from "./spawner.ts";

/**
 * How far a fetch is, in git's own phases. `counting` and `compressing` are the remote's work, before the first byte comes;
 * `checking` walks what came.
 */
export type FetchPhase = "counting" | "compressing" | "receiving" | "resolving" | "checking";

export interface FetchProgress {
  readonly phase: FetchPhase;
  /** Done of this phase; while it is `resolving`, these are deltas. */
  readonly objects: number;
  /** Absent where git does not know it either. */
  readonly totalObjects?: number;
  /** Received so far, as git says from time to time. */
  readonly bytes: number;
}

/** Only what the remote does is said by the remote: it cannot speak for the git on this side. */
const OF_THE_REMOTE: Readonly<Record<string, FetchPhase>> = {
  "Enumerating objects": "counting",
  "Counting objects": "counting",
  "Compressing objects": "compressing",
};
const OF_OURS: Readonly<Record<string, FetchPhase>> = {
  "Receiving objects": "receiving",
  "Resolving deltas": "resolving",
  "Checking connectivity": "checking",
};
const LINE =
  /^(remote: )?([A-Z][a-z]+ [a-z]+): +(?:\d{1,3}% \((\d{1,15})\/(\d{1,15})\)|(\d{1,15}))(?:, (\d{1,6}(?:\.\d{1,3})?) (bytes?|[KMG]iB) \|)?/;
const UNITS: Readonly<Record<string, number>> = {
  byte: 1,
  bytes: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** A line without its end, as git writes it with `LC_ALL=C`. `bytes` is absent where the line has none. */
export function parseProgress(
  line: string,
): (Omit<FetchProgress, "bytes"> & { readonly bytes?: number }) | undefined {
  const [, remote, title = "", done, total, counted, amount, unit = ""] = LINE.exec(line) ?? [];
  const phase = (remote ? OF_THE_REMOTE : OF_OURS)[title];
  if (phase === undefined) return undefined;
  return {
    phase,
    objects: Number(done ?? counted),
    ...(total !== undefined && { totalObjects: Number(total) }),
    ...(amount !== undefined && { bytes: Math.round(Number(amount) * (UNITS[unit] ?? 1)) }),
  };
}

/** The pack's sum, the remote's name, and the refs that were written: all of it known otherwise. A `!` marks a failure. */
const NOISE = /^(?:remote: Total \d|From | [ *+t=-] )/;
const MAX_LINE = 4_096;

/** Tells progress from what must be kept for an error. Lines end with a newline or, to be written over, with a return. */
export class FetchProgressReader implements StderrReader {
  readonly #onProgress: (progress: FetchProgress) => void;
  readonly #prefix: string;
  /** One character for each byte, so that a character that is cut in two is put together again. */
  #line = "";
  #kept = "";
  #bytes = 0;

  /** `of`: who writes the lines; git marks those that it passes on from the remote itself. */
  constructor(onProgress: (progress: FetchProgress) => void, of: "git" | "the remote" = "git") {
    this.#onProgress = onProgress;
    this.#prefix = of === "git" ? "" : "remote: ";
  }

  push(chunk: Buffer): void {
    const [first = "", ...others] = chunk.toString("latin1").split(/[\r\n]/);
    this.#line = (this.#line + first).slice(0, MAX_LINE);
    for (const next of others) {
      this.#read(this.#line);
      this.#line = next.slice(0, MAX_LINE);
    }
  }

  get kept(): string {
    const open = isKept(this.#line) ? this.#line : "";
    return Buffer.from(this.#kept + open, "latin1")
      .subarray(0, MAX_STDERR_BYTES)
      .toString();
  }

  #read(words: string): void {
    const line = this.#prefix + words;
    const progress = parseProgress(line);
    if (progress) {
      this.#bytes = progress.bytes ?? this.#bytes;
      this.#onProgress({ ...progress, bytes: this.#bytes });
    } else if (isKept(line) && this.#kept.length < MAX_STDERR_BYTES) {
      this.#kept += `${line}\n`;
    }
  }
}

function isKept(line: string): boolean {
  return line.trim() !== "" && !NOISE.test(line) && parseProgress(line) === undefined;
}
