import { trustCertificates } from "../lib/trust-certificates.ts";
import { ConfigError } from "./config-error.ts";

/**
 * Lets this process trust what the variable of OpenSSL names, as git does then too. For commands that speak to remotes.
 * @throws {ConfigError}
 */
export function trustNamedCertificates({ SSL_CERT_FILE: file }: NodeJS.ProcessEnv): void {
  if (!file) return;
  try {
    trustCertificates(file);
  } catch (error) {
    const reason = error instanceof Error ? ("code" in error ? error.code : error.message) : error;
    throw new ConfigError(`SSL_CERT_FILE names ${file}, which cannot be used (${reason}).`, {
      mend: "Set SSL_CERT_FILE to a file of PEM certificates that this user can read, or unset it.",
      cause: error,
    });
  }
}
