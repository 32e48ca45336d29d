import type { DiffLine, FileDiff, Hunk } from "../parse-patch.ts";
import type { LineColours } from "./colours.ts";
import { languageOf } from "./languages.ts";
import type { PaintedCodes, PaintJob } from "./syntax-worker.ts";

export type ColouredLines = ReadonlyMap<DiffLine, LineColours>;

const MAX_LINES = 5000;
const MAX_LINE_LENGTH = 2000;

/** Finds the colours of files in a worker, which starts with the first file and ends with `close`. */
export class Painter {
  #worker: Worker | undefined;
  #nextId = 0;
  readonly #waiting = new Map<number, (painted: PaintedCodes["painted"]) => void>();
  #files = new WeakMap<FileDiff, Promise<ColouredLines>>();

  /** Undefined for a file that stays plain: its language is not known, or it is too large for it. */
  paint(file: FileDiff): Promise<ColouredLines> | undefined {
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    const language = languageOf(file.path);
    if (!language || isTooLarge(file)) return undefined;
    const sides = file.hunks.flatMap((hunk) => [sideOf(hunk, "del"), sideOf(hunk, "add")]);
    const codes = sides.map((lines) => lines.map(({ text }) => text).join("\n"));
    const job: PaintJob = { id: this.#nextId++, language, codes };
    const painted = new Promise<PaintedCodes["painted"]>((resolve) => {
      this.#waiting.set(job.id, resolve);
      this.#start().postMessage(job);
    }).then((answer) => coloursByLine(sides, answer));
    this.#files.set(file, painted);
    return painted;
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#waiting.clear();
    this.#files = new WeakMap();
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL("./syntax-worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<PaintedCodes>) => {
      this.#waiting.get(data.id)?.(data.painted);
      this.#waiting.delete(data.id);
    });
    this.#worker = worker;
    return worker;
  }
}

function isTooLarge({ hunks }: FileDiff): boolean {
  const lines = hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);
  return (
    lines > MAX_LINES || hunks.some((hunk) => hunk.lines.some(({ text }) => text.length > MAX_LINE_LENGTH))
  );
}

/** The lines before or after the change: each side is code, both together are not. */
function sideOf({ lines }: Hunk, kind: "add" | "del"): DiffLine[] {
  return lines.filter((line) => line.kind === kind || line.kind === "same");
}

function coloursByLine(
  sides: readonly (readonly DiffLine[])[],
  painted: PaintedCodes["painted"],
): ColouredLines {
  const byLine = new Map<DiffLine, LineColours>();
  for (const [side, lines] of sides.entries()) {
    for (const [index, line] of lines.entries()) {
      const colours = painted[side]?.[index];
      if (colours && colours.length > 0) byLine.set(line, colours);
    }
  }
  return byLine;
}
