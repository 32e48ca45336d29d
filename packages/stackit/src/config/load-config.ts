import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, resolve } from "node:path";
import { type Config, parseConfig } from "./config.ts";
import { ConfigError } from "./config-error.ts";
import { defaultDataDir } from "./data-dir.ts";
import { readGithubApp } from "./github-app.ts";
import { parseGithubApiUrl, parseGithubUrl } from "./github-url.ts";
import { type FlagValues, readSettings, type Setting, twinOf } from "./read-env.ts";
import type { CredentialSources } from "./remote-credentials.ts";
import { parseReposFile, type RepoConfig } from "./repos-file.ts";
import { readSsh } from "./ssh.ts";

/**
 * The configuration of `serve` from its flags, the environment and the file they name.
 * @throws {ConfigError}
 */
export async function loadConfig(flags: FlagValues, env: NodeJS.ProcessEnv, cwd: string): Promise<Config> {
  const settings = readSettings(flags, env);
  const file = settings["repos-config"];
  const githubUrl = parseGithubUrl(settings.STACKIT_GITHUB_URL);
  const apiUrl = parseGithubApiUrl(settings.STACKIT_GITHUB_API_URL, githubUrl);
  const listedRepos = file && (await readReposFile(file, cwd, { env, githubUrl, cwd }));
  const token = settings.STACKIT_GIT_TOKEN?.value.trim();
  const personalToken = token ?? tokenOfTools(env, githubUrl);
  const githubApp = await readGithubApp(settings, { url: githubUrl, apiUrl }, cwd);
  return parseConfig(settings, {
    cwd,
    defaultDataDir: settings["data-dir"]?.value ?? ownDataDir(env),
    ...(listedRepos && { listedRepos }),
    github: {
      url: githubUrl,
      apiUrl,
      ...(token !== undefined && { token }),
      ...(personalToken !== undefined && { personalToken }),
    },
    ...(githubApp && { githubApp }),
    ssh: readSsh(settings, cwd),
  });
}

/** Where GitHub's own tools find the token of the person who uses them: another variable for an Enterprise Server. */
function tokenOfTools(env: NodeJS.ProcessEnv, { hostname }: URL): string | undefined {
  const isEnterprise = hostname !== "github.com" && !hostname.endsWith(".ghe.com");
  const [first, second] = isEnterprise
    ? [env.GH_ENTERPRISE_TOKEN, env.GITHUB_ENTERPRISE_TOKEN]
    : [env.GH_TOKEN, env.GITHUB_TOKEN];
  return first?.trim() || second?.trim() || undefined;
}

/** Where the data lies when no flag says so. @throws {ConfigError} */
export function dataDirOf(env: NodeJS.ProcessEnv, cwd: string): string {
  const named = env[twinOf("data-dir")];
  return named ? resolve(cwd, named) : ownDataDir(env);
}

/** @throws {ConfigError} where the user has no home, as in some containers. */
function ownDataDir(env: NodeJS.ProcessEnv): string {
  try {
    return defaultDataDir(process.platform, env, homedir());
  } catch (cause) {
    throw new ConfigError(
      "This user has no home folder in which the data could lie. Name a folder with --data-dir.",
      {
        mend: "Give --data-dir a folder that this user can write.",
        cause,
      },
    );
  }
}

async function readReposFile(
  { value, origin }: Setting,
  cwd: string,
  credentials: CredentialSources,
): Promise<RepoConfig[]> {
  const path = resolve(cwd, value);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? error.code : "unreadable";
    throw new ConfigError(`${origin} names ${path}, which cannot be read (${reason}).`, {
      mend: `Set ${origin} to a JSON file that this user can read.`,
      cause: error,
    });
  }
  return parseReposFile(text, value, { folder: dirname(path), ...credentials });
}
