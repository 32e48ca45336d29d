/** What one repository of a remote is told about who asks. What is told may change between two calls. */
export interface RemoteCredentials {
  /**
   * Secret: the whole value of the Authorization header; undefined to ask without.
   * @throws {RemoteError} when none can be had now
   */
  authorization(signal: AbortSignal): Promise<string | undefined>;
  /** To be told that the remote refused what it was given. Returns whether asking again may give something better. */
  refused(given: string | undefined): boolean;
}

/** The same for ever, such as a token from a variable. */
export function fixedCredentials(authorization: string | undefined): RemoteCredentials {
  return { authorization: async () => authorization, refused: () => false };
}
