import { existsSync } from "node:fs";
import type { Logger } from "pino";
import type { Caller } from "../access/caller.ts";
import { type PeopleWatch, Unverified } from "../access/people-watch.ts";
import type { Config } from "../config/config.ts";
import { onGithub, ownerAndName, parseRemoteUrl } from "../config/remote-url.ts";
import type { MirrorConfig, RepoConfig } from "../config/repos-file.ts";
import type { AskedToAdd, SeenRemote } from "../contract/added-repo.ts";
import { Problem } from "../contract/problem-error.ts";
import type { Visibility } from "../contract/role.ts";
import type { EventLog } from "../events/event-log.ts";
import type { AddedNow, Checked } from "../http/server-parts.ts";
import { basicAuthorization } from "../lib/basic-authorization.ts";
import { removeMirror } from "../repos/mirror-folder.ts";
import type { AddedRepo } from "../store/added-repos.ts";
import type { Store } from "../store/open-store.ts";
import type { ForgeNames } from "../sync/forge-names.ts";
import { mirrorKey } from "../sync/mirror-target.ts";
import type { SyncQueue, SyncTicket } from "../sync/sync-queue.ts";
import type { ActivityRecorder } from "./activity-recorder.ts";
import { mirrorDir } from "./open-repos.ts";
import { type LookTools, seeRemote } from "./see-remote.ts";
import type { ServedRepos } from "./served-repos.ts";

/** By one person who is no operator. */
const MOST_ADDED = 50;
const NO_ACCESS = "There is no such repository, or you may not read it.";

export interface OnboardingTools extends LookTools {
  readonly config: Config;
  readonly store: Store;
  readonly served: ServedRepos;
  readonly queue: SyncQueue;
  readonly names: ForgeNames;
  readonly events: EventLog;
  readonly activity: ActivityRecorder;
  /** Asks in people's names; undefined on a server without sign-in. */
  readonly watch: Pick<PeopleWatch, "lookAt" | "askAnew"> | undefined;
  /** Makes this process the only one that works on mirrors; more than once does no harm. @throws */
  readonly lockMirrors: () => void;
}

interface Wanted {
  readonly url: URL;
  readonly owner?: string;
  readonly name?: string;
  readonly isOnGithub: boolean;
}

/**
 * Has repositories served that people add, and takes them away again, one at a time: of two who want the same, the second finds what the
 * first has begun. Nothing is made before it is known that both the person and the server can read the repository. Disposal takes nothing
 * more and waits for what is being done.
 */
export class Onboarding implements AsyncDisposable {
  readonly #tools: OnboardingTools;
  /** First clones that have not ended. */
  readonly #clones = new Map<string, SyncTicket>();
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(tools: OnboardingTools) {
    this.#tools = tools;
  }

