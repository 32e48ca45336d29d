import type { BranchDiff } from "stackit/contract/view";
import { formatBytes } from "../../lib/words.ts";
import { blobsOf, type FileDiff } from "./parse-patch.ts";

/** In bytes; undefined where there is no file, or its size is not known. */
export interface BinarySizes {
  before: number | undefined;
  after: number | undefined;
}

/** Looks up the sizes of files in what a diff says of those that it does not show. */
export function sizesIn({ binaries }: Pick<BranchDiff, "binaries">): (file: FileDiff) => BinarySizes {
  const known = new Map(binaries.map(({ blob, bytes }) => [blob, bytes]));
  return (file) => {
    const { before, after } = blobsOf(file);
    return { before: known.get(before ?? ""), after: known.get(after ?? "") };
  };
}

/** "12 KiB, now 14 KiB". Undefined when neither is known. */
export function sizeWords({ before, after }: BinarySizes): string | undefined {
  const [was, is] = [before, after].map((bytes) => (bytes === undefined ? undefined : formatBytes(bytes)));
  if (was === undefined || is === undefined) return is ?? was;
  return was === is ? is : `${was}, now ${is}`;
}
