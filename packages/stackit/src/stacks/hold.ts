/** Below this many lost branches a loss is somebody's tidying. */
const MANY = 10;

/**
 * The branches whose loss must be confirmed before anything changes: more than half of those known, and more than ten. Losing
 * so many at once is the mark of an emptied remote or a folder that is not all there. Empty when nothing is held.
 */
export function heldBack(before: ReadonlySet<string>, after: ReadonlySet<string>): string[] {
  const lost = [...before].filter((name) => !after.has(name));
  return lost.length > MANY && lost.length > before.size / 2 ? lost.sort() : [];
}
