import type { Config } from "../config/config.ts";
import { isSsh, onGithub } from "../config/remote-url.ts";
import type { MirrorConfig } from "../config/repos-file.ts";
import type { SeenRemote } from "../contract/added-repo.ts";
import { Problem } from "../contract/problem-error.ts";
import type { GithubApp } from "../forge/github-app.ts";
import type { Spawner } from "../git/spawner.ts";
import type { SshClient } from "../git/ssh-access.ts";
import { type RefLook, RefLooker } from "../git/wire/ls-refs.ts";
import { RemoteError } from "../git/wire/remote-failure.ts";
import { SshLooker } from "../git/wire/ssh-looker.ts";
import { chooseTrunk } from "../stacks/choose-trunk.ts";
import { HEADS, REMOTES } from "../stacks/ref-reading.ts";
import { mirrorFailure } from "../sync/mirror-target.ts";
import { credentialsOf } from "./open-repos.ts";

const LOOK_TIMEOUT_MS = 15_000;

export interface LookTools {
  readonly config: Pick<Config, "github" | "githubApp" | "signIn">;
  readonly spawner: Spawner;
  readonly ssh: Pick<SshClient, "access">;
  readonly githubApp: GithubApp | undefined;
}

/**
 * What the remote shows to this server, with the credentials that a mirror of it would have. Nothing of it is kept.
 * @throws {Problem} `repo/unreadable-for-server` with what to do. @throws {SyncFailure} when its host does not answer as it should
 */
export async function seeRemote(
  mirror: MirrorConfig,
  tools: LookTools,
  timeoutMs = LOOK_TIMEOUT_MS,
): Promise<SeenRemote> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return seenIn(await look(mirror, tools, signal));
  } catch (error) {
    const failure = error instanceof RemoteError ? error.failure : undefined;
    if (failure === "auth-failed" || failure === "not-found") {
      throw new Problem("repo/unreadable-for-server", await howToOpen(mirror, tools, error));
    }
    if (!signal.aborted) throw mirrorFailure(error);
    throw mirrorFailure(new RemoteError("timeout", `It did not answer within ${timeoutMs / 1000} s.`));
  }
}

async function look(mirror: MirrorConfig, tools: LookTools, signal: AbortSignal): Promise<RefLook> {
  const { url } = mirror;
  const prefixes = [HEADS];
  if (isSsh(url))
    return new SshLooker(tools.spawner, await tools.ssh.access()).look(url, { prefixes, signal });
  const authorization = await credentialsOf(mirror, tools).authorization(url, signal);
  using looker = new RefLooker();
  return await looker.look(url, { prefixes, authorization, signal });
}

function seenIn({ found }: RefLook): SeenRemote {
  // How many it has is for git to find out.
  if (found === "older-protocol") return {};
  const { refs, head } = found;
  const symbolic = new Map(
    head?.startsWith(HEADS)
      ? [[`${REMOTES}origin/HEAD`, `${REMOTES}origin/${head.slice(HEADS.length)}`]]
      : [],
  );
  const reading = { refs, symbolic, head: { kind: "none" as const }, checkedOut: new Set<string>() };
  const trunk = chooseTrunk(reading, { remote: "origin", namedAsRoot: [] })?.name;
  return { ...(trunk !== undefined && { trunk }), branches: refs.size };
}

async function howToOpen(
  { url }: MirrorConfig,
  { config, githubApp }: LookTools,
  error: unknown,
): Promise<string> {
  if (isSsh(url)) return mirrorFailure(error).message;
  if (!onGithub(url, config.github.url)) return ELSEWHERE;
  const place = await githubApp?.about().catch(() => undefined);
  if (place)
    return `The GitHub App ${place.name} is not installed on it. Install it there: ${place.installUrl}`;
  return config.signIn ? NOT_FOR_SERVER : NOT_FOUND;
}

const ELSEWHERE =
  "There is no such repository, or its host wants credentials: then list it in the file of --repos-config with credentialEnv.";
const NOT_FOUND =
  "There is no such repository, or it is private: then set STACKIT_GIT_TOKEN, or a GitHub App that is installed on it, where the server is started.";
/** The person can read it, so it is there. */
const NOT_FOR_SERVER =
  "The server has neither a GitHub App that is installed on it nor a token that can read it; its operator can set STACKIT_GIT_TOKEN.";
