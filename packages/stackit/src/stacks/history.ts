/** What a commit's header says. It follows from the object id alone, so it never changes. */
export interface CommitFacts {
  readonly oid: string;
  readonly parents: readonly string[];
  readonly author: string;
  readonly authorEmail: string;
  readonly committedAtMs: number;
  readonly subject: string;
}

/**
 * The commits that are not on the trunk. A commit that it does not know is on the trunk, or outside of what this clone
 * holds: either way the walk ends there.
 */
export interface History {
  commit(oid: string): CommitFacts | undefined;
}

/** First parents from `tip` down to the last commit that is not on the trunk. Empty when the tip is on the trunk. */
export function* firstParents(history: History, tip: string): Generator<CommitFacts> {
  // Commit graphs have no cycle: an id is the hash of what it points to.
  for (let commit = history.commit(tip); commit; ) {
    yield commit;
    const parent = commit.parents[0];
    commit = parent === undefined ? undefined : history.commit(parent);
  }
}

/** Every commit outside the trunk that is reachable from `tip`, itself included, but none of `except`. */
export function reachable(history: History, tip: string, except?: ReadonlySet<string>): Set<string> {
  const seen = new Set<string>();
  const open = [tip];
  for (let oid = open.pop(); oid !== undefined; oid = open.pop()) {
    if (seen.has(oid) || except?.has(oid)) continue;
    const commit = history.commit(oid);
    if (!commit) continue;
    seen.add(oid);
    open.push(...commit.parents);
  }
  return seen;
}

/** Whether `ancestor` is `tip` or below it. Both must be outside the trunk for a yes. Costs what lies between. */
export function isAncestor(history: History, ancestor: string, tip: string): boolean {
  if (ancestor === tip) return history.commit(tip) !== undefined;
  const target = history.commit(ancestor);
  if (!target) return false;
  let merges = false;
  for (const commit of firstParents(history, tip)) {
    if (commit.oid === ancestor) return true;
    merges ||= commit.parents.length > 1;
  }
  return merges && reachable(history, tip).has(ancestor);
}
