import { dirname } from "node:path";
import type { Config } from "../../src/config/config.ts";
import { type GitHttpHost, gitHttpHost } from "./git-http-host.ts";
import { createScene, type Scene } from "./git-scene.ts";
import type { SceneWriter } from "./scene-import.ts";
import { type ServedFolders, serveFolders } from "./served-folders.ts";

/** A bare repository on a real HTTP host of its own. */
export interface Upstream extends AsyncDisposable {
  readonly scene: Scene;
  readonly host: GitHttpHost;
  readonly url: URL;
}

export async function upstreamOf(write?: (writer: SceneWriter) => void): Promise<Upstream> {
  const scene = await createScene(write, { bare: true });
  const host = await gitHttpHost(dirname(scene.path));
  return {
    scene,
    host,
    url: new URL(`${host.url}/repo.git`),
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await scene[Symbol.asyncDispose]();
    },
  };
}

/** Serves an upstream as these mirrors, each of them a copy of its own, and nothing asks for them but the start and the test. */
export function serveMirrors(
  mirrors: readonly (readonly [id: string, upstream: Upstream])[],
  overrides: Partial<Config> = {},
  options: { atOnce?: boolean } = {},
): Promise<ServedFolders> {
  return serveFolders(
    mirrors.map(([id, { url }]) => ({ kind: "mirror", id, url })),
    { settleMs: 20, ...overrides },
    options,
  );
}
