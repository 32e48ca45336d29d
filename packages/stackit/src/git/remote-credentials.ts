/** What one repository of a remote is told about who asks. Where it is and what it is told may change between two calls. */
export interface RemoteCredentials {
  /**
   * Secret: the whole value of the Authorization header; undefined to ask without.
   * @throws {RemoteError} when none can be had now, or the signal's reason
   */
  authorization(url: URL, signal: AbortSignal): Promise<string | undefined>;
  /**
   * What to tell instead of what the remote refused; undefined when there is nothing better.
   * @throws {RemoteError} that knows better why it was refused, or the signal's reason
   */
  renew(url: URL, refused: string | undefined, signal: AbortSignal): Promise<string | undefined>;
}

/** The same for ever, such as a token from a variable. */
export function fixedCredentials(authorization: string | undefined): RemoteCredentials {
  return { authorization: async () => authorization, renew: async () => undefined };
}
