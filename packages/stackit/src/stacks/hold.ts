/** Up to here a loss is somebody's tidying. */
const FEW = 10;

/**
 * Whether losing so many branches at once must be confirmed before anything changes: more than half of those known, and more
 * than ten. It is the mark of an emptied remote, or of a folder that is not all there.
 */
export function isTooMuch(lost: number, known: () => number): boolean {
  return lost > FEW && lost > known() / 2;
}