  /**
   * All that is checked before one is added, and nothing is made.
   * @throws {Problem} @throws {SyncFailure}
   */
  async check(asked: AskedToAdd, caller: Caller): Promise<Checked> {
    const wanted = wantedBy(asked, this.#tools.config);
    const found = this.#find(wanted, await this.#numberFor(wanted, caller));
    if (found !== undefined) {
      await this.#mustBeShown(found, caller);
      return { repoId: found };
    }
    await this.#mayAddMore(caller);
    return { remote: await this.#see(wanted) };
  }

  /** @throws {Problem} @throws {SyncFailure} */
  async add(asked: AskedToAdd, caller: Caller): Promise<AddedNow> {
    const wanted = wantedBy(asked, this.#tools.config);
    const forgeRepoId = await this.#numberFor(wanted, caller);
    return this.#inTurn(async () => {
      const found = this.#find(wanted, forgeRepoId);
      if (found === undefined) {
        await this.#mayAddMore(caller);
        await this.#see(wanted);
      }
      const repoId = found ?? (await this.#serve(wanted, forgeRepoId, caller));
      await this.#mustBeShown(repoId, caller);
      const clone = this.#clones.get(repoId);
      return {
        repoId,
        ...(clone && { clone: { run: () => clone.run(), ended: clone.finished } }),
        isNew: found === undefined,
      };
    });
  }

  isCloning(repoId: string): boolean {
    return this.#clones.has(repoId);
  }

  /** @throws {Problem} */
  remove(repoId: string, caller: Caller): Promise<void> {
    const { config, store, served, events } = this.#tools;
    return this.#inTurn(async () => {
      const added = await store.addedRepos.find(repoId);
      const isTheirs = caller.kind === "person" && added?.addedBy === caller.id;
      if (!caller.isOperator && !isTheirs) {
        throw new Problem("access/not-allowed", "This is for operators, and for who added the repository.");
      }
      const mirror = served.get(repoId);
      if (!mirror) throw new Problem("repo/not-found", "No repository has this id.");
      if (!added || config.repos.some(({ id }) => id === repoId)) {
        throw new Problem(
          "repo/configured",
          "It is served because the file of --repos-config or --cwd says so, where the server is started.",
        );
      }
      await store.apiTokens.forgetRepo(repoId);
      await store.addedRepos.remove(repoId);
      // Told while those who could see it still can; who asks then does not find it any more.
      events.append({ name: "repos", data: { repoId } });
      await served.remove(repoId);
      events.forget(repoId);
      await removeMirror(mirrorDir(config, repoId));
      await store.forget(mirrorKey(repoId));
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      if (this.#isClosed) throw new Problem("sync/shutting-down", "The server is stopping.");
      return work();
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** GitHub's number for it, which it tells to those who can read it. */
  async #numberFor({ url, isOnGithub, owner, name }: Wanted, caller: Caller): Promise<number | undefined> {
    const { watch } = this.#tools;
    if (caller.kind === "local") return undefined;
    if (caller.kind !== "person" || !watch) {
      throw new Problem("access/not-allowed", "Repositories are added by people who signed in.");
    }
    if (!isOnGithub || owner === undefined || name === undefined) {
      this.#mayAddFrom(url, caller);
      return undefined;
    }
    const found = await watch.lookAt(caller.id, { owner, name }).catch(asProblem);
    if (!found) throw new Problem("repo/no-access", NO_ACCESS);
    return found.forgeRepoId;
  }

  /**
   * Nobody can be asked who may read what is elsewhere, and a URL may point into the server's own network: so it is for operators, and only
   * hosts that are named where the server is started are asked.
   * @throws {Problem}
   */
  #mayAddFrom({ protocol, host }: URL, { isOperator }: Caller): void {
    const hosts = this.#tools.config.signIn?.remoteHosts;
    const isWeb = protocol === "https:" || protocol === "http:";
    if (isOperator && isWeb && hosts?.has(host)) return;
    throw new Problem(
      "access/not-allowed",
      isOperator
        ? `On a team's server a repository that is not on its GitHub can be added by an https URL whose host STACKIT_ALLOWED_REMOTE_HOSTS names${isWeb ? `; it does not name ${host}` : ""}. Others are listed in the file of --repos-config.`
        : "On a team's server only operators add repositories that are not on its GitHub.",
    );
  }

  /** Each takes disk and time for as long as it is served. @throws {Problem} */
  async #mayAddMore(caller: Caller): Promise<void> {
    if (caller.kind !== "person" || caller.isOperator) return;
    const added = await this.#tools.store.addedRepos.list();
    if (added.filter(({ addedBy }) => addedBy === caller.id).length < MOST_ADDED) return;
    throw new Problem(
      "access/not-allowed",
      `You have added ${MOST_ADDED} repositories, the most that one person may have here. Remove one of them, or ask an operator.`,
    );
  }

  #find({ url, isOnGithub }: Wanted, forgeRepoId: number | undefined): string | undefined {
    const { served, names, config } = this.#tools;
    const wantedKey = urlKey(url, isOnGithub);
    return served.list().find(({ id }) => {
      const number = names.forgeRepoIdOf(id);
      if (number !== undefined && forgeRepoId !== undefined) return number === forgeRepoId;
      const { url } = { url: undefined, ...served.configOf(id) };
      return url && urlKey(url, onGithub(url, config.github.url) !== undefined) === wantedKey;
    })?.id;
  }

  #see({ url, isOnGithub }: Wanted): Promise<SeenRemote> {
    const wanted = { id: "", url: url.href, visibility: visibilityOf(isOnGithub) };
    return seeRemote(mirrorOf(wanted, this.#tools.config), this.#tools);
  }

  /** @throws {Problem} */
  async #mustBeShown(repoId: string, caller: Caller): Promise<void> {
    if (caller.kind === "person") await this.#tools.watch?.askAnew(caller.id).catch(asProblem);
    if (caller.roleOn(repoId) === undefined) throw new Problem("repo/no-access", NO_ACCESS);
  }

