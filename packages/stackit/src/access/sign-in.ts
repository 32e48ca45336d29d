import { createHash, timingSafeEqual } from "node:crypto";
import type { GithubPeople } from "../forge/github-people.ts";
import { RemoteError } from "../git/wire/remote-failure.ts";
import type { Clock } from "../lib/clock.ts";
import { newSecret } from "../lib/secret-hash.ts";
import type { Vault } from "../lib/vault.ts";
import type { Session, Sessions } from "../store/sessions.ts";
import type { AllowedPeople } from "./allow-list.ts";
import { type PeopleWatch, personIdOf } from "./people-watch.ts";

export interface SignInOptions {
  readonly github: Pick<GithubPeople, "authorizeUrl" | "exchange" | "revoke">;
  readonly githubUrl: URL;
  readonly watch: PeopleWatch;
  readonly sessions: Sessions;
  readonly vault: Vault;
  readonly allowed: AllowedPeople;
  readonly clock: Clock;
}

/** From where somebody signs in. */
export interface Browser {
  readonly address: string;
  readonly agent: string;
}

export interface Begun {
  /** Where the browser is sent. */
  readonly url: URL;
  /** What the browser keeps until it comes back; opens nothing. */
  readonly keepsake: string;
}

export type Finished =
  | {
      readonly kind: "signed-in";
      readonly secret: string;
      readonly session: Session;
      readonly login: string;
      readonly returnTo: string;
    }
  | {
      readonly kind: "refused";
      /** `expired`: begin again. `cancelled`: by the person. `not-allowed`: not on the list. `forge`: it did not answer. */
      readonly why: "expired" | "cancelled" | "not-allowed" | "forge";
      readonly login?: string;
      readonly returnTo: string;
    };

interface Keepsake {
  readonly state: string;
  readonly verifier: string;
  readonly returnTo: string;
  readonly beganAtMs: number;
}

/** How long a person may take at the forge. */
export const SIGN_IN_WITHIN_MS = 10 * 60_000;
const PLACE = "sign-in";

/**
 * Sign-in by the authorization code flow (RFC 6749, 4.1) with PKCE (RFC 7636). The state is bound to the browser that began: what came
 * back with another browser's, or a second time, is refused.
 */
export class SignIn {
  readonly #options: SignInOptions;
  /** States that came back, until they would have expired anyway. */
  readonly #used = new Map<string, number>();

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /** `returnTo`: where the person wanted to go; another site's address counts as none. `chooses`: with another account. */
  begin(returnTo: string | undefined, redirectUrl: string, { chooses = false } = {}): Begun {
    const { github, vault, clock, allowed } = this.#options;
    const [state, verifier] = [newSecret(), newSecret()];
    const keepsake: Keepsake = { state, verifier, returnTo: ownPath(returnTo), beganAtMs: clock.wallNow() };
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    // Without `repo` an OAuth App may not even say whether a person can read a private repository.
    const scopes = ["repo", ...(allowed.org === undefined ? [] : ["read:org"])];
    return {
      url: github.authorizeUrl({ state, challenge, redirectUrl, scopes, chooses }),
      keepsake: vault.seal(JSON.stringify(keepsake), PLACE),
    };
  }

  /** `before`: the session that the browser had, which ends. */
  async finish(
    { code, state }: { code?: string | undefined; state?: string | undefined },
    kept: string | undefined,
    redirectUrl: string,
    browser: Browser,
    before?: Pick<Session, "id" | "personId">,
  ): Promise<Finished> {
    const { github, githubUrl, watch, sessions, allowed } = this.#options;
    const keepsake = this.#open(kept);
    if (!keepsake || !this.#isNew(keepsake, state)) return { kind: "refused", why: "expired", returnTo: "/" };
    const { verifier, returnTo } = keepsake;
    if (code === undefined) return { kind: "refused", why: "cancelled", returnTo };
    try {
      const tokens = await github.exchange(code, verifier, redirectUrl);
      const about = await watch.ask(tokens);
      const { login } = about;
      const id = personIdOf(githubUrl, about.id);
      const isAllowed = await allowed.has(id, about);
      if (!isAllowed) {
        await github.revoke(tokens.token).catch(() => {});
        if (isAllowed === undefined) return { kind: "refused", why: "forge", returnTo };
        return { kind: "refused", why: "not-allowed", login, returnTo };
      }
      await watch.welcome(about, tokens, id);
      if (before) watch.endSessions(before.personId, await sessions.end(before.personId, before.id));
      const { secret, session } = await sessions.begin(id, browser);
      return { kind: "signed-in", secret, session, login, returnTo };
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      return { kind: "refused", why: error.failure === "auth-failed" ? "expired" : "forge", returnTo };
    }
  }

  /** Everywhere; what the forge gave is given back to it. */
  async signOut(personId: string): Promise<void> {
    const token = await this.#options.watch.forget(personId);
    if (token !== undefined) await this.#options.github.revoke(token).catch(() => {});
  }

  #open(kept: string | undefined): Keepsake | undefined {
    const opened = kept === undefined ? undefined : this.#options.vault.open(kept, PLACE);
    return opened === undefined ? undefined : JSON.parse(opened);
  }

  /** Whether it is the state that this browser was sent with, in time, for the first time. */
  #isNew({ state, beganAtMs }: Keepsake, came: string | undefined): boolean {
    const now = this.#options.clock.wallNow();
    for (const [used, untilMs] of this.#used) if (untilMs < now) this.#used.delete(used);
    if (came === undefined || !isSame(came, state) || now - beganAtMs > SIGN_IN_WITHIN_MS) return false;
    if (this.#used.has(state)) return false;
    this.#used.set(state, beganAtMs + SIGN_IN_WITHIN_MS);
    return true;
  }
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A path of this site; whatever could lead a browser elsewhere is none. */
export function ownPath(path: string | undefined): string {
  const url = path?.startsWith("/") ? URL.parse(path, "http://here.invalid") : null;
  if (url?.host !== "here.invalid" || url.username !== "") return "/";
  // What is left once dots are resolved: `/..//there` is another site's address.
  const { pathname, search, hash } = url;
  return /^\/(?![/\\])/.test(pathname) && !isSignIn(pathname) ? pathname + search + hash : "/";
}

/** Routes are found by the decoded path. */
function isSignIn(pathname: string): boolean {
  try {
    return /^\/auth(\/|$)/i.test(decodeURIComponent(pathname));
  } catch {
    return true;
  }
}
