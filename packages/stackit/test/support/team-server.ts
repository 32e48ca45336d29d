import { randomBytes } from "node:crypto";
import type { Config } from "../../src/config/config.ts";
import type { RepoConfig } from "../../src/config/repos-file.ts";
import type { SignInConfig } from "../../src/config/sign-in.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { type DoublePerson, type GithubPeopleDouble, githubPeopleDouble } from "./github-people-double.ts";
import { type ServedFolders, serveFolders } from "./served-folders.ts";

export interface TeamServer extends AsyncDisposable {
  readonly url: string;
  readonly github: GithubPeopleDouble;
  readonly served: ServedFolders;
  /** To whom it is open, for another server that is to be like it. */
  readonly opening: Pick<Config, "posture" | "github"> & { readonly signIn: SignInConfig };
  /** Signs in as a browser would. */
  signIn(person: DoublePerson, returnTo?: string): Promise<Browser>;
  browser(): Browser;
}

/** Keeps cookies, follows no redirect, and says where it comes from, as a browser does. */
export class Browser {
  readonly #origin: string;
  readonly cookies = new Map<string, string>();

  constructor(origin: string) {
    this.#origin = origin;
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(path, this.#origin);
    const isHome = url.origin === this.#origin;
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...Object(init.headers), ...(isHome && cookie !== "" && { cookie }) };
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    if (isHome) for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  async status(path: string, init: RequestInit = {}): Promise<number> {
    const response = await this.fetch(path, init);
    await response.body?.cancel();
    return response.status;
  }

  /** To where a redirect leads. */
  async follow(path: string): Promise<string> {
    const response = await this.fetch(path);
    await response.body?.cancel();
    return response.headers.get("location") ?? `(${response.status})`;
  }

  #keep(line: string): void {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/max-age=0\b/i.test(line)) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

/** A server with sign-in, on loopback, for the people that `allowed` names, `root` among its operators. */
export async function teamServer(
  repos: (github: GithubPeopleDouble) => readonly RepoConfig[],
  {
    allowedUsers = ["ada", "robin"],
    allowedOrg,
    remoteHosts = [],
    clock,
    contact,
    ...overrides
  }: {
    allowedUsers?: string[];
    allowedOrg?: string;
    remoteHosts?: string[];
    clock?: Clock;
    contact?: string;
  } & Partial<Config> = {},
): Promise<TeamServer> {
  const github = await githubPeopleDouble();
  const place = { url: github.url, apiUrl: github.apiUrl };
  const opening: TeamServer["opening"] = {
    posture: "team",
    github: place,
    signIn: {
      clientId: github.clientId,
      clientSecret: github.clientSecret,
      keys: [randomBytes(32)],
      allowedUsers: new Set(allowedUsers),
      ...(allowedOrg !== undefined && { allowedOrg }),
      operators: new Set(["root"]),
      ...(contact !== undefined && { contact }),
      remoteHosts: new Set(remoteHosts),
      github: place,
    },
  };
  const served = await serveFolders(repos(github), { ...opening, ...overrides }, clock ? { clock } : {});
  const server: TeamServer = {
    url: served.url,
    github,
    served,
    opening,
    browser: () => new Browser(served.url),
    async signIn(person, returnTo = "/") {
      const browser = new Browser(served.url);
      github.signedIn = person;
      const there = await browser.follow(`/auth/login?return=${encodeURIComponent(returnTo)}`);
      await browser.follow(await browser.follow(there));
      return browser;
    },
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await github[Symbol.asyncDispose]();
    },
  };
  return server;
}
