import { RemoteError } from "./wire/remote-failure.ts";

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

const NONE_SET =
  "The remote wants credentials, and none are set for it: put a token into a variable, and name that with `credentialEnv`.";

/** The same for ever, from a `variable` when it is named. */
export function fixedCredentials(authorization: string | undefined, variable?: string): RemoteCredentials {
  return {
    authorization: async () => authorization,
    async renew({ protocol }) {
      if (variable === undefined) {
        if (authorization !== undefined || !protocol.startsWith("http")) return undefined;
        throw new RemoteError("auth-failed", NONE_SET);
      }
      const why =
        authorization === undefined
          ? `The remote wants credentials, and ${variable} is not set.`
          : `The remote refused the token in ${variable}.`;
      throw new RemoteError("auth-failed", why);
    },
  };
}
