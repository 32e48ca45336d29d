import { randomBytes } from "node:crypto";
import { channel } from "node:diagnostics_channel";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { RouteOptions } from "fastify";
import { Access } from "../../src/access/access.ts";
import { AllowedPeople } from "../../src/access/allow-list.ts";
import { PeopleWatch } from "../../src/access/people-watch.ts";
import { SignIn } from "../../src/access/sign-in.ts";
import type { Visibility } from "../../src/contract/role.ts";
import { GithubPeople } from "../../src/forge/github-people.ts";
import type { App } from "../../src/http/app-type.ts";
import { Vault } from "../../src/lib/vault.ts";
import type { ApiToken } from "../../src/store/api-tokens.ts";
import type { Store } from "../../src/store/open-store.ts";
import {
  type DoublePerson,
  type GithubPeopleDouble,
  githubPeopleDouble,
  type Permission,
} from "./github-people-double.ts";
import type { HandMadeRepo } from "./hand-made-repo.ts";
import { ManualClock } from "./manual-clock.ts";
import { type StartedServer, type StartOptions, startServer } from "./started-server.ts";
import { Browser } from "./team-server.ts";

export type Posture = Access["posture"];

export interface AccessWorldOptions extends Omit<StartOptions, "access" | "repos" | "dataDir"> {
  readonly posture?: Posture;
  /** With whom each is shown to; on the double by their full names. */
  readonly repos: readonly (readonly [HandMadeRepo, Visibility])[];
}

export interface AccessWorld extends StartedServer {
  readonly github: GithubPeopleDouble;
  /** Of what is known about people; sessions and tokens keep real time. */
  readonly accessClock: ManualClock;
  readonly access: Access;
  /** Method and pattern of every route that the server has. */
  readonly routes: readonly RouteOptions[];
  /** Somebody on the list who signed in; `root` is an operator. */
  signIn(login: string, repos?: Readonly<Record<string, Permission>>): Promise<SignedInBrowser>;
  /** What a request sends as the bearer. */
  token(wanted: Pick<ApiToken, "scopes" | "repos" | "expiresAtMs">): Promise<Record<string, string>>;
  /** As if the time of all sessions that there are were over. */
  expireSessions(): void;
}

export class SignedInBrowser extends Browser {
  readonly person: DoublePerson;

  constructor(origin: string, person: DoublePerson) {
    super(origin);
    this.person = person;
  }

  get headers(): Record<string, string> {
    return { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
  }
}

/** The real server, store and sign-in around hand-made repositories, with a GitHub that a test decides about. */
export async function startAccessWorld(options: AccessWorldOptions): Promise<AccessWorld> {
  const { posture = "team", repos, ...rest } = options;
  const github = await githubPeopleDouble();
  const dataDir = await mkdtemp(join(tmpdir(), "stackit-access-"));
  const accessClock = new ManualClock();
  for (const [{ owner, name }] of repos) github.repos.set(`${owner}/${name}`, github.repos.size + 1);
  const people = new GithubPeople({ ...github });
  const allowedUsers = new Set<string>();
  const list = { allowedUsers, operators: new Set(["root"]) };
  const allowed = new AllowedPeople(list, new Map(), async (_, personId) => personId);
  let watch: PeopleWatch | undefined;

  const openAccess = (store: Store): Access => {
    const { sessions, apiTokens } = store;
    const shown = new Map(
      repos.map(([{ id, owner, name }, visibility]) => {
        // The server knows its number since it was first read.
        return [id, { visibility, forgeRepoId: github.repos.get(`${owner}/${name}`) }];
      }),
    );
    const common = {
      posture,
      clock: accessClock,
      audit: store.audit,
      repo: (id: string) => shown.get(id),
    };
    if (posture !== "team") return new Access(common);
    const parts = {
      github: people,
      vault: new Vault([randomBytes(32)]),
      allowed,
      clock: accessClock,
      sessions,
    };
    watch = new PeopleWatch({
      ...parts,
      people: store.people,
      repos: () => repos.map(([{ id, owner = "", name = "" }]) => ({ id, owner, name })),
      onRemoved: () => {},
    });
    const signIn = new SignIn({ ...parts, githubUrl: github.url, watch });
    return new Access({ ...common, team: { watch, signIn, sessions, apiTokens } });
  };

  let access: Access | undefined;
  const { result: server, routes } = await withRoutes(() =>
    startServer({
      ...rest,
      repos: repos.map(([repo]) => repo),
      dataDir,
      access: (store) => {
        access = openAccess(store);
        return access;
      },
      config: {
        readOnly: posture === "public",
        // Whoever says so comes from elsewhere, so that being on this machine opens nothing.
        trustedProxies: ["127.0.0.1"],
        ...rest.config,
        limits: { requestsPerSec: 0, streamsPerClient: 500, ...rest.config?.limits },
      },
    }),
  );
  if (!access) throw new Error("the server was made without access");
  return {
    ...server,
    access,
    github,
    accessClock,
    routes,
    async signIn(login, permissions = {}) {
      allowedUsers.add(login);
      const person = github.person(login, permissions);
      const browser = new SignedInBrowser(server.origin, person);
      github.signedIn = person;
      await browser.follow(await browser.follow(await browser.follow("/auth/login")));
      return browser;
    },
    async token(wanted) {
      const { secret } = await server.store.apiTokens.create({ name: "of a test", ...wanted });
      return { authorization: `Bearer ${secret}` };
    },
    expireSessions() {
      using database = new DatabaseSync(join(dataDir, "stackit.sqlite"));
      database.exec("update session set expires_at = 1");
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await watch?.[Symbol.asyncDispose]();
      people[Symbol.dispose]();
      await github[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Every route that is added to the app that `make` makes, as the framework itself tells it. */
async function withRoutes<T>(make: () => Promise<T>): Promise<{ result: T; routes: RouteOptions[] }> {
  const routes: RouteOptions[] = [];
  const note = (app: App) => app.addHook("onRoute", (route) => void routes.push(route));
  return { result: await withEachApp(note, make), routes };
}

/** Hears of each app that `make` makes while it has no routes yet. */
export async function withEachApp<T>(hear: (app: App) => unknown, make: () => Promise<T>): Promise<T> {
  const listener = (message: unknown): void => void hear((message as { fastify: App }).fastify);
  const born = channel("fastify.initialization");
  born.subscribe(listener);
  try {
    return await make();
  } finally {
    born.unsubscribe(listener);
  }
}
