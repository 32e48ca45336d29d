import type { AuditAction, AuditEntry } from "../contract/audit.ts";
import type { Role, Visibility } from "../contract/role.ts";
import type { Clock } from "../lib/clock.ts";
import type { ApiToken, ApiTokens } from "../store/api-tokens.ts";
import type { AuditLog } from "../store/audit-log.ts";
import type { Session, Sessions } from "../store/sessions.ts";
import { actorOf, anonymous, type Caller, LOCAL } from "./caller.ts";
import type { Member, PeopleWatch } from "./people-watch.ts";
import type { SignIn } from "./sign-in.ts";

/** What a request brought to say who sent it; nothing of it is believed yet. */
export interface Brought {
  /** Of the session's cookie. */
  readonly sessionSecret: string | undefined;
  /** Of the Authorization header. */
  readonly bearer: string | undefined;
}

/** What was found to be ours of that, without asking anybody. */
export type Credential =
  | { readonly kind: "none" }
  | { readonly kind: "session"; readonly session: Session }
  | { readonly kind: "token"; readonly token: ApiToken };

/** A repository, as far as it decides who sees it. */
export interface ShownRepo {
  readonly visibility: Visibility;
  /** The forge's number for it, where that is known. */
  readonly forgeRepoId: number | undefined;
}

/** What sign-in is made of; a server that has none of it is open to whoever reaches it, as far as its posture says. */
export interface TeamAccess {
  readonly watch: PeopleWatch;
  readonly signIn: SignIn;
  readonly sessions: Sessions;
  readonly apiTokens: ApiTokens;
}

export interface AccessOptions {
  readonly posture: "local" | "team" | "public";
  readonly clock: Clock;
  readonly audit: Pick<AuditLog, "write" | "list">;
  /** Undefined for a repository that is not served. */
  readonly repo: (repoId: string) => ShownRepo | undefined;
  /** Present on a team's server. */
  readonly team?: TeamAccess;
}

/** How often it is looked whether a token that has something open still holds. */
const TOKEN_CHECK_MS = 20_000;
/** How often it is written down that a token is used from an address. */
const TOKEN_USE_EVERY_MS = 86_400_000;
/** Pairs of token and address that are remembered for that. */
const MAX_TOKEN_USES = 10_000;

