import type { KeyObject } from "node:crypto";
import { createAppAuth } from "@octokit/auth-app";
import type { Octokit } from "@octokit/core";
import { RemoteError } from "../git/wire/remote-failure.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { githubFailure } from "./github-failure.ts";
import { newOctokit } from "./new-octokit.ts";

export interface GithubAppOptions {
  /** Its number, or its client id. */
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly apiUrl: URL;
  readonly clock?: Clock;
  /** Of one question. Default 10 s. */
  readonly timeoutMs?: number;
}

/** As a URL calls it, which may be an older name. */
export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
}

/** The App as GitHub knows it. */
export interface AboutApp {
  readonly name: string;
  /** Where a person can install it. */
  readonly installUrl: string;
}

/** What the App may do with a repository. */
export interface Installation {
  readonly id: number;
  readonly isSuspended: boolean;
  /** What it may read, or more than that. */
  readonly permissions: readonly string[];
  /** When the repository has another name by now. */
  readonly repositoryId?: number;
}

export interface RepositoryToken {
  /** Secret. */
  readonly token: string;
  /** On the App's clock. */
  readonly expiresAtMs: number;
}

export interface FactsToken extends RepositoryToken {
  readonly mayReadChecks: boolean;
}

const TIMEOUT_MS = 10_000;
/** No more than fetching needs. */
const PERMISSIONS = { contents: "read", metadata: "read" } as const;
/** For submits. */
const WRITE_PERMISSIONS = { contents: "write", pull_requests: "write" } as const;
const CHECKS_PERMISSIONS = ["checks", "statuses"];
/** No more than pull requests and their checks need: the checks hang on commits, which are contents. */
const FACTS_PERMISSIONS = ["metadata", "contents", "pull_requests", ...CHECKS_PERMISSIONS];
const NOT_GITHUB =
  "What answers in the place of GitHub's API is something else; check STACKIT_GITHUB_API_URL.";
const SUSPENDED =
  "The installation of the GitHub App that this repository belongs to is suspended. Its owner can unsuspend it in the settings at GitHub.";
const MAY_NOT_READ =
  "The GitHub App may not read what is in this repository. Give it the permission Contents: Read, and accept that where it is installed.";

const MAY_NOT_READ_PULLS =
  "The GitHub App may not read the pull requests of this repository. Give it the permissions Pull requests: Read, Checks: Read and Commit statuses: Read, and accept that where it is installed.";

/**
 * Asks GitHub on behalf of an App. Every question has a limit of time, and none is asked before the time that GitHub asked to be
 * left alone for is over. Disposal ends the questions that are under way.
 */
export class GithubApp implements Disposable {
  readonly #octokit: Octokit;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #closing = new AbortController();
  #quietUntilMs = Number.NEGATIVE_INFINITY;