  async #serve(wanted: Wanted, forgeRepoId: number | undefined, caller: Caller): Promise<string> {
    const { config, store, served, queue, events, activity, lockMirrors } = this.#tools;
    lockMirrors();
    const { url, owner, name } = wanted;
    const id = this.#newId(wanted);
    const visibility = visibilityOf(wanted.isOnGithub);
    // One that had the id before, and is not listed any more or was half removed, is nobody's business who sees this one.
    await store.apiTokens.forgetRepo(id);
    await store.forget(mirrorKey(id));
    const added = { id, url: url.href, visibility, addedBy: caller.kind === "person" ? caller.id : "" };
    if (forgeRepoId !== undefined) {
      const fullName = `${owner}/${name}`;
      const [configuredUrl, configuredName] = [url.href, fullName];
      await store.repositories.save(mirrorKey(id), {
        ...{ configuredUrl, configuredName, url: url.href, fullName, formerNames: [], forgeRepoId },
      });
    }
    await store.addedRepos.save(added);
    try {
      await served.add(mirrorOf(added, config));
    } catch (error) {
      await store.addedRepos.remove(id);
      throw error;
    }
    await activity.added(id, mirrorKey(id), caller.kind === "person" ? caller.name : "");
    const by = caller.kind === "person" ? { requestedBy: caller.name } : {};
    const clone = queue.request(id, { trigger: "onboard", ...by });
    this.#clones.set(id, clone);
    void clone.finished.then(() => this.#clones.delete(id));
    events.append({ name: "repos", data: { repoId: id } });
    return id;
  }

  /** One that nothing has, whatever the case: folders are called so, and what lies in one may not be shown as another's. */
  #newId({ owner = "", name = "repo" }: Wanted): string {
    const { config, served } = this.#tools;
    const taken = new Set(served.list().map(({ id }) => id.toLowerCase()));
    const isFree = (id: string) => !taken.has(id) && !existsSync(mirrorDir(config, id));
    const plain = idFrom(name);
    const full = idFrom(`${owner}-${name}`);
    if (isFree(plain)) return plain;
    for (let count = 1; ; count++) {
      const id = count === 1 ? full : `${full}-${count}`;
      if (isFree(id)) return id;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }
}

/** Those that the next start serves. What the operator lists goes before what has its id or its URL. */
export function addedConfigs(added: readonly AddedRepo[], config: Config, log: Logger): RepoConfig[] {
  const ids = new Set(config.repos.map(({ id }) => id.toLowerCase()));
  const urls = new Set(
    config.repos.map((repo) => (repo.kind === "working-copy" ? "" : (repo.url?.href ?? ""))),
  );
  return added.flatMap((one) => {
    if (!ids.has(one.id) && !urls.has(one.url)) return [mirrorOf(one, config)];
    const about = { repoId: one.id };
    log.warn(
      about,
      "a repository that was added has the id or URL of one that is listed, which is served in its place",
    );
    return [];
  });
}

function visibilityOf(isOnGithub: boolean): Visibility {
  return isOnGithub ? "forge" : "operators";
}

function mirrorOf(
  { id, url: href, visibility }: Omit<AddedRepo, "addedBy">,
  { github }: Config,
): MirrorConfig {
  const url = new URL(href);
  const isOurs = onGithub(url, github.url) !== undefined;
  return {
    kind: "mirror",
    id,
    url,
    ...ownerAndName(url),
    visibility,
    ...(isOurs && { credentialEnv: "STACKIT_GIT_TOKEN" }),
    ...(isOurs && github.token !== undefined && { authorization: basicAuthorization(github.token) }),
  };
}

/** @throws {Problem} `request/invalid` */
function wantedBy({ owner, name, url: text }: AskedToAdd, { github }: Config): Wanted {
  const hasName = owner !== undefined && name !== undefined;
  if (hasName === (text !== undefined) || (!hasName && (owner ?? name) !== undefined)) {
    throw new Problem("request/invalid", "Give either owner and name, or url.");
  }
  const given = hasName ? `${github.url.origin}/${owner}/${name}` : (text ?? "");
  const parsed = parseRemoteUrl(given);
  if ("mistake" in parsed) throw new Problem("request/invalid", `url ${parsed.mistake}.`);
  const onOurs = onGithub(parsed.url, github.url);
  if (!onOurs) return { ...ownerAndName(parsed.url), url: parsed.url, isOnGithub: false };
  return { ...onOurs, url: new URL(`/${onOurs.owner}/${onOurs.name}.git`, github.url), isOnGithub: true };
}

function idFrom(text: string): string {
  const id = text.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, "-");
  return id.replaceAll(/^-+|-+$/g, "").slice(0, 56) || "repo";
}

/** Forges compare names without regard to case. */
function urlKey({ origin, host, pathname }: URL, isOnGithub: boolean): string {
  const path = pathname.replace(/\/$/, "").replace(/\.git$/, "");
  return `${origin === "null" ? host : origin}${isOnGithub ? path.toLowerCase() : path}`;
}

function asProblem(error: unknown): never {
  if (error instanceof Unverified) throw new Problem("access/unverified", error.message, { cause: error });
  throw error;
}
