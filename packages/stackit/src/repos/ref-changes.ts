import type { RefChange, RefChanges } from "../contract/sync-run.ts";
import type { ListedDelta } from "../git/for-each-ref.ts";
import { type History, isAncestor } from "../stacks/history.ts";
import { HEADS } from "../stacks/ref-reading.ts";

/** What a run lists; more are counted only. */
const MAX_LISTED = 200;

export const NO_REF_CHANGES: RefChanges = {
  created: 0,
  updated: 0,
  deleted: 0,
  changes: [],
  truncated: false,
};

/** Two readings' difference in the words of the contract, branches first. Only a branch can go forward. */
export function describeRefChanges(
  deltas: readonly ListedDelta[],
  history: History,
  trunkTips: readonly string[],
): RefChanges {
  const isTrunkTip = new Set(trunkTips);
  const ordered = [
    ...deltas.filter(({ ref }) => ref.startsWith(HEADS)),
    ...deltas.filter(({ ref }) => !ref.startsWith(HEADS)),
  ];
  return {
    created: deltas.filter((delta) => delta.old === undefined).length,
    updated: deltas.filter((delta) => delta.old !== undefined && delta.new !== undefined).length,
    deleted: deltas.filter((delta) => delta.new === undefined).length,
    changes: ordered.slice(0, MAX_LISTED).map(describe),
    truncated: deltas.length > MAX_LISTED,
  };

  function describe(delta: ListedDelta): RefChange {
    const ids = {
      ...(delta.old !== undefined && { old: delta.old }),
      ...(delta.new !== undefined && { new: delta.new }),
    };
    return { ref: delta.ref, kind: kindOf(delta), ...ids };
  }

  function kindOf({ ref, old, new: now }: ListedDelta): RefChange["kind"] {
    if (old === undefined) return "created";
    if (now === undefined) return "deleted";
    if (!ref.startsWith("refs/heads/") && !ref.startsWith("refs/remotes/")) return "rewritten";
    if (isAncestor(history, old, now)) return "forward";
    // The trunk's own commits are not in the history. A trunk that lost commits was read anew, and its old tip is off it.
    const standsOnOld =
      history.commit(old) === undefined && (isTrunkTip.has(now) || history.commit(now) !== undefined);
    return standsOnOld ? "forward" : "rewritten";
  }
}
