import { isDeepStrictEqual } from "node:util";
import type { LineCount } from "../git/diff-tree.ts";
import type { CommitFacts, History } from "../stacks/history.ts";
import { reachable } from "../stacks/history.ts";
import type { PlacedBranch } from "../stacks/order-stacks.ts";
import type { RestackPreview } from "./restack-previews.ts";

/** How far a branch and its remote-tracking counterpart are apart, not counting commits of the trunk. */
export interface RemoteDistance {
  readonly ahead: number;
  readonly behind: number;
  readonly missing: boolean;
}

/** Everything that is shown about one branch. Two that are equal in every field are shown alike. */
export interface BranchFacts {
  readonly placed: PlacedBranch;
  readonly header: CommitFacts | undefined;
  readonly lines: LineCount | undefined;
  /** Undefined when there is no remote. */
  readonly remoteTip: string | undefined;
  readonly distance: RemoteDistance | undefined;
  readonly isCurrent: boolean;
  readonly inWorktree: boolean;
  /** What a restack would do, as far as that is known. */
  readonly preview: RestackPreview | undefined;
  /** What a merge into the trunk would do, as it was tried last. */
  readonly merge: RestackPreview | undefined;
  /** When what its edge was read from was seen for the first time. Not part of the comparison. */
  readonly observedAtMs: number;
}

/** Commits that the one tip has and the other has not, both ways. */
export function remoteDistance(history: History, tip: string, remoteTip: string | undefined): RemoteDistance {
  if (remoteTip === undefined) return { ahead: 0, behind: 0, missing: true };
  if (tip === remoteTip) return IN_STEP;
  const local = reachable(history, tip);
  const remote = reachable(history, remoteTip);
  let ahead = 0;
  for (const oid of local) if (!remote.has(oid)) ahead++;
  let behind = 0;
  for (const oid of remote) if (!local.has(oid)) behind++;
  return { ahead, behind, missing: false };
}

const IN_STEP: RemoteDistance = { ahead: 0, behind: 0, missing: false };

/** Whether a reader would see any difference. */
export function sameFacts(a: BranchFacts, b: BranchFacts): boolean {
  return (
    samePlace(a.placed, b.placed) &&
    a.header === b.header &&
    a.remoteTip === b.remoteTip &&
    a.isCurrent === b.isCurrent &&
    a.inWorktree === b.inWorktree &&
    samePreview(a.preview, b.preview) &&
    samePreview(a.merge, b.merge) &&
    sameShallow(a.lines, b.lines) &&
    sameShallow(a.distance, b.distance)
  );
}

export function samePreview(a: RestackPreview | undefined, b: RestackPreview | undefined): boolean {
  return a === b || isDeepStrictEqual(a, b);
}

function samePlace(a: PlacedBranch, b: PlacedBranch): boolean {
  if (a.depth !== b.depth || a.root !== b.root || a.scope !== b.scope) return false;
  if (!sameList(a.children, b.children)) return false;
  const [x, y] = [a.node, b.node];
  return (
    x === y ||
    (x.tip === y.tip &&
      x.parent === y.parent &&
      x.frozen === y.frozen &&
      x.metadata === y.metadata &&
      x.metadataReadAtMs === y.metadataReadAtMs &&
      x.landed === y.landed &&
      sameShallow(x.standing, y.standing) &&
      x.edge.agreed === y.edge.agreed &&
      x.edge.believed === y.edge.believed &&
      sameList(x.edge.voices, y.edge.voices, sameShallow) &&
      sameList(x.problems, y.problems, sameShallow))
  );
}

function sameList<T>(
  a: readonly T[],
  b: readonly T[],
  same: (x: T, y: T) => boolean = (x, y) => x === y,
): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) {
    const [x, y] = [a[index], b[index]];
    if (x === undefined || y === undefined || !same(x, y)) return false;
  }
  return true;
}

/** Equal in every own field; for flat records of plain values. */
function sameShallow<T extends object>(a: T | undefined, b: T | undefined): boolean {
  if (a === b) return true;
  if (!a || !b) return false;
  const left = Object.entries(a);
  return left.length === Object.keys(b).length && left.every(([key, value]) => Reflect.get(b, key) === value);
}
