import { RemoteError } from "../git/wire/remote-failure.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { orAborted } from "../lib/or-aborted.ts";
import type { FactsToken, GithubApp, RepositoryName } from "./github-app.ts";
import type { ApiToken, ApiTokens } from "./github-pull-requests.ts";

/** One that has less to live may end before the answer. */
const RENEW_BEFORE_END_MS = 300_000;

/** How long somebody who installs the App waits at most. */
const LOOK_FOR_INSTALLATION_MS = 600_000;

const NO_TOKEN =
  "No token is at hand: install the GitHub App on this repository, or set STACKIT_GIT_TOKEN to a token that may read its pull requests.";

/** The same for ever, such as one from a variable. */
export function fixedTokens(token: string): ApiTokens {
  return { tokenFor: async () => ({ token, mayReadChecks: true }), renew: () => false };
}

/** Those that an App makes for one repository, when they are needed; where it is not installed, `otherwise`. */
export class GithubAppTokens implements ApiTokens {
  readonly #app: GithubApp;
  readonly #otherwise: string | undefined;
  readonly #clock: Pick<Clock, "now">;
  #held: FactsToken | undefined;
  /** Until then it is not installed. */
  #lookAgainAtMs = Number.NEGATIVE_INFINITY;
  #making: Promise<FactsToken | undefined> | undefined;

  /** `clock` is that of the App. */
  constructor(app: GithubApp, otherwise: string | undefined, clock: Pick<Clock, "now"> = systemClock) {
    this.#app = app;
    this.#otherwise = otherwise;
    this.#clock = clock;
  }

  /** @throws {RemoteError} */
  async tokenFor(repository: RepositoryName, signal: AbortSignal): Promise<ApiToken> {
    if (this.#held && this.#clock.now() < this.#held.expiresAtMs - RENEW_BEFORE_END_MS) return this.#held;
    if (this.#clock.now() >= this.#lookAgainAtMs) {
      this.#making ??= this.#app.factsToken(repository).finally(() => {
        this.#making = undefined;
      });
      this.#held = await orAborted(this.#making, signal);
      if (this.#held) return this.#held;
      this.#lookAgainAtMs = this.#clock.now() + LOOK_FOR_INSTALLATION_MS;
    }
    if (this.#otherwise === undefined) throw new RemoteError("auth-failed", NO_TOKEN);
    return { token: this.#otherwise, mayReadChecks: true };
  }

  renew(refused: ApiToken): boolean {
    if (this.#held?.token === refused.token) this.#held = undefined;
    return refused.token !== this.#otherwise;
  }
}
