import type {
  AboutPerson,
  AboutRepo,
  AskedRepo,
  GithubPeople,
  PersonTokens,
} from "../forge/github-people.ts";
import { RemoteError } from "../git/wire/remote-failure.ts";
import type { Clock } from "../lib/clock.ts";
import type { Vault } from "../lib/vault.ts";
import type { People } from "../store/people.ts";
import type { Sessions } from "../store/sessions.ts";
import type { AllowedPeople } from "./allow-list.ts";

/** How old an answer of the forge, or its silence, may be by which somebody is let in. Who is removed there is out within a minute. */
const FRESH_MS = 40_000;
/** How often it is asked again about those who are at it, so that nobody waits for it. */
const CHECK_EVERY_MS = 25_000;
/** Who asked for something so lately is at it. */
const AT_IT_MS = 120_000;
/** While the forge does not answer, what it said before holds for so long. */
const GRACE_MS = 15 * 60_000;
/** A token that expires so soon is renewed first. */
const RENEW_BEFORE_MS = 60_000;

/** The forge could not be asked for too long. */
export class Unverified extends Error {}

export interface PeopleWatchOptions {
  readonly people: Pick<People, "find" | "save">;
  readonly sessions: Pick<Sessions, "end" | "isOpen">;
  readonly github: Pick<GithubPeople, "about" | "refresh">;
  readonly vault: Vault;
  readonly allowed: AllowedPeople;
  readonly clock: Clock;
  /** Those whose readers the forge decides. */
  readonly repos: () => readonly AskedRepo[];
  /** Hears who is not let in any more. */
  readonly onRemoved: (person: { id: string; login: string }, why: string) => void;
}

/** What is known of somebody who is signed in; it is the same object as long as that is so, and follows what the forge says. */
export interface Member {
  readonly id: string;
  readonly login: string;
  readonly isOperator: boolean;
  readonly about: AboutPerson;
}

interface Known extends Member {
  login: string;
  isOperator: boolean;
  about: AboutPerson;
  checkedAtMs: number;
  /** When the forge last left a question open; undefined once it answers. */
  silentAtMs: number | undefined;
  /** When it last answered about a repository, by id, of those that it left out since. */
  readonly heardAtMs: Map<string, number>;
  askedAtMs: number;
  /** Of those that have something open, by session id. */
  readonly open: Map<string, { readonly end: AbortController; count: number }>;
}

/**
 * Knows of everybody who is signed in whether they still may be, and what they can read on the forge: by asking it in their own
 * names, again and again while they are at it. Nobody is let in by an answer that is older than 40 seconds, unless the forge does not
 * answer: then for 15 minutes, in which nobody waits for it. Disposal waits for the questions that are under way.
 */
export class PeopleWatch implements AsyncDisposable {
  readonly #options: PeopleWatchOptions;
  readonly #known = new Map<string, Known>();
  readonly #checks = new Map<string, Promise<void>>();
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor(options: PeopleWatchOptions) {
    this.#options = options;
  }

  /** What the forge says of whoever that token is of. @throws {RemoteError} */
  ask({ token }: PersonTokens): Promise<AboutPerson> {
    const { github, allowed, repos } = this.#options;
    return github.about(token, allowed.org, repos());
  }

  /** Who has just proved who they are. */
  async welcome(about: AboutPerson, tokens: PersonTokens, id: string): Promise<void> {
    const { people, vault, clock } = this.#options;
    await people.save({ id, login: about.login, tokens: vault.seal(JSON.stringify(tokens), placeOf(id)) });
    this.#note(id, about, clock.now());
  }

