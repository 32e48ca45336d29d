import { useMemo, useRef, useState } from "react";
import type { FileLines } from "stackit/contract/view";
import { ApiError } from "../../api/client.ts";
import type { DiffQuestion } from "../../api/paths.ts";
import { linesQuery } from "../../api/queries.ts";
import { count } from "../../lib/words.ts";
import { useServices } from "../../services.ts";
import type { SurfaceFile } from "./diff-surface.ts";
import { type Gap, type KnownLines, withKnownLines } from "./file-context.ts";
import { type GapPart, type LineRange, rangeAround, rangeOf } from "./gap-parts.ts";
import { blobsOf, type DiffLine } from "./parse-patch.ts";

export interface FileContext {
  /** With what was read of the lines around their changes. */
  files: readonly SurfaceFile[] | undefined;
  show(file: SurfaceFile, gap: Gap, part: GapPart): void;
  /** Shows a line that the patch leaves out. False when it is no such line, or cannot be read. */
  reach(path: string, line: string): Promise<boolean>;
}

/** Reads more lines of the files of a diff. What was read of a file holds as long as the file stays as it is. */
export function useFileContext(
  repoId: string,
  { branch, base }: Pick<DiffQuestion, "branch" | "base">,
  plain: readonly SurfaceFile[] | undefined,
): FileContext {
  const { queries, announcer } = useServices();
  const [known, setKnown] = useState<ReadonlyMap<string, KnownLines>>(new Map());
  const reading = useRef(new Set<string>());
  const extend = useMemo(createExtender, []);
  const files = useMemo(() => plain?.map((file) => extend(file, known)), [plain, known, extend]);

  async function load(file: SurfaceFile, gap: Gap, range: LineRange): Promise<boolean> {
    const blob = blobsOf(file).after;
    if (blob === undefined || reading.current.has(blob)) return false;
    reading.current.add(blob);
    try {
      const answer = await queries.fetchQuery(linesQuery(repoId, { branch, base, blob, ...range }));
      setKnown((now) => {
        const lines = new Map(now.get(blob)?.lines);
        for (const line of contextLines(answer, gap)) lines.set(line.new, line);
        return new Map(now).set(blob, { lines, lineCount: answer.lineCount, failure: undefined });
      });
      announcer.say(`${count(answer.lines.length, "more line")} of ${file.path}`);
      return true;
    } catch (error) {
      const failure = failureWords(error);
      setKnown((now) => {
        const { lines = new Map(), lineCount } = now.get(blob) ?? {};
        return new Map(now).set(blob, { lines, lineCount, failure });
      });
      announcer.say(failure);
      return false;
    } finally {
      reading.current.delete(blob);
      keepFocus();
    }
  }

  return {
    files,
    show(file, gap, part) {
      void load(file, gap, rangeOf(gap, part));
    },
    async reach(path, line) {
      const file = files?.find((one) => one.path === path);
      const number = Number(line.slice(1));
      for (const gap of file?.gaps ?? []) {
        const shift = line.startsWith("O") ? gap?.shift : 0;
        const range = gap && shift !== undefined ? rangeAround(gap, number - shift) : undefined;
        if (file && gap && range) return load(file, gap, range);
      }
      return false;
    },
  };
}

/** Gives the same file again for what did not change in it, so that it is not drawn and coloured anew. */
function createExtender() {
  const made = new WeakMap<SurfaceFile, { known: KnownLines | undefined; file: SurfaceFile }>();
  return (plain: SurfaceFile, all: ReadonlyMap<string, KnownLines>): SurfaceFile => {
    if (plain.isCut) return plain;
    const known = all.get(blobsOf(plain).after ?? "");
    const last = made.get(plain);
    if (last && last.known === known) return last.file;
    const { hunks, gaps } = withKnownLines(plain, known);
    const file = { ...plain, hunks: [...hunks], gaps, gapFailure: known?.failure };
    made.set(plain, { known, file });
    return file;
  };
}

function contextLines({ start, lines }: FileLines, { shift }: Gap): DiffLine[] {
  return lines.map((text, index) => {
    const number = start + index;
    const old = shift === undefined ? 0 : number + shift;
    return { kind: "same", text, old, new: number, noNewline: false };
  });
}

function failureWords(error: unknown): string {
  if (!(error instanceof ApiError)) return "More lines could not be read";
  if (error.code === "file/not-found") return "The branch has moved on: show its new diff to see more lines";
  return `More lines could not be read. ${error.title}`;
}

/** A button that goes with the gap it was in leaves the focus to what holds the lines. */
function keepFocus(): void {
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>(".diff-scroller")?.focus({ preventScroll: true });
  });
}
