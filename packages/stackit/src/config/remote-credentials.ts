import { basicAuthorization } from "../lib/basic-authorization.ts";
import { ConfigError } from "./config-error.ts";

export interface CredentialSources {
  readonly env: NodeJS.ProcessEnv;
  /** What is served from here gets `STACKIT_GIT_TOKEN`, and nobody else does. */
  readonly githubUrl: URL;
}

export interface FoundToken {
  /** Secret: the whole value of the Authorization header. Absent when the variable is not set. */
  readonly authorization?: string;
  /** The variable that it was or would be made of. */
  readonly credentialEnv: string;
}

const GIT_TOKEN = "STACKIT_GIT_TOKEN";

/**
 * What a remote may be told: the token in the variable that its entry names, or the token for the forge that it lies on.
 * @throws {ConfigError} when the entry names a variable that holds none.
 */
export function findCredentials(
  remote: { url: URL; credentialEnv?: string },
  { env, githubUrl }: CredentialSources,
  place: string,
): FoundToken | undefined {
  const byDefault = remote.url.origin === githubUrl.origin ? GIT_TOKEN : undefined;
  const credentialEnv = remote.credentialEnv ?? byDefault;
  if (credentialEnv === undefined) return undefined;
  const token = env[credentialEnv]?.trim() ?? "";
  if (token !== "") return { authorization: basicAuthorization(token), credentialEnv };
  if (remote.credentialEnv === undefined) return { credentialEnv };
  throw new ConfigError(
    `${place}.credentialEnv names ${credentialEnv}, which is ${env[credentialEnv] === undefined ? "not set" : "empty"}; it must be a variable that holds a token.`,
    {
      mend: `Set ${credentialEnv} to a token where the server is started, or leave ${place}.credentialEnv out.`,
    },
  );
}
