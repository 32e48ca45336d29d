import { isIP } from "node:net";
import { resolve } from "node:path";
import type { SshSettings } from "../lib/ssh-settings.ts";
import { ConfigError } from "./config-error.ts";
import { ALLOWED_INTERVAL, parseDurationMs, parseIntervalMs } from "./duration.ts";
import type { GithubAppConfig } from "./github-app.ts";
import type { GithubPlace } from "./github-url.ts";
import { choosePosture, type Posture } from "./posture.ts";
import type { Flag, Setting, Settings, Variable } from "./read-env.ts";
import type { RepoConfig } from "./repos-file.ts";
import { readSignIn, type SignInConfig } from "./sign-in.ts";
import { parseTrustedProxies } from "./trusted-proxies.ts";
import { parseWebhookSecrets } from "./webhook-secrets.ts";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Everything that `serve` is told, checked and complete. Paths are absolute. */
export interface Config {
  readonly repos: readonly RepoConfig[];
  /** Holds the database and the mirrors. May not exist yet. */
  readonly dataDir: string;
  readonly bind: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** The URL that people open, when it is not the bind address. */
  readonly baseUrl?: URL;
  readonly posture: Posture;
  readonly readOnly: boolean;
  /** Present on a team's server. */
  readonly signIn?: SignInConfig;
  /** Addresses and CIDR ranges whose `X-Forwarded-*` is believed. */
  readonly trustedProxies: readonly string[];
  /** How often a mirror is synced that says nothing else, as long as nothing is known of it; 0 is off. */
  readonly syncIntervalMs: number;
  /** The shortest that it becomes by itself. */
  readonly syncIntervalMinMs: number;
  /** The longest. */
  readonly syncIntervalMaxMs: number;
  readonly settleMs: number;
  readonly syncTimeoutMs: number;
  /** When a second look confirms a loss that was held back; by default 5 min. No flag sets it. */
  readonly secondLookMs?: number;
  readonly maxSyncs: number;
  readonly maxSyncsPerHost: number;
  /** Secret. Any of them may have signed a webhook; without one there are no webhooks. */
  readonly webhookSecrets: readonly string[];
  /** The GitHub that the token and the App are for. */
  readonly github: GithubPlace;
  /** Makes the tokens for mirrors of repositories that it is installed on. */
  readonly githubApp?: GithubAppConfig;
  /** Whether programs, which have no account on the forge, submit in the App's name. */
  readonly submitsAsApp?: boolean;
  /** Whether pull requests are made without the pauses that GitHub asks for. No flag sets it. */
  readonly submitsWithoutPauses?: boolean;
  readonly ssh?: SshSettings;
  readonly shutdownTimeoutMs: number;
  readonly environment: "local" | "production";
  readonly logLevel: LogLevel;
}

export interface Surroundings {
  /** Where the command was called. */
  readonly cwd: string;
  readonly defaultDataDir: string;
  /** What the file of `--repos-config` lists, when it is given. */
  readonly listedRepos?: readonly RepoConfig[];
  readonly github: GithubPlace;
  readonly githubApp?: GithubAppConfig;
  readonly ssh?: SshSettings;
}

/** @throws {ConfigError} at the first setting that cannot be used. */
export function parseConfig(settings: Settings, surroundings: Surroundings): Config {
  const read = new SettingsReader(settings);
  const environment = read.oneOf("STACKIT_ENV", ["local", "production"], "local");
  const baseUrl = read.baseUrl();
  const bind = read.bind();
  const port = read.integer("port", 8080, 0, 65_535);
  const readOnly = read.boolean("read-only") ?? false;
  const posture = choosePosture({
    bind,
    ...(baseUrl && { baseUrl }),
    isReadOnly: readOnly,
    settings,
    wantsSignIn: read.boolean("auth"),
  });
  const trustedProxies = parseTrustedProxies(settings["trusted-proxy"]);
  const place = { bind, ...(baseUrl && { baseUrl }), github: surroundings.github };
  return {
    repos: chooseRepos(settings.cwd, surroundings),
    dataDir: resolve(surroundings.cwd, settings["data-dir"]?.value ?? surroundings.defaultDataDir),
    bind,
    port,
    ...(baseUrl && { baseUrl }),
    posture,
    readOnly,
    ...(posture === "team" && { signIn: readSignIn(settings, place) }),
    trustedProxies,
    ...read.syncIntervals(),
    settleMs: read.durationMs("settle", 250, 0, 60_000),
    syncTimeoutMs: read.durationMs("sync-timeout", 120_000, 100, 86_400_000),
    maxSyncs: read.integer("max-syncs", 8, 1, 1024),
    maxSyncsPerHost: read.integer("max-syncs-per-host", 4, 1, 1024),
    webhookSecrets: read.secrets("STACKIT_WEBHOOK_SECRET", "STACKIT_GITHUB_WEBHOOK_SECRET"),
    github: surroundings.github,
    ...(surroundings.githubApp && { githubApp: surroundings.githubApp }),
    ...(read.oneOf("STACKIT_SUBMIT_FALLBACK", ["none", "app"], "none") === "app" && { submitsAsApp: true }),
    ...(surroundings.ssh && { ssh: surroundings.ssh }),
    shutdownTimeoutMs: read.durationMs("shutdown-timeout", 10_000, 0, 3_600_000),
    environment,
    logLevel: read.oneOf("STACKIT_LOG", LOG_LEVELS, environment === "local" ? "warn" : "info"),
  };
}

