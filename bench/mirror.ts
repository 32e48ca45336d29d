import { rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { HelperSpawner } from "../packages/stackit/src/git/helper-spawner.ts";
import { RefLooker } from "../packages/stackit/src/git/wire/ls-refs.ts";
import { Mirror } from "../packages/stackit/src/repos/mirror.ts";
import { MIRRORED_PREFIXES } from "../packages/stackit/src/stacks/ref-reading.ts";
import { gitHost } from "./git-host.ts";
import { type Comparison, compare, inTurn, timeMs } from "./measure.ts";
import { changeBranch, git } from "./plain-git.ts";
import { type Bench, someBranches, untilCounted } from "./scenarios.ts";

const FETCH = [
  "-c",
  "advice.fetchShowForcedUpdates=false",
  "fetch",
  "--quiet",
  "--no-write-fetch-head",
  "--no-auto-maintenance",
  "--no-tags",
  "--no-show-forced-updates",
];

/** What anybody must ask who wants to know whether anything was pushed. */
export async function listRemote(gitDir: string, url: string): Promise<void> {
  await git(gitDir, ["ls-remote", url, ...MIRRORED_PREFIXES.map((prefix) => `${prefix}*`)]);
}

/** The best that Git can do for somebody who knows which branch was pushed: it and its metadata by name. */
export async function targetedFetch(gitDir: string, url: string, branch: string): Promise<void> {
  const refs = [`refs/heads/${branch}`, `refs/stackit/metadata/${branch}`];
  const refspecs = refs.map((ref) => `+${ref}:${ref}`);
  await git(gitDir, [...FETCH, `--negotiation-tip=${refs[0]}`, url, ...refspecs]);
}

/** Syncs of a mirror, whose remote is a real Git host over HTTP. A plain bare clone beside it is what Git alone works on. */
export async function mirrorSyncs({ repository, branches, rounds }: Bench): Promise<Comparison[]> {
  await using host = await gitHost(dirname(repository));
  await using spawner = new HelperSpawner();
  using looker = new RefLooker();
  const url = `${host.url}/${basename(repository)}`;
  const [dir, plain] = [`${repository}-mirror.git`, `${repository}-plain.git`];
  await using mirror = new Mirror(spawner, looker, { id: "bench", dir, url: new URL(url) });
  const sync = () =>
    mirror.refresh({ signal: new AbortController().signal, confirmed: new Set(), expected: [] });
  try {
    await sync();
    await untilCounted(mirror);
    await git(repository, ["clone", "--quiet", "--mirror", url, plain]);
    const names = await someBranches(repository, rounds);

    const unchanged = await compare(branches, "mirror, nothing pushed", rounds * 3, (_index, productFirst) =>
      inTurn(
        productFirst,
        () => timeMs(sync),
        () => timeMs(() => listRemote(plain, url)),
      ),
    );
    const pushed = await compare(
      branches,
      "mirror, one branch pushed",
      rounds,
      async (index, productFirst) => {
        const name = names[index] ?? "";
        await changeBranch(repository, name, 2000 + index);
        return inTurn(
          productFirst,
          () =>
            timeMs(async () => {
              const { outcome } = await sync();
              if (outcome !== "updated") throw new Error(`the push was not seen: ${outcome}`);
            }),
          () => timeMs(() => targetedFetch(plain, url, name)),
        );
      },
    );
    return [unchanged, pushed];
  } finally {
    for (const folder of [dir, plain]) await rm(folder, { recursive: true, force: true });
  }
}