  /**
   * Undefined for somebody who is not let in any more, whose sessions have ended then.
   * @throws {Unverified}
   */
  async current(personId: string): Promise<Member | undefined> {
    const { clock } = this.#options;
    const known = this.#known.get(personId);
    if (!known || clock.now() - known.checkedAtMs > FRESH_MS) {
      const check = this.#check(personId);
      if (known && this.#isExcused(known)) check.catch(() => {});
      else await check;
    }
    const found = this.#known.get(personId);
    if (found) {
      found.askedAtMs = clock.now();
      this.#checkLater();
    }
    return found;
  }

  /**
   * What the forge says of a repository in the person's name, served here or not; undefined for one that the person cannot read.
   * @throws {Unverified}
   */
  async lookAt(personId: string, repo: Omit<AskedRepo, "id">): Promise<AboutRepo | undefined> {
    const { people, github } = this.#options;
    try {
      const person = await people.find(personId);
      const tokens = person && (await this.#usable(person));
      const about = tokens && (await github.about(tokens.token, undefined, [{ id: "", ...repo }]));
      return about?.repos.get("");
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      throw new Unverified("The forge could not be asked who may read that.", { cause: error });
    }
  }

  /** Secret. What acts in the person's name on the forge; undefined when the person has to sign in again. @throws {Unverified} */
  async tokenOf(personId: string): Promise<string | undefined> {
    try {
      const person = await this.#options.people.find(personId);
      return person && (await this.#usable(person))?.token;
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      throw new Unverified("The forge could not be asked for a new sign-in.", { cause: error });
    }
  }

  /** The last that was heard; undefined for one who never signed in. Asks no forge. */
  async loginOf(personId: string): Promise<string | undefined> {
    return (await this.#options.people.find(personId))?.login;
  }

  /** What the person can read of all that is served by now. @throws {Unverified} */
  async askAnew(personId: string): Promise<void> {
    // What is under way may have begun before.
    await this.#checks.get(personId)?.catch(() => {});
    await this.#check(personId);
  }

  /** For something that stays open: aborts when the session ends. `leave` when it is closed. */
  attach(personId: string, sessionId: string): { ended: AbortSignal; leave: () => void } {
    const open = this.#known.get(personId)?.open;
    if (!open) return { ended: AbortSignal.abort(), leave: () => {} };
    const place = open.get(sessionId) ?? { end: new AbortController(), count: 0 };
    place.count++;
    open.set(sessionId, place);
    this.#checkLater();
    return {
      ended: place.end.signal,
      leave: () => {
        if (--place.count === 0) open.delete(sessionId);
      },
    };
  }

  /** What is open in these sessions ends. */
  endSessions(personId: string, sessionIds: readonly string[]): void {
    const open = this.#known.get(personId)?.open;
    for (const id of sessionIds) open?.get(id)?.end.abort();
  }

  /** The person is signed out everywhere, and what the forge gave is forgotten; it is returned, so that it can be given back. */
  async forget(personId: string): Promise<string | undefined> {
    const { people, sessions } = this.#options;
    const person = await people.find(personId);
    const tokens = person && this.#open(person);
    this.endSessions(personId, await sessions.end(personId));
    for (const { end } of this.#known.get(personId)?.open.values() ?? []) end.abort();
    this.#known.delete(personId);
    if (person) await people.save({ id: person.id, login: person.login });
    return tokens?.token;
  }

  /** Whether the forge is known not to answer, and what it said before still holds. */
  #isExcused({ checkedAtMs, silentAtMs }: Known): boolean {
    const now = this.#options.clock.now();
    return silentAtMs !== undefined && now - silentAtMs <= FRESH_MS && now - checkedAtMs <= GRACE_MS;
  }

  /** At most one question about a person is under way. */
  #check(personId: string): Promise<void> {
    const underWay = this.#checks.get(personId);
    if (underWay !== undefined) return underWay;
    const check = this.#checkNow(personId).finally(() => this.#checks.delete(personId));
    this.#checks.set(personId, check);
    return check;
  }

  async #checkNow(personId: string): Promise<void> {
    const { people, allowed, clock } = this.#options;
    const person = await people.find(personId);
    const login = person?.login ?? "";
    try {
      const tokens = person && (await this.#usable(person));
      if (!tokens) return await this.#remove({ id: personId, login }, "has to sign in again");
      const about = await this.ask(tokens);
      if (idOf(personId) !== String(about.id))
        return await this.#remove({ id: personId, login }, "is somebody else");
      const isAllowed = await allowed.has(personId, about);
      if (isAllowed === undefined)
        throw new RemoteError("error", "The forge did not say who is in the organisation.");
      if (!isAllowed) return await this.#remove({ id: personId, login }, "is not on the list any more");
      // Whoever signed out everywhere while GitHub was asked stays out; what was renewed meanwhile stays renewed.
      const still = await people.find(personId);
      if (still?.tokens === undefined) return;
      this.#note(personId, about, clock.now());
      if (about.login !== login) await people.save({ ...still, login: about.login });
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      if (error.failure === "auth-failed") {
        return await this.#remove({ id: personId, login }, "took back the sign-in at the forge");
      }
      const known = this.#known.get(personId);
      if (known) known.silentAtMs = clock.now();
      if (!known || clock.now() - known.checkedAtMs > GRACE_MS) {
        throw new Unverified("The forge could not be asked who may come in.", { cause: error });
      }
    }
  }

  /** What asks in the person's name, renewed where that is due. Undefined when there is none. @throws {RemoteError} */
  async #usable(person: { id: string; login: string; tokens?: string }): Promise<PersonTokens | undefined> {
    const { people, vault, github, clock } = this.#options;
    let tokens = this.#open(person);
    if (!tokens) return undefined;
    const { expiresAtMs = Number.POSITIVE_INFINITY, refreshToken } = tokens;
    const isDue = expiresAtMs - clock.wallNow() < RENEW_BEFORE_MS;
    if (isDue && refreshToken === undefined) return undefined;
    if (isDue && refreshToken !== undefined) tokens = await github.refresh(refreshToken);
    if (isDue || vault.isOld(person.tokens ?? "")) {
      const isSignedOut = (await people.find(person.id))?.tokens === undefined;
      if (isSignedOut) return undefined;
      const sealed = vault.seal(JSON.stringify(tokens), placeOf(person.id));
      await people.save({ id: person.id, login: person.login, tokens: sealed });
    }
    return tokens;
  }

  #open({ id, tokens }: { id: string; tokens?: string }): PersonTokens | undefined {
    const opened = tokens === undefined ? undefined : this.#options.vault.open(tokens, placeOf(id));
    return opened === undefined ? undefined : JSON.parse(opened);
  }

  #note(id: string, about: AboutPerson, now: number): void {
    const known = this.#known.get(id);
    const news = {
      about: known ? withUnanswered(about, known, now) : about,
      login: about.login,
      isOperator: this.#options.allowed.isOperator(id),
      checkedAtMs: now,
      silentAtMs: undefined,
    };
    if (known) Object.assign(known, news);
    else this.#known.set(id, { id, ...news, heardAtMs: new Map(), askedAtMs: now, open: new Map() });
    this.#checkLater();
  }

