/** Where a branch was before it moved on or went. */
export interface HeadMove {
  /** Full name. */
  readonly ref: string;
  readonly old: string;
  /** Absent when the branch went. */
  readonly new?: string;
  /** Only of a branch that went `forward` are all former commits still its own. */
  readonly kind: "forward" | "rewritten" | "deleted";
  /** Whether no branch was left at `old`: then what stands there stands on this one. */
  readonly wasLast: boolean;
  /** Since the epoch. No two moves of one branch share it, and it grows. */
  readonly seenAtMs: number;
}

/** The tips that others may still stand on, by branch, newest first. A branch that went and was made again is another one. */
export function formerTips(newestFirst: Iterable<Omit<HeadMove, "kind">>): Map<string, string[]> {
  const tips = new Map<string, string[]>();
  const gone = new Set<string>();
  for (const { ref, old, new: now, wasLast } of newestFirst) {
    if (now === undefined) gone.add(ref);
    if (gone.has(ref) || !wasLast) continue;
    const known = tips.get(ref);
    if (known) known.push(old);
    else tips.set(ref, [old]);
  }
  return tips;
}
