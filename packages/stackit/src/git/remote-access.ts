import type { SshAccess } from "./ssh-access.ts";

/** Where to ask, and what to tell there and nowhere else. */
export interface RemoteAccess {
  /** http or https, without a user; or ssh. */
  readonly url: URL;
  /** Secret: the whole value of the Authorization header. */
  readonly authorization?: string | undefined;
  /** Present for ssh. */
  readonly ssh?: SshAccess | undefined;
}
