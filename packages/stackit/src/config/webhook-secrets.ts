import { ConfigError } from "./config-error.ts";
import type { Setting } from "./read-env.ts";

const MIN_LENGTH = 16;

/**
 * The secrets that a variable lists, separated by commas; several while one is being replaced.
 * @throws {ConfigError} that says which of them cannot be used, and quotes none.
 */
export function parseWebhookSecrets({ value, origin }: Setting): string[] {
  const secrets = value.split(",").map((secret) => secret.trim());
  for (const [index, secret] of secrets.entries()) {
    const found = secret === "" ? "is empty" : secret.length < MIN_LENGTH ? "is too short" : undefined;
    if (found === undefined) continue;
    throw new ConfigError(
      `${origin}: secret ${index + 1} of ${secrets.length} ${found}; each must have ${MIN_LENGTH} characters or more, and commas separate them. \`openssl rand -hex 32\` makes one.`,
      { mend: `Set ${origin} to secrets of ${MIN_LENGTH} characters or more, with commas between them.` },
    );
  }
  return secrets;
}
