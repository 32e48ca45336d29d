import { paths } from "../../api/paths.ts";
import type { BinarySizes } from "./binary-sizes.ts";
import { blobsOf, type FileDiff } from "./parse-patch.ts";

/** Where an image is to be had before and after its change; undefined where there is none. */
export interface Picture {
  before: string | undefined;
  after: string | undefined;
}

/** The server gives no larger ones. */
const MAX_BYTES = 10 * 1024 * 1024;

const shown = /\.(png|jpe?g|gif|webp)$/i;

/** Undefined for a file that is not shown as an image. */
export function pictureOf(
  file: FileDiff,
  { before, after }: BinarySizes,
  repoId: string,
  question: { branch: string; base: "parent" | "trunk" },
): Picture | undefined {
  if (!file.binary || !shown.test(file.path)) return undefined;
  if (Math.max(before ?? 0, after ?? 0) > MAX_BYTES) return undefined;
  const blobs = blobsOf(file);
  if (!blobs.before && !blobs.after) return undefined;
  const at = (blob: string | undefined) => blob && paths.image(repoId, { ...question, blob });
  return { before: at(blobs.before), after: at(blobs.after) };
}