  constructor({ id, privateKey, apiUrl, clock = systemClock, timeoutMs = TIMEOUT_MS }: GithubAppOptions) {
    this.#octokit = newOctokit(apiUrl.href.replace(/\/$/, ""), {
      authStrategy: createAppAuth,
      auth: {
        appId: /^\d+$/.test(id) ? Number(id) : id,
        privateKey: privateKey.export({ type: "pkcs8", format: "pem" }),
      },
    });
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws {RemoteError} */
  async about(): Promise<AboutApp> {
    const { data } = await this.#ask((request) => this.#octokit.request("GET /app", { request }));
    if (typeof data?.html_url !== "string") throw new RemoteError("error", NOT_GITHUB);
    return { name: data.name, installUrl: `${data.html_url}/installations/new` };
  }

  /** Undefined when the App is not installed on that repository, or there is none. @throws {RemoteError} */
  async installation({ owner, name: repo }: RepositoryName): Promise<Installation | undefined> {
    const answer = await this.#askForWhatMayBeMissing((request) =>
      this.#octokit.request("GET /repos/{owner}/{repo}/installation", { owner, repo, request }),
    );
    if (!answer) return undefined;
    const { data, url } = answer;
    if (typeof data?.id !== "number") throw new RemoteError("error", NOT_GITHUB);
    // A renamed repository is redirected to its number.
    const [, repositoryId] = /\/repositories\/(\d+)\/installation$/.exec(url) ?? [];
    return {
      id: data.id,
      isSuspended: data.suspended_at !== null,
      permissions: Object.keys(data.permissions),
      ...(repositoryId !== undefined && { repositoryId: Number(repositoryId) }),
    };
  }

  /**
   * A new token that can read that one repository and do nothing else. Undefined when the App is not installed on it.
   * @throws {RemoteError}
   */
  async readingToken(repository: RepositoryName): Promise<RepositoryToken | undefined> {
    const installation = await this.installation(repository);
    if (!installation) return undefined;
    if (installation.isSuspended) throw new RemoteError("auth-failed", SUSPENDED);
    if (!installation.permissions.includes("contents")) throw new RemoteError("auth-failed", MAY_NOT_READ);
    return this.#makeToken(repository, installation, PERMISSIONS);
  }

  /**
   * A new token that can read that one repository's pull requests, and their checks where the App may. Undefined when the App is not
   * installed on it. @throws {RemoteError}
   */
  async factsToken(repository: RepositoryName): Promise<FactsToken | undefined> {
    const installation = await this.installation(repository);
    if (!installation) return undefined;
    const { isSuspended, permissions } = installation;
    if (isSuspended) throw new RemoteError("auth-failed", SUSPENDED);
    if (!permissions.includes("pull_requests")) throw new RemoteError("auth-failed", MAY_NOT_READ_PULLS);
    const wanted = FACTS_PERMISSIONS.filter((name) => permissions.includes(name));
    const asked = Object.fromEntries(wanted.map((name) => [name, "read" as const]));
    const made = await this.#makeToken(repository, installation, asked);
    return made && { ...made, mayReadChecks: CHECKS_PERMISSIONS.every((name) => permissions.includes(name)) };
  }

  /**
   * A new token that can push to that one repository and write its pull requests. Undefined when the App is not installed on it.
   * @throws {RemoteError}
   */
  async writingToken(repository: RepositoryName): Promise<RepositoryToken | undefined> {
    const installation = await this.installation(repository);
    if (!installation) return undefined;
    if (installation.isSuspended) throw new RemoteError("auth-failed", SUSPENDED);
    return this.#makeToken(repository, installation, WRITE_PERMISSIONS);
  }

  async #makeToken(
    repository: RepositoryName,
    { id: installation_id, repositoryId }: Installation,
    permissions: Readonly<Record<string, "read" | "write">>,
  ): Promise<RepositoryToken | undefined> {
    const answer = await this.#askForWhatMayBeMissing((request) =>
      this.#octokit.request("POST /app/installations/{installation_id}/access_tokens", {
        installation_id,
        ...(repositoryId === undefined
          ? { repositories: [repository.name] }
          : { repository_ids: [repositoryId] }),
        permissions,
        request,
      }),
    );
    if (!answer) return undefined;
    const { data, headers } = answer;
    // By GitHub's clock, which need not be ours.
    const lifetimeMs =
      Date.parse(data?.expires_at) - (Date.parse(headers.date ?? "") || this.#clock.wallNow());
    if (typeof data?.token !== "string" || Number.isNaN(lifetimeMs))
      throw new RemoteError("error", NOT_GITHUB);
    return { token: data.token, expiresAtMs: this.#clock.now() + lifetimeMs };
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
  }

  async #askForWhatMayBeMissing<T>(
    send: (request: { signal: AbortSignal }) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await this.#ask(send);
    } catch (error) {
      if (error instanceof RemoteError && error.failure === "not-found") return undefined;
      throw error;
    }
  }

  async #ask<T>(send: (request: { signal: AbortSignal }) => Promise<T>): Promise<T> {
    const retryAfterMs = this.#quietUntilMs - this.#clock.now();
    if (retryAfterMs > 0) {
      throw new RemoteError("rate-limited", "GitHub asked to be left alone for a while.", { retryAfterMs });
    }
    const signal = AbortSignal.any([AbortSignal.timeout(this.#timeoutMs), this.#closing.signal]);
    try {
      const answer = await send({ signal });
      // An answer that was cut short looks whole.
      signal.throwIfAborted();
      return answer;
    } catch (error) {
      const failure = githubFailure(error);
      if (failure.retryAfterMs !== undefined) {
        this.#quietUntilMs = Math.max(this.#quietUntilMs, this.#clock.now() + failure.retryAfterMs);
      }
      throw failure;
    }
  }
}
