import type { BranchDiff } from "stackit/contract/view";
import { type BinarySizes, sizesIn } from "./binary-sizes.ts";
import type { SurfaceFile } from "./diff-surface.ts";
import { foldReasons } from "./file-facts.ts";
import { treeOrder } from "./file-tree.ts";
import { generatedBy } from "./generated-rules.ts";
import { type FileDiff, parsePatch } from "./parse-patch.ts";
import type { Picture } from "./picture.ts";

export const WHITESPACE_ONLY = "Only whitespace changes";

/**
 * The files of a diff in the order of the tree. `whole`: the same diff with its white space; files that vanish without it stay, and
 * say so. `pictureOf`: absent where images cannot be had.
 */
export function surfaceFiles(
  diff: BranchDiff,
  {
    whole,
    pictureOf,
  }: {
    whole?: BranchDiff | undefined;
    pictureOf?: (file: FileDiff, sizes: BinarySizes) => Picture | undefined;
  } = {},
): SurfaceFile[] {
  const files = parsePatch(diff.patch);
  const known = new Set(files.map((file) => file.path));
  const vanished = whole ? parsePatch(whole.patch).filter((file) => !known.has(file.path)) : [];
  const all: FileDiff[] = [
    ...files,
    ...vanished.map((file) => ({ ...file, hunks: [], added: 0, deleted: 0 })),
  ];
  const ordered = treeOrder(all.map((file) => file.path)).flatMap((index) => all[index] ?? []);
  const reasons = foldReasons(ordered, generatedBy(diff.generatedRules));
  const cut = diff.truncated ? files.at(-1)?.path : undefined;
  const sizesOf = sizesIn(diff);
  return ordered.map((file, index) => {
    const sizes = sizesOf(file);
    return {
      ...file,
      foldReason: known.has(file.path) ? reasons[index] : WHITESPACE_ONLY,
      sizes,
      picture: pictureOf?.(file, sizes),
      isCut: file.path === cut,
      gaps: [],
      gapFailure: undefined,
    };
  });
}
