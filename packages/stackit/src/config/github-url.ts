import { ConfigError } from "./config-error.ts";
import { isLoopback } from "./loopback.ts";
import type { Setting } from "./read-env.ts";

/** A GitHub. */
export interface GithubPlace {
  /** Where its repositories are. */
  readonly url: URL;
  /** Where it answers programs. */
  readonly apiUrl: URL;
  /** Secret. For repositories that are fetched by SSH; the others have it with their credentials. */
  readonly token?: string;
  /** Secret. Of the person who runs a local server, who submits with it. */
  readonly personalToken?: string;
}

/**
 * The GitHub whose repositories the token and the App are for: GitHub itself, or a GitHub Enterprise Server.
 * @throws {ConfigError} that does not quote the value, which may hold a secret.
 */
export function parseGithubUrl(setting: Setting | undefined): URL {
  if (!setting) return new URL("https://github.com");
  const url = URL.parse(setting.value);
  if (url && isSafe(url) && url.href === `${url.origin}/`) return url;
  throw new ConfigError(
    `${setting.origin} cannot be used; it must be the https URL of a GitHub without user and path, such as https://github.example.com.`,
    { mend: `Set ${setting.origin} to such a URL, or leave it out for github.com.` },
  );
}

/**
 * Where that GitHub answers programs; without the setting where its kind does.
 * @throws {ConfigError} that does not quote the value.
 */
export function parseGithubApiUrl(setting: Setting | undefined, githubUrl: URL): URL {
  if (!setting) return usualApiUrl(githubUrl);
  const url = URL.parse(setting.value);
  if (url && isSafe(url) && url.href === `${url.origin}${url.pathname}`) return url;
  throw new ConfigError(
    `${setting.origin} cannot be used; it must be the https URL of a GitHub's API without user and query, such as https://github.example.com/api/v3.`,
    { mend: `Set ${setting.origin} to such a URL, or leave it out: it follows from STACKIT_GITHUB_URL.` },
  );
}

function usualApiUrl({ origin, hostname }: URL): URL {
  const hasOwnHost = hostname === "github.com" || hostname.endsWith(".ghe.com");
  return new URL(hasOwnHost ? `https://api.${hostname}` : `${origin}/api/v3`);
}

function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}
