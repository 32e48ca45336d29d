import { createHash } from "node:crypto";

/** A stack as it was seen last, and what it has been called. */
export interface KnownStack {
  readonly id: string;
  /** Its root is now, and what its root was before, the latest first. */
  readonly roots: readonly string[];
  /** Ids of stacks that became part of it. */
  readonly formerIds: readonly string[];
  /** Tips by branch, of its members as they were last seen. */
  readonly members: ReadonlyMap<string, string>;
  /** When it was last there, in epoch milliseconds; undefined as long as it is. */
  readonly goneAtMs?: number;
}

/** What a stack is called and has been called. */
export type NamedStack = Pick<KnownStack, "id" | "roots" | "formerIds" | "goneAtMs">;

export interface SeenStack {
  readonly root: string;
  readonly members: ReadonlyMap<string, string>;
}

const MAX_ROOTS = 20;
const MAX_FORMER_IDS = 20;

/**
 * Which of the stacks that are known each of these is: the one that it shares most of its branches with, by name or, after a branch was
 * renamed, by its tip. So a stack stays the same when its root lands, when a branch is renamed or rebased, and when it grows; of two parts of
 * one stack the larger one is it, and a stack that takes in another one answers for both. One that shares nothing is new. The order
 * in which they come never matters. What is gone is returned too.
 */
export function identifyStacks(
  known: readonly KnownStack[],
  seen: readonly SeenStack[],
  nowMs: number,
): readonly KnownStack[] {
  const kept = new Map<SeenStack, KnownStack>();
  const joined = new Map<SeenStack, KnownStack[]>();
  const taken = new Set<KnownStack>();
  for (const { old, now } of matches(known, seen)) {
    if (taken.has(old)) continue;
    if (!kept.has(now)) kept.set(now, old);
    // A stack that is there as well is no part of another one; one that is not has become part of this one.
    else if (old.goneAtMs === undefined) joined.set(now, [...(joined.get(now) ?? []), old]);
    else continue;
    taken.add(old);
  }
  const ids = new Set(known.flatMap(({ id, formerIds }) => [id, ...formerIds]));
  const present = seen.toSorted(byRoot).map((now): KnownStack => {
    const old = kept.get(now);
    const others = joined.get(now) ?? [];
    const id = old?.id ?? newId(now.root, ids);
    ids.add(id);
    const formerRoots = [...(old?.roots ?? []), ...others.flatMap(({ roots }) => roots)];
    const formerIds = [
      ...(old?.formerIds ?? []),
      ...others.flatMap((other) => [other.id, ...other.formerIds]),
    ];
    return {
      id,
      roots: [...new Set([now.root, ...formerRoots])].slice(0, MAX_ROOTS),
      formerIds: [...new Set(formerIds)].slice(-MAX_FORMER_IDS),
      members: now.members,
    };
  });
  const gone = known
    .filter((old) => !taken.has(old))
    .map((old) => (old.goneAtMs === undefined ? { ...old, goneAtMs: nowMs } : old));
  return [...present, ...gone];
}

/** The one that a link means: by what its root is, by its id, or by what its root or its id were. Of several the first that is there. */
export function findStack<Stack extends NamedStack>(
  stacks: readonly Stack[],
  name: string,
): Stack | undefined {
  const there = stacks.filter(({ goneAtMs }) => goneAtMs === undefined);
  return (
    there.find(({ roots }) => roots[0] === name) ??
    there.find(({ id, formerIds }) => id === name || formerIds.includes(name)) ??
    there.find(({ roots }) => roots.includes(name))
  );
}

interface Match {
  readonly old: KnownStack;
  readonly now: SeenStack;
  readonly shared: number;
}

/** Those that share anything, the closest first. */
function matches(known: readonly KnownStack[], seen: readonly SeenStack[]): Match[] {
  const byName = new Map<string, SeenStack>();
  const byTip = new Map<string, Set<SeenStack>>();
  for (const stack of seen) {
    for (const [name, tip] of stack.members) {
      byName.set(name, stack);
      const there = byTip.get(tip);
      if (there) there.add(stack);
      else byTip.set(tip, new Set([stack]));
    }
  }
  return known
    .flatMap((old) => {
      const shared = new Map<SeenStack, number>();
      for (const [name, tip] of old.members) {
        const named = byName.get(name);
        for (const now of named ? [named] : (byTip.get(tip) ?? []))
          shared.set(now, (shared.get(now) ?? 0) + 1);
      }
      return [...shared].map(([now, count]) => ({ old, now, shared: count }));
    })
    .sort(
      (a, b) =>
        Number(a.old.goneAtMs !== undefined) - Number(b.old.goneAtMs !== undefined) ||
        b.shared - a.shared ||
        Number(a.old.roots[0] !== a.now.root) - Number(b.old.roots[0] !== b.now.root) ||
        compare(a.old.id, b.old.id) ||
        byRoot(a.now, b.now),
    );
}

/** The same for the same root, as long as no other stack has it: so a server that has forgotten everything finds most links again. */
function newId(root: string, taken: ReadonlySet<string>): string {
  for (let attempt = 0; ; attempt++) {
    const id = createHash("sha256").update(`${root}\n${attempt}`).digest("hex").slice(0, 12);
    if (!taken.has(id)) return id;
  }
}

function byRoot(a: SeenStack, b: SeenStack): number {
  return compare(a.root, b.root);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
