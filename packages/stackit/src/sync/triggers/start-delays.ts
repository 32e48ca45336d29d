import { createHash } from "node:crypto";

const SPACING_MS = 100;

/**
 * How long after a start each remote is first asked, in milliseconds by repository: ten a second on average, in an order
 * that is the same at each start, so that hundreds of mirrors are no stampede.
 */
export function startDelaysMs(repoIds: readonly string[]): ReadonlyMap<string, number> {
  const withinMs = repoIds.length * SPACING_MS;
  return new Map(repoIds.map((repoId) => [repoId, Math.round(fractionOf(repoId) * withinMs)]));
}

/** From 0 to below 1, the same for the same text. */
function fractionOf(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE() / 2 ** 32;
}
