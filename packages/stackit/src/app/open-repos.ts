import { join } from "node:path";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { isSsh, onGithub, ownerAndName, parseRemoteUrl } from "../config/remote-url.ts";
import {
  type AdoptedConfig,
  type MirrorConfig,
  ownKey,
  type RepoConfig,
  type WorkingCopyConfig,
} from "../config/repos-file.ts";
import type { GithubApp } from "../forge/github-app.ts";
import { GithubAppCredentials } from "../forge/github-app-credentials.ts";
import { fixedCredentials, type RemoteCredentials } from "../git/remote-credentials.ts";
import type { Spawner } from "../git/spawner.ts";
import type { SshClient } from "../git/ssh-access.ts";
import type { RefLooker } from "../git/wire/ls-refs.ts";
import { SshLooker } from "../git/wire/ssh-looker.ts";
import type { Turns } from "../lib/turns.ts";
import { AdoptedCheckout } from "../repos/adopted-checkout.ts";
import type { LandingTools } from "../repos/landing-watch.ts";
import { Mirror } from "../repos/mirror.ts";
import type { TurnsBehind } from "../repos/snapshot-publisher.ts";
import type { TrunkMemory } from "../repos/trunk-memory.ts";
import { WorkingCopy } from "../repos/working-copy.ts";
import type { Store } from "../store/open-store.ts";
import type { KnownRepository } from "../store/repositories.ts";
import type { ScratchFolder } from "../store/scratch-folder.ts";
import type { ForgeNames } from "../sync/forge-names.ts";
import { MirrorTarget, mirrorKey } from "../sync/mirror-target.ts";
import type { ForgeWatch } from "../sync/pull-requests/forge-watch.ts";
import type { SyncQueue } from "../sync/sync-queue.ts";
import type { SyncTarget } from "../sync/sync-target.ts";
import { WorkingCopyTarget } from "../sync/working-copy-target.ts";
import type { ForgeSources } from "./forge-sources.ts";

/** For reading the configuration of a clone at the start. */
const OPEN_TIMEOUT_MS = 5_000;

export type OpenedRepo = WorkingCopy | Mirror | AdoptedCheckout;

export interface RepoTools {
  readonly config: Config;
  readonly spawner: Spawner;
  readonly looker: RefLooker;
  readonly ssh: SshClient;
  readonly githubApp: GithubApp | undefined;
  readonly store: Store;
  readonly scratch: ScratchFolder;
  readonly behind: TurnsBehind;
  readonly trunks: TrunkMemory;
  readonly names: ForgeNames;
  readonly forgeSources: ForgeSources;
  readonly forge: ForgeWatch;
  readonly opening: Turns;
  readonly queue: Pick<SyncQueue, "request">;
  readonly log: Logger;
  /** What is served by now. */
  readonly all: () => readonly OpenedRepo[];
  /** What the store knows of it, where that was read for all at once. */
  readonly known?: KnownRepository | undefined;
}

export async function openRepo(
  config: RepoConfig,
  tools: RepoTools,
): Promise<{ repo: OpenedRepo; target: SyncTarget }> {
  switch (config.kind) {
    case "mirror": {
      const repo = await openMirror(config, tools);
      const isWatched = await follow(repo, config, tools);
      // What changes on its forge is told by comparing what is shown, which has to be read for that.
      if (!isWatched) await repo.recall();
      return { repo, target: new MirrorTarget(repo) };
    }
    case "adopted": {
      const repo = await openAdopted(config, tools);
      return { repo, target: new MirrorTarget(repo) };
    }
    case "working-copy":
      return openWorkingCopy(config, tools);
  }
}

/** One that cannot be opened now is served all the same: as failing, with the reason, until it can. */
async function openWorkingCopy(
  { id, path, displayName, owner, name }: WorkingCopyConfig,
  { config, spawner, store, scratch, behind, trunks, log }: RepoTools,
): Promise<{ repo: WorkingCopy; target: SyncTarget }> {
  const repo = new WorkingCopy(spawner, {
    id,
    folder: path,
    ...(displayName !== undefined && { displayName }),
    ...(owner !== undefined && { owner }),
    ...(name !== undefined && { name }),
    namesPerson: config.posture === "local",
    lineCounts: store.lineCounts,
    landings: { ...landingStores(store, `working-copy:${path}`), trunks },
    stacks: store.stacks(`working-copy:${path}`),
    behind,
    trialsDir: scratch.path,
  });
  await repo
    .open()
    .catch((error: unknown) => log.warn({ err: error, repoId: id }, "cannot open the repository"));
  return { repo, target: new WorkingCopyTarget(repo, path) };
}

