import { dirname, join } from "node:path";
import { parseRemoteUrl } from "../../src/config/remote-url.ts";
import { fixedCredentials } from "../../src/git/remote-credentials.ts";
import { RefLooker } from "../../src/git/wire/ls-refs.ts";
import { AdoptedCheckout, type AdoptedCheckoutOptions } from "../../src/repos/adopted-checkout.ts";
import { Mirror } from "../../src/repos/mirror.ts";
import { CountingSpawner } from "./counting-spawner.ts";
import { fingerprintTree } from "./fingerprint-tree.ts";
import { type GitHttpHost, gitHttpHost } from "./git-http-host.ts";
import { createScene, type Scene } from "./git-scene.ts";

/** A remote with the stack `api ← ui` on a real HTTP host, a clone of it with `main` checked out, and who it is handed over to. */
export interface AdoptedScene extends AsyncDisposable {
  readonly upstream: Scene;
  readonly host: GitHttpHost;
  /** The clone's folder. */
  readonly clone: string;
  readonly checkout: AdoptedCheckout;
  readonly spawner: CountingSpawner;
  /** Where commits were kept, by the refreshes until now. */
  readonly kept: readonly string[];
  refresh(signal?: AbortSignal): ReturnType<AdoptedCheckout["refresh"]>;
  /** Raw git in the clone, as its owner. */
  git(...args: string[]): Promise<string>;
  /** Branches and records of them, as `for-each-ref` prints them. */
  refsOf(folder: string): Promise<string>;
  /** As after a restart, with the same data folder. */
  reopen(options?: Partial<AdoptedCheckoutOptions>): AdoptedCheckout;
}

export async function adoptedScene(
  options: Partial<AdoptedCheckoutOptions> & { authorization?: string } = {},
): Promise<AdoptedScene> {
  const upstream = await createScene(
    (writer) => {
      writer.commit("main", { files: { "a.txt": "one\n", "folder/b.txt": "two\n" } });
      writer.stacked("api", "main");
      writer.stacked("ui", "api");
    },
    { bare: true },
  );
  const host = await gitHttpHost(dirname(upstream.path));
  const clone = join(upstream.root, "old");
  await upstream.gitIn(upstream.root, "clone", "--quiet", "--template=", `${host.url}/repo.git`, clone);
  const spawner = new CountingSpawner();
  const looker = new RefLooker();
  const kept: string[] = [];
  const { authorization, ...others } = options;
  const mirrorDir = join(upstream.root, "data", "mirrors", "old.git");
  const reopen = (more: Partial<AdoptedCheckoutOptions> = {}) =>
    new AdoptedCheckout(spawner, {
      id: "old",
      folder: clone,
      readUrl: parseRemoteUrl,
      standIn: join(upstream.root, "data", "checkouts", "old.git"),
      mirrorDir,
      openMirror: async (url, beforePublishing) => {
        const credentials = fixedCredentials(authorization);
        return new Mirror(spawner, looker, { id: "old", dir: mirrorDir, url, credentials, beforePublishing });
      },
      isServedElsewhere: () => false,
      onKept: (refs) => kept.push(...refs),
      ...others,
      ...more,
    });
  const checkout = reopen();
  return {
    upstream,
    host,
    clone,
    checkout,
    spawner,
    kept,
    reopen,
    refresh: (signal = AbortSignal.timeout(60_000)) =>
      checkout.refresh({ signal, confirmed: new Set(), expected: [] }),
    git: (...args) => upstream.gitIn(clone, ...args),
    refsOf: (folder) =>
      upstream.gitIn(folder, "for-each-ref", "refs/heads", "refs/stackit/metadata", "refs/stackit/stacks"),
    async [Symbol.asyncDispose]() {
      await checkout[Symbol.asyncDispose]();
      looker[Symbol.dispose]();
      await spawner[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

/** Files and index of a clone, with their times: what no hand-over may touch. */
export async function filesOf(clone: string): Promise<string> {
  const lines = (await fingerprintTree(clone)).split("\n");
  return lines.filter((line) => !line.startsWith("./.git/") || line.startsWith("./.git/index ")).join("\n");
}
