import { readFile, writeFile } from "node:fs/promises";
import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";

/** Of the pixels of a picture; beyond it somebody would see it. Letters are drawn a little differently by each version of a browser. */
const ALLOWED_SHARE = 0.005;

/** In words what is different, or undefined. Writes a picture of the difference to `differenceFile`. */
export async function difference(
  approvedFile: string,
  takenFile: string,
  differenceFile: string,
): Promise<string | undefined> {
  const approved = PNG.sync.read(await readFile(approvedFile));
  const taken = PNG.sync.read(await readFile(takenFile));
  const { width, height } = approved;
  if (taken.width !== width || taken.height !== height) {
    return `${taken.width} × ${taken.height} pixels instead of ${width} × ${height}`;
  }
  const marked = new PNG({ width, height });
  const pixels = pixelmatch(approved.data, taken.data, marked.data, width, height, { threshold: 0.2 });
  if (pixels <= width * height * ALLOWED_SHARE) return undefined;
  await writeFile(differenceFile, PNG.sync.write(marked));
  return `${((100 * pixels) / (width * height)).toFixed(1)} % of its pixels are others`;
}
