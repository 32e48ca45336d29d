import type { Octokit } from "@octokit/core";
import { RemoteError } from "../git/wire/remote-failure.ts";
import { asFields } from "../stacks/json-fields.ts";
import { githubFailure } from "./github-failure.ts";
import { readGraphqlAnswer } from "./graphql-answer.ts";
import { newOctokit } from "./new-octokit.ts";

export interface GithubPeopleOptions {
  /** Where people sign in. */
  readonly url: URL;
  readonly apiUrl: URL;
  readonly clientId: string;
  /** Secret. */
  readonly clientSecret: string;
  /** Of one question. Default 10 s. */
  readonly timeoutMs?: number;
  readonly wallNow?: () => number;
}

/** What GitHub gives to ask in a person's name. Secret. */
export interface PersonTokens {
  readonly token: string;
  /** Absent: it does not expire by itself. */
  readonly expiresAtMs?: number;
  readonly refreshToken?: string;
}

/** A repository to ask about. The number tells it from another that took its name. */
export interface AskedRepo {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
}

export interface AboutRepo {
  readonly forgeRepoId: number;
  /** Whether the person may write there. */
  readonly mayWrite: boolean;
}

export interface AboutPerson {
  /** GitHub's number, which stays when the person takes another login. */
  readonly id: number;
  readonly login: string;
  /** Of the organisation that was asked for; undefined when GitHub did not say. */
  readonly isMember: boolean | undefined;
  /** By the ids of the question; those that the person can read. */
  readonly repos: ReadonlyMap<string, AboutRepo>;
  /** Those of the question that GitHub did not say anything about. */
  readonly unanswered: ReadonlySet<string>;
}

/** What GitHub says of a client that nobody signs in with just now. */
export interface AboutClient {
  readonly says: "accepted" | "wrong-secret" | "wrong-callback";
  /** Its own clock, in epoch milliseconds. */
  readonly wallMs?: number;
}

const TIMEOUT_MS = 10_000;
/** In one question; GitHub takes more, and answers slowly. */
const REPOS_AT_ONCE = 100;
const WRITING: ReadonlySet<unknown> = new Set(["WRITE", "MAINTAIN", "ADMIN"]);
/** Any other error leaves open what it is about: an organisation that wants its own single sign-on forbids even to say. */
const SAYS_NO = "NOT_FOUND";
const NOT_GITHUB = "What answered is not GitHub.";
const NOT_ITS_SECRET = "GitHub does not accept the client secret.";
const NO_CLIENT = "GitHub does not know the client id, or what answers is not GitHub.";
const REFUSALS = {
  unauthorized: "GitHub does not accept the person's sign-in any more.",
  forbidden: "GitHub forbids this to the person's sign-in.",
  suspended: "GitHub has suspended the person.",
};

/** Asks GitHub in the names of people, with what they gave when they signed in. */
export class GithubPeople {
  readonly #options: GithubPeopleOptions;
  readonly #octokit: Octokit;
  readonly #graphqlUrl: string;
  readonly #wallNow: () => number;
  readonly #closing = new AbortController();

  constructor(options: GithubPeopleOptions) {
    const baseUrl = options.apiUrl.href.replace(/\/$/, "");
    this.#options = options;
    this.#octokit = newOctokit(baseUrl);
    this.#graphqlUrl = `${baseUrl.replace(/\/api\/v3$/, "/api")}/graphql`;
    this.#wallNow = options.wallNow ?? Date.now;
  }

