import type { FileDiff } from "./parse-patch.ts";

/** How many of the files of two diffs are not the same change, and how many there are in both together. */
export function compareDiffs(
  before: readonly FileDiff[],
  after: readonly FileDiff[],
): { different: number; total: number } {
  const known = new Map(before.map((file) => [file.path, file]));
  let same = 0;
  for (const file of after) {
    const old = known.get(file.path);
    if (old && isSameChange(old, file)) same += 1;
  }
  const total = new Set([...known.keys(), ...after.map(({ path }) => path)]).size;
  return { different: total - same, total };
}

/** The same lines go and come, whatever their numbers are and wherever the rest of the file went. */
function isSameChange(a: FileDiff, b: FileDiff): boolean {
  if (changeOf(a) !== changeOf(b)) return false;
  if (a.binary) return a.blobs === b.blobs;
  const [linesOfA, linesOfB] = [a, b].map((file) => file.hunks.flatMap((hunk) => hunk.lines));
  if (linesOfA?.length !== linesOfB?.length) return false;
  return (
    linesOfA?.every((line, index) => {
      const other = linesOfB?.[index];
      return line.kind === other?.kind && line.text === other.text && line.noNewline === other.noNewline;
    }) === true
  );
}

function changeOf({ kind, oldPath, oldMode, newMode, binary }: FileDiff): string {
  return JSON.stringify([kind, oldPath, oldMode, newMode, binary]);
}
