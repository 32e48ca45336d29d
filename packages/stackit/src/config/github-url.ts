import { ConfigError } from "./config-error.ts";
import { isLoopback } from "./loopback.ts";
import type { Setting } from "./read-env.ts";

/**
 * The GitHub whose repositories the token is for: GitHub itself, or a GitHub Enterprise Server.
 * @throws {ConfigError} that does not quote the value, which may hold a secret.
 */
export function parseGithubUrl(setting: Setting | undefined): URL {
  if (!setting) return new URL("https://github.com");
  const url = URL.parse(setting.value);
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
  if (url && isSafe && url.href === `${url.origin}/`) return url;
  throw new ConfigError(
    `${setting.origin} cannot be used; it must be the https URL of a GitHub without user and path, such as https://github.example.com.`,
  );
}
