import type { GithubAppConfig } from "../../config/github-app.ts";
import { onGithub } from "../../config/remote-url.ts";
import type { MirrorConfig } from "../../config/repos-file.ts";
import { type ProblemCode, problems } from "../../contract/problems.ts";
import { RefLooker } from "../../git/wire/ls-refs.ts";
import { RemoteError, type RemoteFailure } from "../../git/wire/remote-failure.ts";
import type { Finding } from "./finding.ts";

/** How long a remote may say nothing, and take in all. */
const SILENCE_MS = 5_000;
const TIMEOUT_MS = 15_000;

/**
 * Whether a mirror's remote answers to what it would be told. Fetches nothing. What a GitHub App is for is checked with the App.
 */
export async function checkMirror(
  { id, url, authorization, credentialEnv, namesCredentials }: MirrorConfig,
  githubApp: GithubAppConfig | undefined,
  signal: AbortSignal,
): Promise<Finding> {
  const subject = `repository ${id}`;
  if (githubApp && !namesCredentials && onGithub(url, githubApp.githubUrl)) {
    const detail = `mirror of ${url.href}, with the GitHub App where that is installed`;
    return { level: "ok", subject, detail };
  }
  const credentials =
    authorization !== undefined
      ? `with the token in ${credentialEnv}`
      : `without credentials${credentialEnv === undefined ? "" : `, since ${credentialEnv} is not set`}`;
  try {
    using looker = new RefLooker({ silenceMs: SILENCE_MS });
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    await looker.look(url, { prefixes: [], authorization, signal: limit });
    return { level: "ok", subject, detail: `mirror of ${url.href}, which answers ${credentials}` };
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    const detail = `mirror of ${url.href}, asked ${credentials}: ${error.message}`;
    return { level: "fail", subject, detail, mend: problems[CODES[error.failure]].mend };
  }
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