async function openMirror(
  mirror: MirrorConfig,
  tools: RepoTools,
  beforePublishing?: (signal: AbortSignal) => Promise<void>,
): Promise<Mirror> {
  const { config, spawner, store, scratch, behind, trunks } = tools;
  const { id, url, displayName, owner, name } = mirror;
  const ssh = isSsh(url) ? await tools.ssh.access(ownKey(mirror)) : undefined;
  const looker = ssh ? new SshLooker(spawner, ssh) : tools.looker;
  return new Mirror(spawner, looker, {
    id,
    dir: mirrorDir(config, id),
    url,
    credentials: credentialsOf(mirror, tools),
    ...(ssh && { ssh }),
    ...(displayName !== undefined && { displayName }),
    ...(owner !== undefined && { owner }),
    ...(name !== undefined && { name }),
    lineCounts: store.lineCounts,
    headMoves: store.headMoves(mirrorKey(id)),
    landings: { ...landingStores(store, mirrorKey(id)), trunks },
    stacks: store.stacks(mirrorKey(id)),
    behind,
    opening: tools.opening,
    onUnreadable: () => void tools.queue.request(id, { trigger: "interval" }),
    onKeptDropped: (why) =>
      tools.log.info({ repoId: id, why }, "what was kept of a repository is not served, and is removed"),
    trialsDir: scratch.path,
    ...(config.secondLookMs !== undefined && { secondLookMs: config.secondLookMs }),
    ...(beforePublishing && { beforePublishing }),
  });
}

function landingStores(store: Store, repoKey: string): LandingTools {
  return { landed: store.landed(repoKey), departed: store.departed(repoKey), patchIds: store.patchIds };
}

/** Wherever its forge takes it, and whatever that says of its pull requests. @returns whether it is asked for those */
async function follow(
  mirror: Mirror,
  config: MirrorConfig,
  { names, forgeSources, forge, known }: RepoTools,
): Promise<boolean> {
  const storeKey = mirrorKey(mirror.id);
  await names.follow(mirror, storeKey, known);
  const source = await forgeSources.open(config);
  if (!source) return false;
  if ("off" in source) {
    mirror.forge = { health: "off", reason: source.off };
    return false;
  }
  await forge.watch(mirror, storeKey, source);
  return true;
}

export function mirrorDir({ dataDir }: Config, id: string): string {
  return join(dataDir, "mirrors", `${id}.git`);
}

/** How many mirrors are read from the disk at once. */
export const MIRRORS_OPENED_AT_ONCE = 2;

/** Shows what lies on the disk before the remotes are asked, which are not asked all at once. What is known without that is left unread. */
export function openMirrors(mirrors: readonly Mirror[]): AsyncDisposable {
  const closing = new AbortController();
  const { signal } = closing;
  const waiting = mirrors.filter(({ lastShown }) => !lastShown).values();
  const opening = Array.from({ length: MIRRORS_OPENED_AT_ONCE }, async () => {
    for (const mirror of waiting) if (!signal.aborted) await mirror.open({ signal });
  });
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      await Promise.all(opening);
    },
  };
}

/** It is served whatever happens; a clone that cannot be handed over is looked at again with each sync. */
async function openAdopted(about: AdoptedConfig, tools: RepoTools): Promise<AdoptedCheckout> {
  const { path, url, authorization, credentialEnv, authorizedOrigin, sshKey, ...rest } = about;
  const repo: AdoptedCheckout = new AdoptedCheckout(tools.spawner, {
    ...rest,
    folder: path,
    ...(url && { url }),
    readUrl: parseRemoteUrl,
    standIn: join(tools.config.dataDir, "checkouts", `${about.id}.git`),
    mirrorDir: mirrorDir(tools.config, about.id),
    openMirror: async (remote, beforePublishing) => {
      const config = {
        ...ownerAndName(remote),
        ...rest,
        kind: "mirror" as const,
        url: remote,
        ...(remote.origin === authorizedOrigin && {
          ...(authorization !== undefined && { authorization }),
          ...(credentialEnv !== undefined && { credentialEnv }),
        }),
        ...(sshKey && credentialEnv !== undefined && { sshKey, credentialEnv }),
      };
      const mirror = await openMirror(config, tools, beforePublishing);
      await follow(mirror, config, tools);
      return mirror;
    },
    isServedElsewhere: (gitDir) =>
      tools
        .all()
        .some((other) =>
          other instanceof WorkingCopy
            ? other.commonDir === gitDir
            : other !== repo && other instanceof AdoptedCheckout && other.gitDir === gitDir,
        ),
    onKept: (refs) =>
      tools.log.warn({ repoId: about.id, refs }, "kept what the clone had and its remote has not"),
  });
  await repo
    .open(AbortSignal.timeout(OPEN_TIMEOUT_MS))
    .catch((error: unknown) => tools.log.warn({ err: error, repoId: about.id }, "cannot open the clone"));
  return repo;
}

/** Its entry's own, else the App's where it is installed, else the token for GitHub. */
export function credentialsOf(
  { url, authorization, credentialEnv, namesCredentials }: MirrorConfig,
  { config, githubApp }: { config: Pick<Config, "githubApp">; githubApp: GithubApp | undefined },
): RemoteCredentials {
  if (isSsh(url)) return fixedCredentials(undefined);
  const isForApp = config.githubApp && !namesCredentials && onGithub(url, config.githubApp.githubUrl);
  if (!githubApp || !isForApp) return fixedCredentials(authorization, credentialEnv);
  return new GithubAppCredentials(githubApp, { otherwise: authorization });
}

/** What it is made of takes a while to load, and most servers have none. */
export async function openGithubApp({ githubApp }: Config): Promise<GithubApp | undefined> {
  if (!githubApp) return undefined;
  const { GithubApp } = await import("../forge/github-app.ts");
  return new GithubApp(githubApp);
}