/** Decides who asks, and what they may see and do. */
export class Access {
  readonly #options: AccessOptions;
  readonly #anonymous: Caller;
  /** When each token was written down to be used from an address, oldest first. */
  readonly #tokenUses = new Map<string, number>();

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#anonymous = anonymous((repoId) =>
      options.posture === "public" && this.#visibilityOf(repoId) === "everyone" ? "reader" : undefined,
    );
  }

  get posture(): AccessOptions["posture"] {
    return this.#options.posture;
  }

  get team(): TeamAccess | undefined {
    return this.#options.team;
  }

  /** Who everybody is, whatever they bring, on a server that tells nobody apart; undefined on a team's. */
  get everybody(): Caller | undefined {
    const { posture, team } = this.#options;
    if (posture === "local") return LOCAL;
    return team ? undefined : this.#anonymous;
  }

  get audit(): AccessOptions["audit"] {
    return this.#options.audit;
  }

  /** Finds what was brought among what was given out. Asks no forge. */
  async recognize({ sessionSecret, bearer }: Brought): Promise<Credential> {
    const { team } = this.#options;
    if (!team) return { kind: "none" };
    if (bearer !== undefined) {
      const token = await team.apiTokens.find(bearer);
      return token ? { kind: "token", token } : { kind: "none" };
    }
    const session = sessionSecret === undefined ? undefined : await team.sessions.find(sessionSecret);
    return session ? { kind: "session", session } : { kind: "none" };
  }

  /** Who that is now. @throws {Unverified} */
  async identify(credential: Credential): Promise<Caller> {
    if (this.everybody) return this.everybody;
    if (credential.kind === "token") return this.#program(credential.token);
    const { team } = this.#options;
    if (!team || credential.kind === "none") return this.#anonymous;
    return this.#person(team, credential.session);
  }

  /** Writes down what somebody did; what cannot be written down has not been done: the caller waits for it. */
  async record(
    action: AuditAction,
    by: Pick<Caller, "kind" | "id" | "name"> | undefined,
    about: Pick<AuditEntry, "target" | "detail" | "address" | "requestId">,
  ): Promise<void> {
    await this.#options.audit.write({ action, ...(by && actorOf(by)), ...about });
  }

  /** Writes down that a program uses its token, once a day from each address. */
  async recordUse(by: Caller, about: Pick<AuditEntry, "address" | "requestId">): Promise<void> {
    if (by.kind !== "token") return;
    const use = `${by.id} ${about.address}`;
    const now = this.#options.clock.now();
    const last = this.#tokenUses.get(use);
    if (last !== undefined && now - last < TOKEN_USE_EVERY_MS) return;
    // Noted first, so that of many requests at once only one writes.
    this.#tokenUses.delete(use);
    this.#tokenUses.set(use, now);
    const [oldest] = this.#tokenUses.size > MAX_TOKEN_USES ? this.#tokenUses.keys() : [];
    if (oldest !== undefined) this.#tokenUses.delete(oldest);
    try {
      await this.record("token-used", by, about);
    } catch (error) {
      this.#tokenUses.delete(use);
      throw error;
    }
  }

  async #person({ watch }: TeamAccess, { personId, id }: Session): Promise<Caller> {
    const member = await watch.current(personId);
    if (!member) return this.#anonymous;
    return {
      kind: "person",
      id: personId,
      name: member.login,
      isOperator: member.isOperator,
      mayMeasure: member.isOperator,
      roleOn: (repoId) => this.#roleOf(member, repoId),
      open: () => watch.attach(personId, id),
    };
  }

  #roleOf({ isOperator, about }: Member, repoId: string): Role | undefined {
    const repo = this.#options.repo(repoId);
    if (!repo) return undefined;
    if (isOperator) return "operator";
    const onForge = about.repos.get(repoId);
    // Another repository may have its name by now.
    const isTheSame =
      onForge !== undefined && (repo.forgeRepoId === undefined || repo.forgeRepoId === onForge.forgeRepoId);
    switch (repo.visibility) {
      case "operators":
        return undefined;
      case "team":
        return "member";
      case "everyone":
        return isTheSame && onForge.mayWrite ? "member" : "reader";
      case "forge":
        if (!isTheSame) return undefined;
        return onForge.mayWrite ? "member" : "reader";
    }
  }

  #program(token: ApiToken): Caller {
    const { id, name, scopes, repos } = token;
    const role: Role | undefined = scopes.includes("sync")
      ? "member"
      : scopes.includes("read")
        ? "reader"
        : undefined;
    return {
      kind: "token",
      id,
      name,
      isOperator: false,
      mayMeasure: scopes.includes("metrics"),
      roleOn: (repoId) => {
        if (!this.#options.repo(repoId)) return undefined;
        return repos === undefined || repos.includes(repoId) ? role : undefined;
      },
      open: () => this.#openForToken(id),
    };
  }

  #openForToken(id: string): { ended: AbortSignal; leave: () => void } {
    const { clock, team } = this.#options;
    const end = new AbortController();
    let cancel = (): void => {};
    let isLeft = false;
    const look = async (): Promise<void> => {
      const isOpen = await team?.apiTokens.isOpen(id).catch(() => false);
      if (!isOpen) end.abort();
      else if (!isLeft) lookLater();
    };
    const lookLater = (): void => {
      cancel = clock.after(TOKEN_CHECK_MS, () => void look());
    };
    lookLater();
    const leave = (): void => {
      isLeft = true;
      cancel();
    };
    return { ended: end.signal, leave };
  }

  #visibilityOf(repoId: string): Visibility | undefined {
    return this.#options.repo(repoId)?.visibility;
  }
}
