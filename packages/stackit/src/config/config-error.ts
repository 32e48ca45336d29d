/** A setting that cannot be used. The message is a sentence for a person: what was found, and what is allowed. */
export class ConfigError extends Error {
  /** What to do, as a sentence of its own that names the setting. */
  readonly mend: string;

  constructor(message: string, { mend, ...options }: { mend: string; cause?: unknown }) {
    super(message, options);
    this.name = "ConfigError";
    this.mend = mend;
  }
}
