import type { RefChange, RefChanges } from "../contract/sync-run.ts";
import type { ListedDelta } from "../git/for-each-ref.ts";
import { type History, isAncestor } from "../stacks/history.ts";
import { HEADS } from "../stacks/ref-reading.ts";
import type { RepoModel } from "./repo-model.ts";

/** What a run lists; more are counted only. */
const MAX_LISTED = 200;

export const NO_REF_CHANGES: RefChanges = {
  created: 0,
  updated: 0,
  deleted: 0,
  changes: [],
  truncated: false,
};

/** What two readings' commits say of how branches moved between them. */
export interface ReadCommits {
  /** Of the later reading. */
  readonly history: History;
  readonly trunkTips: readonly string[];
  /** Whether all that was on the trunk in the earlier one still is. */
  readonly keepsTrunk: boolean;
}

/** For comparing a model's reading with a later one of which nothing was built. */
export function commitsOf(model: RepoModel | undefined): ReadCommits {
  return {
    history: model?.history ?? { commit: () => undefined },
    trunkTips: model?.graph.trunk?.tips ?? [],
    keepsTrunk: true,
  };
}

/** Two readings' difference in the words of the contract, branches first. */
export function describeRefChanges(deltas: readonly ListedDelta[], commits: ReadCommits): RefChanges {
  const kindOf = kindOfChanges(commits);
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
}

/** Only a branch can go forward. What is not known to have gone forward was rewritten. */
export function kindOfChanges(commits: ReadCommits): (delta: ListedDelta) => RefChange["kind"] {
  const { history, keepsTrunk } = commits;
  const isTrunkTip = new Set(commits.trunkTips);
  return ({ ref, old, new: now }) => {
    if (old === undefined) return "created";
    if (now === undefined) return "deleted";
    if (!ref.startsWith("refs/heads/") && !ref.startsWith("refs/remotes/")) return "rewritten";
    if (isAncestor(history, old, now)) return "forward";
    // The trunk's own commits are not in the history: what is missing there is part of the trunk, if that lost nothing.
    const standsOnOld =
      keepsTrunk &&
      history.commit(old) === undefined &&
      (isTrunkTip.has(now) || history.commit(now) !== undefined);
    return standsOnOld ? "forward" : "rewritten";
  };
}
