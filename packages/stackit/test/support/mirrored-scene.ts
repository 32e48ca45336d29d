import { dirname, join } from "node:path";
import type { ExpectedRef } from "../../src/contract/sync-run.ts";
import type { FetchProgress } from "../../src/git/fetch-progress.ts";
import { RefLooker } from "../../src/git/wire/ls-refs.ts";
import { Mirror } from "../../src/repos/mirror.ts";
import type { Mend, MirrorOptions } from "../../src/repos/mirror-options.ts";
import type { Published } from "../../src/repos/snapshot-publisher.ts";
import { CountingSpawner } from "./counting-spawner.ts";
import { type GitHttpHost, gitHttpHost } from "./git-http-host.ts";
import { createScene, type Scene, type SceneOptions } from "./git-scene.ts";
import type { SceneWriter } from "./scene-import.ts";

/** A bare repository on a real HTTP host, and a mirror of it. */
export interface MirroredScene extends AsyncDisposable {
  readonly upstream: Scene;
  readonly host: GitHttpHost;
  readonly mirror: Mirror;
  readonly dir: string;
  readonly spawner: CountingSpawner;
  readonly published: readonly Published[];
  refresh(work?: {
    signal?: AbortSignal;
    confirmed?: string[];
    expected?: ExpectedRef[];
    mend?: Mend;
    onProgress?: (progress: FetchProgress) => void;
  }): ReturnType<Mirror["refresh"]>;
  /** Refs below the mirrored namespaces, as `for-each-ref` prints them. */
  refsOf(gitDir: string): Promise<string>;
  /** Another mirror on the same folder, as after a restart. */
  reopen(options?: Partial<MirrorOptions>): Mirror;
}

export async function mirroredScene(
  write: ((writer: SceneWriter) => void) | undefined,
  options: Partial<MirrorOptions> = {},
  sceneOptions: SceneOptions = {},
): Promise<MirroredScene> {
  const upstream = await createScene(write, { ...sceneOptions, bare: true });
  const host = await gitHttpHost(dirname(upstream.path));
  const spawner = new CountingSpawner();
  const looker = new RefLooker();
  const dir = join(upstream.root, "data", "mirrors", "shop.git");
  const url = new URL(`${host.url}/repo.git`);
  const reopen = (more: Partial<MirrorOptions> = {}): Mirror =>
    new Mirror(spawner, looker, { id: "shop", dir, url, secondLookMs: 300, ...options, ...more });
  const mirror = reopen();
  const published: Published[] = [];
  mirror.onPublished((one) => published.push(one));
  return {
    upstream,
    host,
    mirror,
    dir,
    spawner,
    published,
    reopen,
    refresh: ({ signal = AbortSignal.timeout(60_000), confirmed = [], expected = [], ...more } = {}) =>
      mirror.refresh({ signal, confirmed: new Set(confirmed), expected, ...more }),
    refsOf: (gitDir) =>
      upstream.gitIn(gitDir, "for-each-ref", "refs/heads", "refs/stackit/metadata", "refs/stackit/stacks"),
    async [Symbol.asyncDispose]() {
      await mirror[Symbol.asyncDispose]();
      looker[Symbol.dispose]();
      await spawner[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}
