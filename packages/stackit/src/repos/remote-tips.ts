import type { Trunk } from "../stacks/choose-trunk.ts";
import { HEADS, REMOTES, type RefReading } from "../stacks/ref-reading.ts";
import type { RepoSettings } from "./repo-settings.ts";

/** The commit of the branch's counterpart on the remote, as this clone knows it. */
export function remoteTipOf(reading: RefReading, settings: RepoSettings, branch: string): string | undefined {
  if (settings.remote === undefined) return undefined;
  return reading.refs.get(`${REMOTES}${settings.remote}/${settings.tracks.get(branch) ?? branch}`);
}

/** The commits whose way to the trunk must be known. */
export function tipsOf(
  reading: RefReading,
  settings: RepoSettings,
  trunk: Trunk | undefined,
  refs: Iterable<string>,
): string[] {
  const tips: string[] = [];
  for (const ref of refs) {
    const oid = ref.startsWith(HEADS) ? reading.refs.get(ref) : undefined;
    if (oid === undefined) continue;
    const name = ref.slice(HEADS.length);
    if (name === trunk?.name) continue;
    tips.push(oid);
    const remoteTip = remoteTipOf(reading, settings, name);
    if (remoteTip !== undefined && remoteTip !== oid) tips.push(remoteTip);
  }
  return tips;
}

/** The branch that a ref is, or that it is the counterpart of, as full names. */
export function branchesTouchedBy(ref: string, { remote, tracks }: RepoSettings): string[] {
  if (ref.startsWith(HEADS)) return [ref];
  const prefix = `${REMOTES}${remote}/`;
  if (remote === undefined || !ref.startsWith(prefix)) return [];
  const name = ref.slice(prefix.length);
  const trackers = [...tracks].flatMap(([branch, target]) => (target === name ? [HEADS + branch] : []));
  return [HEADS + name, ...trackers];
}
