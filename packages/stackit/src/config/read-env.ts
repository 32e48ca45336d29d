/** The flags of `serve`, by the name that follows `--`. */
export const FLAGS = [
  "cwd",
  "repos-config",
  "data-dir",
  "port",
  "bind",
  "base-url",
  "read-only",
  "auth",
  "trusted-proxy",
  "sync-interval",
  "sync-interval-min",
  "sync-interval-max",
  "sync-timeout",
  "settle",
  "max-syncs",
  "max-syncs-per-host",
  "shutdown-timeout",
] as const;
export type Flag = (typeof FLAGS)[number];

/** What can be set by a variable only. */
export const VARIABLES = [
  "STACKIT_ENV",
  "STACKIT_LOG",
  "STACKIT_WEBHOOK_SECRET",
  "STACKIT_GITHUB_WEBHOOK_SECRET",
  "STACKIT_GITHUB_URL",
  "STACKIT_GITHUB_API_URL",
  "STACKIT_GITHUB_APP_ID",
  "STACKIT_GITHUB_APP_PRIVATE_KEY",
  "STACKIT_GITHUB_APP_PRIVATE_KEY_FILE",
  "STACKIT_GITHUB_CLIENT_ID",
  "STACKIT_GITHUB_CLIENT_SECRET",
  "STACKIT_SESSION_KEY",
  "STACKIT_ALLOWED_GH_USERS",
  "STACKIT_ALLOWED_GH_ORG",
  "STACKIT_OPERATORS",
  "STACKIT_OPERATOR_CONTACT",
  "STACKIT_ALLOWED_REMOTE_HOSTS",
  "STACKIT_GIT_TOKEN",
  "STACKIT_SUBMIT_FALLBACK",
  "STACKIT_SSH_KEY",
  "STACKIT_SSH_KEY_FILE",
  "STACKIT_SSH_KNOWN_HOSTS",
  "STACKIT_SSH_KNOWN_HOSTS_FILE",
] as const;
export type Variable = (typeof VARIABLES)[number];

/** A value as a person gave it, and where: `--port` or `STACKIT_PORT`. */
export interface Setting {
  readonly value: string;
  readonly origin: string;
}

export type Settings = Partial<Record<Flag | Variable, Setting>>;

export type FlagValues = Partial<Record<Flag, string | true>>;

/** The environment twin of a flag. */
export function twinOf(flag: Flag): string {
  return `STACKIT_${flag.replaceAll("-", "_").toUpperCase()}`;
}

/** Joins flags and environment; a flag beats its twin, and an empty variable is as good as none. */
export function readSettings(flags: FlagValues, env: NodeJS.ProcessEnv): Settings {
  const settings: Settings = {};
  for (const flag of FLAGS) {
    const given = flags[flag];
    const setting =
      given === undefined
        ? (fromVariable(env, twinOf(flag)) ?? (flag === "port" ? fromVariable(env, "PORT") : undefined))
        : { value: given === true ? "true" : given, origin: `--${flag}` };
    if (setting) settings[flag] = setting;
  }
  for (const name of VARIABLES) {
    const setting = fromVariable(env, name);
    if (setting) settings[name] = setting;
  }
  return settings;
}

/** Variables that look like ours but are read by nobody, nor `named` by a list of repositories: most likely misspelt. */
export function unknownVariables(env: NodeJS.ProcessEnv, named: Iterable<string> = []): string[] {
  const known = new Set<string>([
    ...FLAGS.map(twinOf),
    ...VARIABLES,
    "STACKIT_SERVER",
    "STACKIT_TOKEN",
    ...named,
  ]);
  return Object.keys(env)
    .filter((name) => name.startsWith("STACKIT_") && !known.has(name))
    .sort();
}

function fromVariable(env: NodeJS.ProcessEnv, name: string): Setting | undefined {
  const value = env[name];
  return value === undefined || value === "" ? undefined : { value, origin: name };
}
