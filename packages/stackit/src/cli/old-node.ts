/** As `engines` of the package says it, which npm only warns about. */
const OLDEST: readonly [major: number, minor: number] = [22, 18];

/** Why nothing works on this Node, as a sentence; undefined on one that is new enough. */
export function explainOldNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
  return `Stackit needs Node ${OLDEST.join(".")} or newer; this is ${version}.`;
}
