import type { Push } from "stackit/contract/pushes";
import type { PushSearch } from "../../routes/location.ts";

/** Two pushes by their numbers. */
export interface PushPair {
  from: number;
  to: number;
}

/** The numbers that are asked for; the last two where nothing is said. Undefined when there is only one push. */
export function chosenPushes(pushes: readonly Push[], { from, to }: PushSearch): PushPair | undefined {
  if (pushes.length < 2) return undefined;
  const later = to ?? Math.max(...pushes.map(({ number }) => number));
  return { from: from ?? Math.max(1, later - 1), to: later };
}

/** What can still be shown in the place of a comparison that failed: the trees, or other pushes. */
export function wayAround(
  code: string | undefined,
  pushes: readonly Push[],
  { from, to }: PushPair,
): "trees" | PushPair | undefined {
  if (code === "compare/too-large") return "trees";
  if (code !== "push/not-found") return undefined;
  const stored = pushes.flatMap((push) => (push.stored ? [push.number] : [])).sort((a, b) => a - b);
  // Then it is what they stand on that is not there.
  if (stored.includes(from) && stored.includes(to)) return "trees";
  for (const later of [to, stored.at(-1)]) {
    if (later === undefined || !stored.includes(later)) continue;
    const earlier = stored.find((number) => number >= from && number < later);
    if (earlier !== undefined) return { from: earlier, to: later };
  }
  return undefined;
}

/** The two pushes that a branch's move from one commit to another lies between. */
export function pushesOfMove(
  pushes: readonly Push[],
  move: { old?: string | undefined; new?: string | undefined },
): PushPair | undefined {
  const shas = new Map(pushes.map(({ number, sha }) => [number, sha]));
  const after = pushes.find(({ number, sha }) => sha === move.new && shas.get(number - 1) === move.old);
  return after && move.old !== undefined ? { from: after.number - 1, to: after.number } : undefined;
}
