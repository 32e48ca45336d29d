import { type FetchOptions, MirrorGit } from "../git/mirror-git.ts";
import type { Spawner } from "../git/spawner.ts";
import type { AdvertisedRefs } from "../git/wire/ls-refs.ts";
import { MIRRORED_PREFIXES } from "../stacks/ref-reading.ts";
import { planFetch } from "./advertised-refs.ts";
import type { MirrorRemote } from "./mirror-remote.ts";
import { bringChange } from "./ref-mover.ts";

/** Makes a mirror in a folder that is not there yet, and brings all of what the remote was seen to have. @throws {RemoteError} {GitError} */
export async function cloneMirror(
  spawner: Spawner,
  folder: string,
  remote: MirrorRemote,
  advertised: AdvertisedRefs,
  options: FetchOptions,
): Promise<void> {
  const { signal } = options;
  const git = new MirrorGit(spawner, folder);
  await git.init(await remote.objectFormat(signal), { signal });
  const refs = new Map<string, string>();
  const plan = planFetch(refs, advertised.refs, MIRRORED_PREFIXES);
  await bringChange(git, remote, { plan, refs, nextHead: advertised.head, trunk: [] }, options);
}