  /** Where a person goes to sign in. An OAuth App sees no more than its scopes; a GitHub App has permissions instead. */
  authorizeUrl(asked: {
    readonly state: string;
    /** Of the verifier: S256 (RFC 7636). */
    readonly challenge: string;
    readonly redirectUrl: string;
    readonly scopes: readonly string[];
    /** Lets the person choose, also when only one account is signed in there. */
    readonly chooses?: boolean;
  }): URL {
    const url = new URL("login/oauth/authorize", this.#options.url);
    url.search = new URLSearchParams({
      client_id: this.#options.clientId,
      redirect_uri: asked.redirectUrl,
      state: asked.state,
      code_challenge: asked.challenge,
      code_challenge_method: "S256",
      allow_signup: "false",
      ...(asked.chooses && { prompt: "select_account" }),
      ...(!isGithubApp(this.#options.clientId) && { scope: asked.scopes.join(" ") }),
    }).toString();
    return url;
  }

  /** What the code is worth, once. @throws {RemoteError} `auth-failed` for a code that is worth nothing. */
  exchange(code: string, verifier: string, redirectUrl: string): Promise<PersonTokens> {
    return this.#tokens({ code, code_verifier: verifier, redirect_uri: redirectUrl });
  }

  /** @throws {RemoteError} `auth-failed` when it is not taken any more. */
  refresh(refreshToken: string): Promise<PersonTokens> {
    return this.#tokens({ grant_type: "refresh_token", refresh_token: refreshToken });
  }

  /** Asks with a code that is worth nothing, which GitHub looks at last. @throws {RemoteError} */
  async checkClient(redirectUrl: string): Promise<AboutClient> {
    const nothing = { code: "0".repeat(20), code_verifier: "0".repeat(43), redirect_uri: redirectUrl };
    const { data, headers } = await this.#askForTokens(nothing).catch((error: unknown) => {
      throw isMissing(error) ? new RemoteError("not-found", NO_CLIENT) : error;
    });
    const wallMs = Date.parse(headers.date ?? "");
    const about = (says: AboutClient["says"]) => ({ says, ...(!Number.isNaN(wallMs) && { wallMs }) });
    switch (asFields(data)?.error) {
      case "bad_verification_code":
        return about("accepted");
      case "incorrect_client_credentials":
        return about("wrong-secret");
      case "redirect_uri_mismatch":
        return about("wrong-callback");
      default:
        throw new RemoteError("error", NOT_GITHUB);
    }
  }

  /** Whether there is an organisation of this name. @throws {RemoteError} */
  async hasOrg(org: string, token: string | undefined): Promise<boolean> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    try {
      await this.#ask((request) => this.#octokit.request("GET /orgs/{org}", { org, headers, request }));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /** Gives the token back, so that it opens nothing any more. @throws {RemoteError} */
  async revoke(token: string): Promise<void> {
    const { clientId, clientSecret } = this.#options;
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
    await this.#ask((request) =>
      this.#octokit.request("DELETE /applications/{client_id}/token", {
        client_id: clientId,
        access_token: token,
        headers: { authorization: `Basic ${basic}` },
        request,
      }),
    );
  }

  /**
   * Who the person is, and what the person can read of these repositories, by one question for a hundred of them.
   * @throws {RemoteError} `auth-failed` when GitHub does not take the token any more.
   */
  async about(token: string, org: string | undefined, repos: readonly AskedRepo[]): Promise<AboutPerson> {
    let about: AboutPerson | undefined;
    for (let start = 0; start === 0 || start < repos.length; start += REPOS_AT_ONCE) {
      const page = await this.#aboutSome(token, org, repos.slice(start, start + REPOS_AT_ONCE));
      about = about ? joined(about, page) : page;
    }
    if (!about) throw new RemoteError("error", NOT_GITHUB);
    return about;
  }

  async #aboutSome(
    token: string,
    org: string | undefined,
    repos: readonly AskedRepo[],
  ): Promise<AboutPerson> {
    const variables: Record<string, string> = org === undefined ? {} : { org };
    const declared = org === undefined ? [] : ["$org: String!"];
    const fields = repos.map(({ owner, name }, index) => {
      variables[`owner${index}`] = owner;
      variables[`name${index}`] = name;
      declared.push(`$owner${index}: String!`, `$name${index}: String!`);
      return `r${index}: repository(owner: $owner${index}, name: $name${index}) { databaseId viewerPermission }`;
    });
    const member = org === undefined ? "" : "organization(login: $org) { viewerIsAMember }";
    const head = declared.length > 0 ? `(${declared.join(", ")})` : "";
    const query = `query${head} { viewer { databaseId login ${member} } ${fields.join(" ")} }`;
    const answer = await this.#ask((request) =>
      this.#octokit.request({
        method: "POST",
        url: this.#graphqlUrl,
        query,
        variables,
        headers: { authorization: `Bearer ${token}` },
        request,
      }),
    );
    const { data, errors } = readGraphqlAnswer(answer.data);
    if (errors.some(({ isTooQuick }) => isTooQuick)) {
      throw new RemoteError("rate-limited", "GitHub asks to be left alone for a while.");
    }
    const viewer = asFields(data?.viewer);
    // Of what it could not look up just now it says null, as of what is not there.
    const isUnsure = (...place: string[]) =>
      errors.some(
        ({ path, type }) => type !== SAYS_NO && place.every((part, at) => part === (path[at] ?? part)),
      );
    const said = asFields(viewer?.organization)?.viewerIsAMember;
    const unanswered = repos.filter(
      ({ id }, index) => readRepo(id, data?.[`r${index}`]).length === 0 && isUnsure(`r${index}`),
    );
    if (typeof viewer?.databaseId !== "number" || typeof viewer.login !== "string") {
      throw new RemoteError("error", NOT_GITHUB);
    }
    return {
      id: viewer.databaseId,
      login: viewer.login,
      isMember: typeof said === "boolean" ? said : isUnsure("viewer", "organization") ? undefined : false,
      repos: new Map(repos.flatMap(({ id }, index) => readRepo(id, data?.[`r${index}`]))),
      unanswered: new Set(unanswered.map(({ id }) => id)),
    };
  }

  async #tokens(parameters: Readonly<Record<string, string>>): Promise<PersonTokens> {
    const answer = await this.#askForTokens(parameters);
    const data = asFields(answer.data);
    // It refuses with 200, and its words are for nobody but the operator of an App.
    if (data?.error === "incorrect_client_credentials") throw new RemoteError("error", NOT_ITS_SECRET);
    if (typeof data?.error === "string") throw new RemoteError("auth-failed", REFUSALS.unauthorized);
    if (typeof data?.access_token !== "string") throw new RemoteError("error", NOT_GITHUB);
    const { expires_in: expiresInSec, refresh_token: refreshToken } = data;
    return {
      token: data.access_token,
      ...(typeof expiresInSec === "number" && { expiresAtMs: this.#wallNow() + expiresInSec * 1000 }),
      ...(typeof refreshToken === "string" && { refreshToken }),
    };
  }

  #askForTokens(parameters: Readonly<Record<string, string>>) {
    const { url, clientId, clientSecret } = this.#options;
    return this.#ask((request) =>
      this.#octokit.request({
        method: "POST",
        baseUrl: url.href.replace(/\/$/, ""),
        url: "/login/oauth/access_token",
        headers: { accept: "application/json" },
        client_id: clientId,
        client_secret: clientSecret,
        ...parameters,
        request,
      }),
    );
  }

  async #ask<T>(send: (request: { signal: AbortSignal }) => Promise<T>): Promise<T> {
    const timeout = AbortSignal.timeout(this.#options.timeoutMs ?? TIMEOUT_MS);
    const signal = AbortSignal.any([timeout, this.#closing.signal]);
    try {
      const answer = await send({ signal });
      // An answer that was cut short looks whole.
      signal.throwIfAborted();
      return answer;
    } catch (error) {
      const failure = githubFailure(error, REFUSALS);
      // It is GitHub that does not want to, for a reason of its own: nobody took the sign-in back.
      throw failure.message === REFUSALS.forbidden ? new RemoteError("error", failure.message) : failure;
    }
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof RemoteError && error.failure === "not-found";
}

function joined(one: AboutPerson, other: AboutPerson): AboutPerson {
  return {
    ...one,
    isMember: one.isMember === other.isMember ? one.isMember : undefined,
    repos: new Map([...one.repos, ...other.repos]),
    unanswered: new Set([...one.unanswered, ...other.unanswered]),
  };
}

/** The ids of OAuth Apps begin otherwise. */
function isGithubApp(clientId: string): boolean {
  return clientId.startsWith("Iv");
}

function readRepo(id: string, found: unknown): [string, AboutRepo][] {
  const { databaseId, viewerPermission } = asFields(found) ?? {};
  // Null for a repository that everybody can read, and where the person is nobody in particular.
  if (typeof databaseId !== "number") return [];
  return [[id, { forgeRepoId: databaseId, mayWrite: WRITING.has(viewerPermission) }]];
}
