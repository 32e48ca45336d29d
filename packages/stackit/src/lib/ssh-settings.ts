import type { SshKey } from "./ssh-key.ts";

/** How remotes are reached by SSH. */
export interface SshSettings {
  /** For remotes that have none of their own; without it the user's are used. */
  readonly key?: NamedSshKey;
  /** Instead of the files of the user and of the system. */
  readonly knownHosts?: KnownHosts;
}

/** A key from a variable. */
export interface NamedSshKey {
  readonly key: SshKey;
  readonly variable: string;
}

/** Where it stands what the keys of hosts are: a file's absolute path, or what such a file would hold. */
export type KnownHosts = { readonly variable: string } & (
  | { readonly file: string }
  | { readonly text: string }
);
