import { ownerAndName } from "../git/config-list.ts";
import type { RemoteCredentials } from "../git/remote-credentials.ts";
import { RemoteError } from "../git/wire/remote-failure.ts";
import { basicAuthorization } from "../lib/basic-authorization.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { orAborted } from "../lib/or-aborted.ts";
import type { GithubApp } from "./github-app.ts";

/** What is told for now. */
interface Held {
  /** Where. */
  readonly href: string;
  readonly authorization: string | undefined;
  readonly isOfApp: boolean;
  /** From then on it is to be replaced. */
  readonly renewAtMs: number;
  /** From then on it is worth nothing. */
  readonly endsAtMs: number;
}

interface Pending {
  readonly href: string;
  readonly found: Promise<Held>;
}

/** A token that has less to live may end within a long fetch. */
const RENEW_BEFORE_END_MS = 600_000;
/** How long somebody who installs the App waits at most, where it can be read without. */
const LOOK_FOR_INSTALLATION_MS = 600_000;
/** When to try again what failed and was not needed yet. */
const RETRY_MS = 60_000;

const INSTALL_IT =
  "The GitHub App is not installed on this repository. Install it there, or add the repository to those that its installation may see.";
const REFUSED_TOO = `The remote refused the token in STACKIT_GIT_TOKEN, and no other is at hand: ${INSTALL_IT}`;

/**
 * Tells one repository at GitHub a token that its App makes: one that can read that repository and nothing else. It is made when it
 * is needed, shared by all who ask, and replaced in time. Where the App is not installed, `otherwise` is told instead.
 */
export class GithubAppCredentials implements RemoteCredentials {
  readonly #app: GithubApp;
  readonly #otherwise: string | undefined;
  readonly #clock: Clock;
  #held: Held | undefined;
  #pending: Pending | undefined;

  /** `clock` is that of the App. */
  constructor(
    app: GithubApp,
    { otherwise, clock = systemClock }: { otherwise?: string | undefined; clock?: Clock },
  ) {
    this.#app = app;
    this.#otherwise = otherwise;
    this.#clock = clock;
  }

  async authorization({ href }: URL, signal: AbortSignal): Promise<string | undefined> {
    const held = this.#heldFor(href);
    if (!held) return (await this.#ask(href, signal)).authorization;
    if (this.#clock.now() < held.renewAtMs) return held.authorization;
    try {
      return (await this.#ask(href, signal)).authorization;
    } catch (error) {
      if (!isPassing(error) || this.#clock.now() >= held.endsAtMs) throw error;
      this.#held = { ...held, renewAtMs: this.#clock.now() + RETRY_MS };
      return held.authorization;
    }
  }

  async renew({ href }: URL, refused: string | undefined, signal: AbortSignal): Promise<string | undefined> {
    // Otherwise another asker has renewed it meanwhile.
    if (this.#held?.authorization === refused) this.#held = undefined;
    const { authorization, isOfApp } = this.#heldFor(href) ?? (await this.#ask(href, signal));
    if (isOfApp || (authorization !== undefined && authorization !== refused)) return authorization;
    throw new RemoteError("auth-failed", authorization === undefined ? INSTALL_IT : REFUSED_TOO);
  }

  #heldFor(href: string): Held | undefined {
    return this.#held?.href === href ? this.#held : undefined;
  }

  /** Shared, so no single asker's signal ends it. */
  #ask(href: string, signal: AbortSignal): Promise<Held> {
    if (this.#pending?.href !== href) {
      const pending: Pending = {
        href,
        found: this.#find(href).finally(() => {
          if (this.#pending === pending) this.#pending = undefined;
        }),
      };
      this.#pending = pending;
    }
    return orAborted(this.#pending.found, signal);
  }

  async #find(href: string): Promise<Held> {
    const repository = ownerAndName(href);
    const found = repository && (await this.#app.readingToken(repository));
    this.#held = found
      ? {
          href,
          authorization: basicAuthorization(found.token),
          isOfApp: true,
          renewAtMs: found.expiresAtMs - RENEW_BEFORE_END_MS,
          endsAtMs: found.expiresAtMs,
        }
      : {
          href,
          authorization: this.#otherwise,
          isOfApp: false,
          renewAtMs: this.#clock.now() + LOOK_FOR_INSTALLATION_MS,
          endsAtMs: Number.POSITIVE_INFINITY,
        };
    return this.#held;
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof RemoteError && error.failure !== "auth-failed" && error.failure !== "aborted";
}