/** `--cwd`, and the list; the current directory when neither is given. */
function chooseRepos(cwd: Setting | undefined, surroundings: Surroundings): RepoConfig[] {
  const listed = surroundings.listedRepos ?? [];
  if (!cwd && surroundings.listedRepos) return [...listed];
  if (listed.some(({ id }) => id === "default")) {
    throw new ConfigError(
      `${cwd?.origin ?? "--cwd"} serves its repository as "default", and the list of repositories has that id too. Rename it there, or leave one of the two out.`,
      { mend: `Change that id in the list, or leave ${cwd?.origin ?? "--cwd"} out.` },
    );
  }
  return [
    { kind: "working-copy", id: "default", path: resolve(surroundings.cwd, cwd?.value ?? ".") },
    ...listed,
  ];
}

interface Bound {
  readonly ms: number;
  readonly words: string;
}

class SettingsReader {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  integer(flag: Flag, byDefault: number, min: number, max: number): number {
    const setting = this.#settings[flag];
    if (!setting) return byDefault;
    const number = /^\d{1,15}$/.test(setting.value) ? Number(setting.value) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw refused(setting, `a whole number from ${min} to ${max}`);
  }

  durationMs(flag: Flag, byDefault: number, min: number, max: number): number {
    const setting = this.#settings[flag];
    if (!setting) return byDefault;
    const ms = parseDurationMs(setting.value);
    if (ms !== undefined && ms >= min && ms <= max) return ms;
    throw refused(
      setting,
      `a duration from ${min === 0 ? "0" : `${min}ms`} to ${max / 1000}s, such as 250ms, 30s, 5m or 1h`,
    );
  }

  /** Bounds that nobody gave make room for the interval; given ones must lie around it, unless it is 0. */
  syncIntervals(): Pick<Config, "syncIntervalMs" | "syncIntervalMinMs" | "syncIntervalMaxMs"> {
    const setting = this.#settings["sync-interval"];
    const ms = this.#intervalMs(setting, 300_000);
    const base = { ms, words: `the ${setting?.value ?? "5m"} of ${setting?.origin ?? "--sync-interval"}` };
    const [least, most] = [
      { ms: 1000, words: "1s" },
      { ms: 86_400_000, words: "24h" },
    ];
    const [under, over] = ms === 0 ? [most, least] : [base, base];
    return {
      syncIntervalMs: ms,
      syncIntervalMinMs: this.#boundMs("sync-interval-min", Math.min(60_000, under.ms), least, under),
      syncIntervalMaxMs: this.#boundMs("sync-interval-max", Math.max(3_600_000, over.ms), over, most),
    };
  }

  #intervalMs(setting: Setting | undefined, byDefault: number): number {
    if (!setting) return byDefault;
    const ms = parseIntervalMs(setting.value);
    if (ms !== undefined) return ms;
    throw refused(setting, ALLOWED_INTERVAL);
  }

  #boundMs(flag: Flag, byDefault: number, from: Bound, to: Bound): number {
    const setting = this.#settings[flag];
    if (!setting) return byDefault;
    const ms = parseDurationMs(setting.value);
    if (ms !== undefined && ms >= from.ms && ms <= to.ms) return ms;
    throw refused(setting, `a duration from ${from.words} to ${to.words}`);
  }

  secrets(...names: Variable[]): string[] {
    const found = names.flatMap((name) => this.#settings[name] ?? []).flatMap(parseWebhookSecrets);
    return [...new Set(found)];
  }

  /** Undefined when nobody said. */
  boolean(flag: Flag): boolean | undefined {
    const setting = this.#settings[flag];
    if (!setting) return undefined;
    if (/^(1|true|yes|on)$/i.test(setting.value)) return true;
    if (/^(0|false|no|off)$/i.test(setting.value)) return false;
    throw refused(setting, "true or false");
  }

  oneOf<T extends string>(name: Flag | keyof Settings, allowed: readonly T[], byDefault: T): T {
    const setting = this.#settings[name];
    if (!setting) return byDefault;
    const found = allowed.find((value) => value === setting.value);
    if (found !== undefined) return found;
    throw refused(setting, `one of ${allowed.join(", ")}`);
  }

  bind(): string {
    const setting = this.#settings.bind;
    if (!setting) return "127.0.0.1";
    const host = setting.value.replace(/^\[(.*)\]$/, "$1");
    if (isIP(host) || /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(host)) return host;
    throw refused(setting, "an address of this machine without a port, such as 127.0.0.1 or ::1");
  }

  baseUrl(): URL | undefined {
    const setting = this.#settings["base-url"];
    if (!setting) return undefined;
    const url = URL.parse(setting.value);
    const isPlain = url && url.pathname === "/" && !url.search && !url.hash && !url.username && !url.password;
    if (isPlain && /^https?:$/.test(url.protocol)) return url;
    throw refused(setting, "an http or https URL without a path, such as https://stacks.example.com");
  }
}

function refused({ value, origin }: Setting, allowed: string): ConfigError {
  const shown = value.length > 80 ? `${value.slice(0, 80)}…` : value;
  return new ConfigError(`${origin} is ${JSON.stringify(shown)}; it must be ${allowed}.`, {
    mend: `Set ${origin} to ${allowed}.`,
  });
}
