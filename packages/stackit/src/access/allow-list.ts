/** Who may sign in. Logins are in lower case, since GitHub compares them without regard to case. */
export interface AllowList {
  readonly allowedUsers: ReadonlySet<string>;
  readonly allowedOrg?: string;
  readonly operators: ReadonlySet<string>;
}

/** Keeps whose a listed login is; settles with whose it was already, if somebody's. */
export type TakeLogin = (login: string, personId: string) => Promise<string>;

/**
 * Who may come in. A login on the list stands for the first person who came with it, whatever login they take later; who takes
 * it over is another person, and not on the list.
 */
export class AllowedPeople {
  readonly #list: AllowList;
  readonly #owners: Map<string, string>;
  readonly #take: TakeLogin;

  /** `owners`: person ids by the logins that were taken before. */
  constructor(list: AllowList, owners: ReadonlyMap<string, string>, take: TakeLogin) {
    this.#list = list;
    this.#owners = new Map(owners);
    this.#take = take;
  }

  /** The organisation whose members may come in. */
  get org(): string | undefined {
    return this.#list.allowedOrg;
  }

  /** Undefined: that depends on what the forge did not say. */
  async has(
    personId: string,
    { login, isMember }: { login: string; isMember: boolean | undefined },
  ): Promise<boolean | undefined> {
    const { allowedUsers, operators } = this.#list;
    const name = login.toLowerCase();
    const isListed = allowedUsers.has(name) || operators.has(name);
    if (isListed && !this.#owners.has(name)) this.#owners.set(name, await this.#take(name, personId));
    if (this.#isOneOf(allowedUsers, personId) || this.#isOneOf(operators, personId)) return true;
    return this.#list.allowedOrg === undefined ? false : isMember;
  }

  /** Of somebody who was let in. */
  isOperator(personId: string): boolean {
    return this.#isOneOf(this.#list.operators, personId);
  }

  #isOneOf(logins: ReadonlySet<string>, personId: string): boolean {
    for (const login of logins) if (this.#owners.get(login) === personId) return true;
    return false;
  }
}
