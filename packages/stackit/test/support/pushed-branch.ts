import { join } from "node:path";
import { serveMirrors, type Upstream, upstreamOf } from "./mirror-world.ts";
import type { ServedFolders } from "./served-folders.ts";

export interface PushedCommit {
  readonly message: string;
  readonly files: Record<string, string>;
  /** `Name <mail>`. */
  readonly author?: string;
}

/** A mirror of one branch, `topic`, on `main`, and somebody who pushes it. */
export interface PushedBranch extends AsyncDisposable {
  readonly upstream: Upstream;
  readonly served: ServedFolders;
  /** Makes the branch these commits on top of the trunk, and waits until the server has seen it. */
  push(...commits: readonly PushedCommit[]): Promise<void>;
  /** Lets the mirror forget a commit, as its upkeep does. */
  prune(sha: string): Promise<void>;
}

export async function pushedBranch(...first: readonly PushedCommit[]): Promise<PushedBranch> {
  const upstream = await upstreamOf((s) => {
    s.commit("main", { files: { "README.md": "# Shop\n" } });
  });
  const { scene } = upstream;
  let made = 0;
  const write = async (commits: readonly PushedCommit[]) => {
    const draft = `draft-${++made}`;
    await scene.write((s) => {
      for (const [index, commit] of commits.entries()) {
        s.commit(draft, { ...commit, ...(index === 0 && { parent: "main" }) });
      }
    });
    await scene.git("update-ref", "refs/heads/topic", `refs/heads/${draft}`);
    await scene.git("update-ref", "-d", `refs/heads/${draft}`);
  };
  await write(first);
  const dataDir = join(scene.root, "data");
  const served = await serveMirrors([["shop", upstream]], { dataDir });
  return {
    upstream,
    served,
    async push(...commits) {
      await write(commits);
      await served.sync({}, {}, "shop");
    },
    prune: async (sha) => {
      await scene.gitIn(join(dataDir, "mirrors", "shop.git"), "update-ref", "-d", `refs/stackit-kept/${sha}`);
    },
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}
