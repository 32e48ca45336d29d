import type { Config } from "../../src/config/config.ts";
import { basicAuthorization } from "../../src/lib/basic-authorization.ts";
import type { DoubleRepository } from "./github-api/pull-requests.ts";
import { type GithubDouble, githubDouble } from "./github-double.ts";
import { type Upstream, upstreamOf } from "./mirror-world.ts";
import type { SceneWriter } from "./scene-import.ts";
import { type ServedFolders, serveFolders } from "./served-folders.ts";
import { testSecret } from "./test-secret.ts";

export const TOKEN = testSecret("a-token-of-a-person");

/** A GitHub with the repository `octo/widget`, its API and its Git host. */
export interface ForgeWorld extends AsyncDisposable {
  readonly github: GithubDouble;
  readonly widget: DoubleRepository;
  readonly upstream: Upstream;
  /** Where a branch is now. */
  tip(branch: string): Promise<string>;
  /** Serves it as `widget`, with that token, and nothing asks but the start and the test. */
  serve(overrides?: Partial<Config>, token?: string): Promise<ServedFolders>;
}

export async function forgeWorld(write: (writer: SceneWriter) => void): Promise<ForgeWorld> {
  const upstream = await upstreamOf(write);
  const github = await githubDouble();
  github.personalTokens.add(TOKEN);
  const widget = github.addRepository("octo/widget");
  upstream.host.front = (request) => {
    request.url = request.url?.replace("/octo/widget.git", "/repo.git") ?? "";
    return false;
  };
  widget.git = {
    tip: (branch) =>
      upstream.scene.git("rev-parse", "--verify", "--quiet", `refs/heads/${branch}`).catch(() => undefined),
    isAhead: async (head, base) =>
      (await upstream.scene.git("rev-list", "--count", `refs/heads/${base}..refs/heads/${head}`)) !== "0",
  };
  const url = new URL(`${upstream.host.url}/octo/widget.git`);
  return {
    github,
    widget,
    upstream,
    tip: async (branch) => (await upstream.scene.git("rev-parse", branch)).trim(),
    serve: (overrides = {}, token = TOKEN) =>
      serveFolders(
        [
          {
            kind: "mirror",
            id: "widget",
            url,
            owner: "octo",
            name: "widget",
            ...(token && { authorization: basicAuthorization(token) }),
          },
        ],
        {
          settleMs: 20,
          github: { url: new URL(upstream.host.url), apiUrl: github.apiUrl },
          ...overrides,
        },
      ),
    async [Symbol.asyncDispose]() {
      await upstream[Symbol.asyncDispose]();
      await github[Symbol.asyncDispose]();
    },
  };
}
