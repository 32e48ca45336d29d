import { firstParents, type History, isAncestor } from "./history.ts";

export type LandedHow = "merge" | "squash" | "rebase";

/** The changes from `base` to `tip` came into the trunk. That stays true as long as the trunk has that commit. */
export interface Landed {
  readonly tip: string;
  /** Of a merge it is the tip itself: everything below it is on the trunk. */
  readonly base: string;
  /** Short name. */
  readonly trunk: string;
  readonly how: LandedHow;
  /** The commit of the trunk that brought the tip. */
  readonly commit: string;
  /** Of that commit. */
  readonly landedAtMs: number;
  readonly seenAtMs: number;
}

/** By tip. */
export type LandedTips = ReadonlyMap<string, Landed>;

export const NOTHING_LANDED: LandedTips = new Map();

/** The landing of all that lies between `base` and `tip`, which may have come in several pieces. A branch without commits never landed. */
export function landedAs(
  landed: LandedTips,
  branch: { readonly tip: string; readonly base: string | undefined; readonly trunk: string },
  history: History,
): Landed | undefined {
  const { tip, base, trunk } = branch;
  if (base === undefined || tip === base) return undefined;
  const last = landed.get(tip);
  for (let piece = last; piece?.trunk === trunk && piece.base !== piece.tip; ) {
    const reachesBase =
      piece.base === base ||
      history.commit(piece.base) === undefined ||
      isAncestor(history, piece.base, base);
    if (reachesBase) return last;
    piece = landed.get(piece.base);
  }
  return undefined;
}

/** The newest commit below `tip` of which all down to the trunk has landed; undefined when there is none. */
export function landedGround(
  landed: LandedTips,
  tip: string,
  { fork, trunk }: { readonly fork: string | undefined; readonly trunk: string },
  history: History,
): string | undefined {
  if (landed.size === 0) return undefined;
  for (const { oid } of firstParents(history, tip)) {
    if (oid !== tip && landed.has(oid) && landedAs(landed, { tip: oid, base: fork, trunk }, history))
      return oid;
  }
  return undefined;
}

const VERBS = { merge: "Merged", squash: "Squashed", rebase: "Rebased" } as const;

/** Such as "Squashed into main as 1a2b3c4". */
export function landedWords({ how, commit, trunk }: Landed): string {
  return `${VERBS[how]} into ${trunk} ${how === "merge" ? "by" : "as"} ${commit.slice(0, 7)}`;
}
