import type { Ref } from "react";
import type { BinarySizes } from "./binary-sizes.ts";
import type { Layout } from "./diff-rows.ts";
import type { Gap } from "./file-context.ts";
import type { Hit } from "./find-in-diff.ts";
import type { GapPart } from "./gap-parts.ts";
import type { DiffLine, FileDiff } from "./parse-patch.ts";
import type { Picture } from "./picture.ts";

/** What draws a diff. The page knows no more of it than this, so that another renderer can take its place. */
export interface DiffSurfaceProps {
  ref?: Ref<DiffSurfaceHandle>;
  /** What a screen reader calls it; "Diff" when absent. */
  name?: string;
  /** In the order of the file tree. */
  files: readonly SurfaceFile[];
  layout: Layout;
  wrap: boolean;
  /** Paths of the files that the reader is done with; they are folded. */
  viewed?: ReadonlySet<string>;
  /** The line that the address names. */
  marked?: LinePlace | undefined;
  finding?: Finding | undefined;
  /** Absent where files are not marked as viewed. */
  onViewed?: (file: SurfaceFile, viewed: boolean) => void;
  /** Absent where lines have no address. */
  onLine?: (place: LinePlace) => void;
  /** Lines that the patch leaves out are wanted. Absent where they cannot be had. */
  onMore?: ((file: SurfaceFile, gap: Gap, part: GapPart) => void) | undefined;
  /** The file at the top, each time it is another one. */
  onVisibleFile?: (path: string) => void;
}

export interface SurfaceFile extends FileDiff {
  /** Why it starts folded; undefined when it starts open. */
  foldReason: string | undefined;
  /** Of a file that the patch does not show. */
  sizes: BinarySizes;
  picture: Picture | undefined;
  /** Whether the patch may end within it. */
  isCut: boolean;
  /** One before each hunk and one behind the last, where lines are left out. */
  gaps: readonly (Gap | undefined)[];
  /** Why the last attempt to show more lines failed. */
  gapFailure: string | undefined;
}

export interface LinePlace {
  path: string;
  line: string;
}

/** What is looked for, and the hit that the reader is at. */
export interface Finding {
  words: string;
  hit: Hit | undefined;
}

export interface DiffSurfaceHandle {
  /** Scrolls to a file, or a line of it, and gives its heading the focus. False when there is no such file. */
  scrollTo(path: string, line?: string): boolean;
  /** Scrolls to a line and leaves the focus where it is. */
  reveal(path: string, line: DiffLine): void;
  /** To the next (1) or previous (−1) file; gives its path. */
  step(by: 1 | -1): string | undefined;
  /** To the next or previous run of changed lines; gives its first line. */
  stepChange(by: 1 | -1): LinePlace | undefined;
}

/** What a line is called in the address: by its number, or by its old one when it was deleted. */
export function lineName(line: DiffLine): string {
  return line.new > 0 ? `L${line.new}` : `O${line.old}`;
}

export function isCalled(line: DiffLine, name: string): boolean {
  return name === lineName(line) || name === `O${line.old}`;
}
