import type { Logger } from "pino";
import { Access } from "../access/access.ts";
import { AllowedPeople } from "../access/allow-list.ts";
import { PeopleWatch } from "../access/people-watch.ts";
import { SignIn } from "../access/sign-in.ts";
import type { Config } from "../config/config.ts";
import { isSsh, onGithub } from "../config/remote-url.ts";
import type { RepoConfig } from "../config/repos-file.ts";
import type { SignInConfig } from "../config/sign-in.ts";
import type { Visibility } from "../contract/role.ts";
import type { AboutPerson, AskedRepo } from "../forge/github-people.ts";
import type { Clock } from "../lib/clock.ts";
import type { DisposableStack } from "../lib/disposable-stack.ts";
import { Vault } from "../lib/vault.ts";
import type { Store } from "../store/open-store.ts";
import type { ForgeNames } from "../sync/forge-names.ts";

interface AccessTools {
  readonly config: Config;
  readonly store: Store;
  readonly names: ForgeNames;
  readonly log: Logger;
  readonly clock: Clock;
  /** What is served now, by its latest name. */
  readonly served: () => readonly {
    readonly id: string;
    readonly owner?: string | undefined;
    readonly name?: string | undefined;
  }[];
  readonly configOf: (repoId: string) => RepoConfig | undefined;
}

/** Who may see and do what, as the configuration says. What it keeps open is released with `house`. */
export async function openAccess(tools: AccessTools, house: DisposableStack): Promise<Access> {
  const { config, store, names, clock, configOf } = tools;
  const { posture, signIn } = config;
  const repo = (repoId: string) => {
    const found = configOf(repoId);
    return found && { visibility: visibilityOf(found, config), forgeRepoId: names.forgeRepoIdOf(repoId) };
  };
  const common = { posture, clock, audit: store.audit, repo };
  if (!signIn) return new Access(common);
  const team = await openTeam(signIn, tools, house);
  return new Access({ ...common, team });
}

async function openTeam(
  signIn: SignInConfig,
  { config, store, names, log, clock, served, configOf }: AccessTools,
  house: DisposableStack,
) {
  // What it is made of takes a while to load, and most servers have none.
  const { GithubPeople } = await import("../forge/github-people.ts");
  const { github: place, clientId, clientSecret } = signIn;
  const github = new GithubPeople({ url: place.url, apiUrl: place.apiUrl, clientId, clientSecret });
  house.defer(() => github[Symbol.dispose]());
  const { sessions, people, apiTokens, audit } = store;
  const { listedLogins } = store;
  const owners = await listedLogins.keepOnly([...signIn.allowedUsers, ...signIn.operators]);
  const allowed = new AllowedPeople(signIn, owners, (login, personId) => listedLogins.take(login, personId));
  const common = { github, vault: new Vault(signIn.keys), allowed, clock, sessions };
  const watch = new PeopleWatch({
    ...common,
    github: {
      refresh: (refreshToken) => github.refresh(refreshToken),
      async about(token, org, repos) {
        const about = await github.about(token, org, repos);
        await learnNumbers(about, repos, names, place.url);
        return about;
      },
    },
    people,
    repos: () => served().flatMap((repo) => asked(repo, configOf(repo.id), config)),
    onRemoved: ({ id, login }, why) => {
      log.info({ person: id, login, why }, "somebody is not let in any more");
      const actor = { kind: "person" as const, id, name: login };
      audit
        .write({ action: "access-removed", actor, target: login, detail: why, address: "", requestId: "" })
        .catch((error: unknown) => log.error({ err: error, person: id }, "the audit log cannot be written"));
    },
  });
  house.use(watch);
  return { watch, signIn: new SignIn({ ...common, githubUrl: place.url, watch }), sessions, apiTokens };
}

/** From then on it is the number that decides who sees a repository, also for those who can read another one under its name. */
async function learnNumbers(
  about: AboutPerson,
  repos: readonly AskedRepo[],
  names: ForgeNames,
  forge: URL,
): Promise<void> {
  for (const { id, owner, name } of repos) {
    const forgeRepoId = about.repos.get(id)?.forgeRepoId;
    if (forgeRepoId === undefined || names.forgeRepoIdOf(id) !== undefined) continue;
    await names.heed({ fullName: `${owner}/${name}`, forgeRepoId, origins: [forge.origin] });
  }
}

/** What the forge is asked about, in the names of people. */
function asked(
  { id, owner, name }: { id: string; owner?: string | undefined; name?: string | undefined },
  repo: RepoConfig | undefined,
  config: Config,
): AskedRepo[] {
  const isOnForge = repo && isOnSignInGithub(repo, config);
  return isOnForge && owner !== undefined && name !== undefined ? [{ id, owner, name }] : [];
}

/** Closed by default: where nobody can be asked who may read a repository, it is shown to operators. */
function visibilityOf(repo: RepoConfig, config: Config): Visibility {
  if (repo.visibility !== undefined) return repo.visibility;
  if (config.posture === "public") return "everyone";
  return isOnSignInGithub(repo, config) ? "forge" : "operators";
}

function isOnSignInGithub(repo: RepoConfig, { github }: Config): boolean {
  const url = repo.kind === "working-copy" ? undefined : repo.url;
  if (!url) return false;
  return isSsh(url) ? url.hostname === github.url.hostname : onGithub(url, github.url) !== undefined;
}
