/** A setting that cannot be used. The message is a sentence for a person: what was found, and what is allowed. */
export class ConfigError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "ConfigError";
  }
}
