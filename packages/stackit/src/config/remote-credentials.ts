import { basicAuthorization } from "../lib/basic-authorization.ts";
import type { SshKey } from "../lib/ssh-key.ts";
import { ConfigError } from "./config-error.ts";
import { isSsh } from "./remote-url.ts";
import { readSshKey } from "./ssh.ts";

export interface CredentialSources {
  readonly env: NodeJS.ProcessEnv;
  /** What is served from here gets `STACKIT_GIT_TOKEN`, and nobody else does. */
  readonly githubUrl: URL;
  /** Where relative paths in variables start. */
  readonly cwd: string;
}

export interface FoundCredentials {
  /** Secret: the whole value of the Authorization header. Absent when the variable is not set. */
  readonly authorization?: string;
  /** For remotes by SSH. */
  readonly sshKey?: SshKey;
  /** The variable that they were or would be made of. */
  readonly credentialEnv: string;
}

const GIT_TOKEN = "STACKIT_GIT_TOKEN";

/**
 * What a remote may be told: the token in the variable that its entry names, or the token for the forge that it lies on. By SSH, the key
 * in that variable, or in the file that it names.
 * @throws {ConfigError} when the entry names a variable that holds none.
 */
export function findCredentials(
  remote: { url: URL; credentialEnv?: string },
  { env, githubUrl, cwd }: CredentialSources,
  place: string,
): FoundCredentials | undefined {
  const byDefault = remote.url.origin === githubUrl.origin ? GIT_TOKEN : undefined;
  const credentialEnv = remote.credentialEnv ?? byDefault;
  if (credentialEnv === undefined) return undefined;
  const value = env[credentialEnv]?.trim() ?? "";
  if (value !== "" && isSsh(remote.url)) {
    return { sshKey: readSshKey({ value, origin: credentialEnv }, cwd), credentialEnv };
  }
  if (value !== "") return { authorization: basicAuthorization(value), credentialEnv };
  if (remote.credentialEnv === undefined) return { credentialEnv };
  const secret = isSsh(remote.url) ? "a private key, or the path of a file with one" : "a token";
  throw new ConfigError(
    `${place}.credentialEnv names ${credentialEnv}, which is ${env[credentialEnv] === undefined ? "not set" : "empty"}; it must be a variable that holds ${secret}.`,
    {
      mend: `Set ${credentialEnv} to ${secret} where the server is started, or leave ${place}.credentialEnv out.`,
    },
  );
}