  async #remove(person: { id: string; login: string }, why: string): Promise<void> {
    await this.forget(person.id);
    this.#options.onRemoved(person, why);
  }

  /** One timer for all, and none while nobody is at it. */
  #checkLater(): void {
    if (this.#isClosed || this.#cancel) return;
    this.#cancel = this.#options.clock.after(CHECK_EVERY_MS, () => {
      this.#cancel = undefined;
      void this.#checkAll();
    });
  }

  async #checkAll(): Promise<void> {
    const now = this.#options.clock.now();
    for (const [id, known] of [...this.#known]) {
      if (this.#isClosed) return;
      const isAtIt = known.open.size > 0 || now - known.askedAtMs < AT_IT_MS;
      if (!isAtIt) {
        if (now - known.checkedAtMs > GRACE_MS) this.#known.delete(id);
        continue;
      }
      await this.#endExpired(known);
      // One who cannot be asked about is let in by what was said before, and by nothing once that is too old.
      await this.#check(id).catch(() => {
        for (const { end } of known.open.values()) end.abort();
      });
    }
    if (this.#known.size > 0) this.#checkLater();
  }

  async #endExpired({ open }: Known): Promise<void> {
    for (const [sessionId, { end }] of open) {
      if (!(await this.#options.sessions.isOpen(sessionId))) end.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await Promise.allSettled(this.#checks.values());
  }
}

/** What the forge left out stays as it was, for as long as it would if the forge answered nothing at all. */
function withUnanswered(about: AboutPerson, known: Known, now: number): AboutPerson {
  const { heardAtMs } = known;
  for (const id of heardAtMs.keys()) if (!about.unanswered.has(id)) heardAtMs.delete(id);
  const repos = new Map(about.repos);
  for (const id of about.unanswered) {
    const before = known.about.repos.get(id);
    if (!heardAtMs.has(id)) heardAtMs.set(id, known.checkedAtMs);
    if (before && now - (heardAtMs.get(id) ?? now) <= GRACE_MS) repos.set(id, before);
  }
  return { ...about, repos };
}

/** Its sealed tokens open for nobody else. */
function placeOf(personId: string): string {
  return `tokens of ${personId}`;
}

export function personIdOf(forge: URL, number: number): string {
  return `${forge.host}:${number}`;
}

function idOf(personId: string): string {
  return personId.slice(personId.lastIndexOf(":") + 1);
}
