import { HEADS, REMOTES, type RefReading } from "./ref-reading.ts";

export interface Trunk {
  readonly name: string;
  /**
   * Commits that the trunk consists of: the local branch and the remote-tracking one, since branches may stand on either.
   * Empty when the trunk is unborn or gone.
   */
  readonly tips: readonly string[];
  /** The local branch where there is one, else the remote-tracking one. */
  readonly tip?: string;
  readonly reason: string;
}

export interface TrunkHints {
  /** What an operator, or a stacking tool's committed configuration, named. */
  readonly configured?: string;
  /** The name of the remote that branches are pushed to. */
  readonly remote: string;
  /** Parents that metadata names and that have no metadata of their own. */
  readonly namedAsRoot: readonly string[];
  /** `init.defaultBranch` */
  readonly initDefault?: string;
}

const USUAL = ["main", "master", "trunk", "develop", "development", "default"];

/** The branch that stacks stand on, or undefined when nothing points to one. The order of refs never matters. */
export function chooseTrunk(reading: RefReading, hints: TrunkHints): Trunk | undefined {
  const remotePrefix = `${REMOTES}${hints.remote}/`;
  const remoteHead = reading.symbolic.get(`${remotePrefix}HEAD`);
  const exists = (name: string): boolean =>
    reading.refs.has(HEADS + name) || reading.refs.has(remotePrefix + name);

  if (hints.configured) return trunk(hints.configured, "configured");
  const remoteDefault = remoteHead?.startsWith(remotePrefix)
    ? remoteHead.slice(remotePrefix.length)
    : undefined;
  const isLikely = (name: string): boolean =>
    name === remoteDefault || name === hints.initDefault || USUAL.includes(name);
  const voted = elect(hints.namedAsRoot.filter(exists), isLikely);
  // Where the stacks' own metadata and the remote's default differ, the stacks know what they stand on.
  if (voted) return trunk(voted, "named by stack metadata");
  if (remoteDefault && exists(remoteDefault)) return trunk(remoteDefault, "default branch of the remote");
  if (hints.initDefault && exists(hints.initDefault)) return trunk(hints.initDefault, "init.defaultBranch");
  const usual = USUAL.find((name) => reading.refs.has(HEADS + name)) ?? USUAL.find(exists);
  if (usual) return trunk(usual, "usual name");
  const locals = [...reading.refs.keys()].filter((ref) => ref.startsWith(HEADS));
  if (locals.length === 1 && locals[0]) return trunk(locals[0].slice(HEADS.length), "only branch");
  if (locals.length === 0 && reading.head.kind === "branch") return trunk(reading.head.name, "unborn branch");
  return undefined;

  function trunk(name: string, reason: string): Trunk {
    const local = reading.refs.get(HEADS + name);
    const tracked = reading.refs.get(remotePrefix + name);
    const tip = local ?? tracked;
    const tips = [...new Set([local, tracked].filter((oid) => oid !== undefined))];
    return { name, tips, reason, ...(tip !== undefined && { tip }) };
  }
}

/**
 * The name that most records agree on. A branch that its tool does not know is named as a root too, by what stands on it: so a
 * name that nothing else speaks for needs more than half of several votes.
 */
function elect(names: readonly string[], isLikely: (name: string) => boolean): string | undefined {
  const votes = new Map<string, number>();
  for (const name of names) votes.set(name, (votes.get(name) ?? 0) + 1);
  const ranked = [...votes].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const isAgreed = ([name, count]: [string, number]): boolean =>
    isLikely(name) || (count > 1 && count > names.length / 2);
  return ranked.find(isAgreed)?.[0];
}
