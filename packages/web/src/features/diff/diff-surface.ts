import type { Ref } from "react";
import type { Layout } from "./diff-rows.ts";
import type { FileDiff } from "./parse-patch.ts";

/** What draws a diff. The page knows no more of it than this, so that another renderer can take its place. */
export interface DiffSurfaceProps {
  ref: Ref<DiffSurfaceHandle>;
  /** In the order of the file tree. */
  files: readonly SurfaceFile[];
  layout: Layout;
  wrap: boolean;
  /** The file at the top, each time it is another one. */
  onVisibleFile: (path: string) => void;
}

export interface SurfaceFile extends FileDiff {
  /** Why it starts folded; undefined when it starts open. */
  foldReason: string | undefined;
}

export interface DiffSurfaceHandle {
  /** Scrolls to a file and gives its heading the focus. False when there is no such file. */
  scrollTo(path: string): boolean;
  /** To the next (1) or previous (−1) file; gives its path. */
  step(by: 1 | -1): string | undefined;
}
