import type { Config } from "../../config/config.ts";
import { isSsh, onGithub } from "../../config/remote-url.ts";
import { type MirrorConfig, ownKey } from "../../config/repos-file.ts";
import { type ProblemCode, problems } from "../../contract/problems.ts";
import { DirectSpawner } from "../../git/spawner.ts";
import { SshClient } from "../../git/ssh-access.ts";
import { RefLooker } from "../../git/wire/ls-refs.ts";
import { RemoteError, type RemoteFailure } from "../../git/wire/remote-failure.ts";
import { SshLooker } from "../../git/wire/ssh-looker.ts";
import type { SshSettings } from "../../lib/ssh-settings.ts";
import type { Finding } from "./finding.ts";

/** How long a remote may say nothing, and take in all. */
const SILENCE_MS = 5_000;
const TIMEOUT_MS = 15_000;

/**
 * Whether a mirror's remote answers to what it would be told. Fetches nothing. What a GitHub App is for is checked with the App.
 */
export async function checkMirror(
  mirror: MirrorConfig,
  config: Pick<Config, "githubApp" | "ssh">,
  signal: AbortSignal,
): Promise<Finding> {
  const { id, url } = mirror;
  const subject = `repository ${id}`;
  if (config.githubApp && !mirror.namesCredentials && onGithub(url, config.githubApp.githubUrl)) {
    const detail = `mirror of ${url.href}, with the GitHub App where that is installed`;
    return { level: "ok", subject, detail };
  }
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const { credentials, error } = await (isSsh(url)
    ? askBySsh(mirror, config.ssh ?? {}, limit)
    : askByHttp(mirror, limit));
  if (!error) return { level: "ok", subject, detail: `mirror of ${url.href}, which answers ${credentials}` };
  if (!(error instanceof RemoteError)) throw error;
  const detail = `mirror of ${url.href}, asked ${credentials}: ${error.message}`;
  return { level: "fail", subject, detail, mend: problems[CODES[error.failure]].mend };
}

interface Asked {
  /** With what, as the end of a sentence. */
  readonly credentials: string;
  /** Why there was no answer. */
  readonly error: unknown;
}

async function askByHttp(mirror: MirrorConfig, signal: AbortSignal): Promise<Asked> {
  const { url, authorization, credentialEnv } = mirror;
  using looker = new RefLooker({ silenceMs: SILENCE_MS });
  const credentials =
    authorization !== undefined
      ? `with the token in ${credentialEnv}`
      : `without credentials${credentialEnv === undefined ? "" : `, since ${credentialEnv} is not set`}`;
  return { credentials, error: await errorOf(looker.look(url, { prefixes: [], authorization, signal })) };
}

async function askBySsh(mirror: MirrorConfig, settings: SshSettings, signal: AbortSignal): Promise<Asked> {
  await using spawner = new DirectSpawner();
  await using client = new SshClient(settings);
  const ssh = await client.access(ownKey(mirror));
  const looker = new SshLooker(spawner, ssh, { silenceMs: SILENCE_MS });
  const error = await errorOf(looker.look(mirror.url, { prefixes: [], signal }));
  return { credentials: `with ${ssh.words.keys}`, error };
}

function errorOf(look: Promise<unknown>): Promise<unknown> {
  return look.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** What a run would say. */
const CODES: Readonly<Record<RemoteFailure, ProblemCode>> = {
  "auth-failed": "sync/auth-failed",
  "not-found": "sync/remote-not-found",
  unreachable: "sync/remote-unreachable",
  "rate-limited": "sync/rate-limited",
  timeout: "sync/timeout",
  error: "sync/remote-error",
  aborted: "sync/timeout",
};
