import type { Config } from "../config/config.ts";
import { isSsh, onGithub } from "../config/remote-url.ts";
import type { MirrorConfig } from "../config/repos-file.ts";
import type { GithubApp } from "../forge/github-app.ts";
import type { GithubChannel } from "../forge/github-channel.ts";
import type { GithubPullRequests } from "../forge/github-pull-requests.ts";
import { tokenOf } from "../lib/basic-authorization.ts";

/** Why nobody asks a forge, in a sentence for a person. */
export type NoForge = { readonly off: string };

const NO_TOKEN =
  "No token is at hand, and GitHub tells nobody else: set STACKIT_GIT_TOKEN, or install the GitHub App on this repository.";

/** Makes the ways by which mirrors' forges are asked for pull requests, with the credentials that they are fetched with. */
export class ForgeSources {
  readonly #config: Config;
  readonly #githubApp: GithubApp | undefined;
  /** By whose quota it is. */
  readonly #channels = new Map<string, GithubChannel>();

  constructor(config: Config, githubApp: GithubApp | undefined) {
    this.#config = config;
    this.#githubApp = githubApp;
  }

  /** That were sent. */
  get requests(): number {
    return [...this.#channels.values()].reduce((sum, { requests }) => sum + requests, 0);
  }

  /** Of the one who has the least left; undefined while that is not known. */
  get quotaRemaining(): number | undefined {
    const known = [...this.#channels.values()].flatMap(({ quota }) => quota?.remaining ?? []);
    return known.length > 0 ? Math.min(...known) : undefined;
  }

  /** Undefined for a repository that is on no forge that can be asked. */
  async open(mirror: MirrorConfig): Promise<GithubPullRequests | NoForge | undefined> {
    const { url, authorization, namesCredentials } = mirror;
    const { github } = this.#config;
    const byKey = isSsh(url) && url.hostname === github.url.hostname;
    const name = byKey ? nameOf(mirror) : onGithub(url, github.url);
    if (!name) return undefined;
    // A key that fetches opens no API.
    const token = byKey ? github.token : authorization === undefined ? undefined : tokenOf(authorization);
    const app = namesCredentials && !byKey ? undefined : this.#githubApp;
    if (!app && token === undefined) return { off: NO_TOKEN };
    // What they are made of takes a while to load, and most servers have none.
    const [{ GithubPullRequests }, { fixedTokens, GithubAppTokens }] = await Promise.all([
      import("../forge/github-pull-requests.ts"),
      import("../forge/api-tokens.ts"),
    ]);
    const channel = await this.#channel(app ? `app ${name.owner.toLowerCase()}` : `token ${token}`);
    return new GithubPullRequests(channel, app ? new GithubAppTokens(app, token) : fixedTokens(token ?? ""));
  }

  async #channel(owner: string): Promise<GithubChannel> {
    const { GithubChannel } = await import("../forge/github-channel.ts");
    let channel = this.#channels.get(owner);
    if (!channel) {
      channel = new GithubChannel({ apiUrl: this.#config.github.apiUrl });
      this.#channels.set(owner, channel);
    }
    return channel;
  }
}

function nameOf({ owner, name }: MirrorConfig): { owner: string; name: string } | undefined {
  return owner === undefined || name === undefined ? undefined : { owner, name };
}
