import { resolve } from "node:path";
import { type Static, type TObject, Type } from "typebox";
import { Value } from "typebox/value";
import { VISIBILITIES, type Visibility } from "../contract/role.ts";
import type { SshKey } from "../lib/ssh-key.ts";
import type { NamedSshKey } from "../lib/ssh-settings.ts";
import { ConfigError } from "./config-error.ts";
import { ALLOWED_INTERVAL, parseIntervalMs } from "./duration.ts";
import { firstMistake, isRecord, quote, unknownKeys } from "./first-mistake.ts";
import { type CredentialSources, findCredentials } from "./remote-credentials.ts";
import { ownerAndName, parseRemoteUrl } from "./remote-url.ts";
import { parseSubmitDefaults, type SubmitDefaults } from "./submit-defaults.ts";

/** A repository to serve. */
export type RepoConfig = WorkingCopyConfig | MirrorConfig | AdoptedConfig;

interface Identity {
  readonly id: string;
  readonly displayName?: string;
  readonly owner?: string;
  readonly name?: string;
  /** To whom it is shown, besides operators; by default to those who can read it on GitHub, and on a public server to everyone. */
  readonly visibility?: Visibility;
  readonly submit?: SubmitDefaults;
}

/** A clone that a person works in, which is only ever read. */
export interface WorkingCopyConfig extends Identity {
  readonly kind: "working-copy";
  /** Absolute. */
  readonly path: string;
}

/** What is fetched. */
interface Fetched extends Identity {
  /** Secret: the whole value of the Authorization header that this remote gets, and nobody else. */
  readonly authorization?: string;
  /** Of its own, for a remote by SSH. */
  readonly sshKey?: SshKey;
  /** The variable that `authorization` or `sshKey` was made of, or would be if it were set. */
  readonly credentialEnv?: string;
  /** Its entry names `credentialEnv` itself, so no GitHub App is asked. */
  readonly namesCredentials?: true;
  /** Instead of the server's; 0 is off. */
  readonly syncIntervalMs?: number;
}

/** A remote of which the server keeps a bare copy of its own. */
export interface MirrorConfig extends Fetched {
  readonly kind: "mirror";
  /** `https:`, or `http:` to this machine, without user; or `ssh:`. Without password and query. */
  readonly url: URL;
}

/** A clone with files that was handed over to the server. */
export interface AdoptedConfig extends Fetched {
  readonly kind: "adopted";
  /** Absolute. */
  readonly path: string;
  /** As that of a mirror; undefined: what the clone is configured with. */
  readonly url?: URL;
  /** `authorization` is for remotes there. The clone's configuration cannot name another host to get it. */
  readonly authorizedOrigin?: string;
}

/** Whether there is a remote that it is brought up to date from. */
export function isFetched(config: RepoConfig): config is MirrorConfig | AdoptedConfig {
  return config.kind !== "working-copy";
}

const identity = {
  id: Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$" }),
  displayName: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  owner: Type.Optional(Type.String({ minLength: 1 })),
  name: Type.Optional(Type.String({ minLength: 1 })),
  visibility: Type.Optional(Type.Enum([...VISIBILITIES])),
  submit: Type.Optional(Type.Unknown()),
};
const closed = { additionalProperties: false };
const WorkingCopyEntry = Type.Object({ ...identity, path: Type.String({ minLength: 1 }) }, closed);
const fetched = {
  // In capitals, as variables are: a token that somebody puts here by mistake is none, so it is never quoted.
  credentialEnv: Type.Optional(Type.String({ pattern: "^[A-Z_][A-Z0-9_]*$" })),
  syncInterval: Type.Optional(Type.String()),
};
const MirrorEntry = Type.Object({ ...identity, url: Type.String(), ...fetched }, closed);
const AdoptedEntry = Type.Object(
  {
    ...identity,
    path: Type.String({ minLength: 1 }),
    managed: Type.Literal(true),
    url: Type.Optional(Type.String()),
    ...fetched,
  },
  closed,
);
const ReposFile = Type.Object({ repos: Type.Array(Type.Unknown(), { minItems: 1 }) }, closed);

const ALLOWED_IN_FILE = {
  "": 'an object such as {"repos": [ … ]}',
  repos: "a list with at least one repository",
};
const ALLOWED_IN_ENTRY = {
  "": 'an object such as {"id": "mine", "path": "../mine"} or {"id": "ours", "url": "https://…"}',
  id: "text of 1 to 64 letters, digits, _ or -",
  path: "the folder of a working copy",
  managed: "true, for a clone that is handed over to the server, or left out",
  url: "the https or ssh URL of a repository",
  credentialEnv: "the name of an environment variable in capitals, such as WIDGET_TOKEN",
  syncInterval: ALLOWED_INTERVAL,
  displayName: "text of at most 200 characters",
  owner: "text",
  name: "text",
  visibility: VISIBILITIES.map((visibility) => JSON.stringify(visibility)).join(", "),
};
const UNQUOTED = new Set(["url", "credentialEnv"]);

const MIRRORS_ALONE = "only a mirror, which has a url, is fetched; a working copy is watched";

/** Keys that would do nothing where they stand; a clearer answer than "unknown key". */
const USELESS = {
  "working-copy": {
    credentialEnv: MIRRORS_ALONE,
    syncInterval: MIRRORS_ALONE,
  },
  mirror: {
    managed: "it says that the clone at a path is handed over, and there is no path",
    path: "a repository is either a mirror of a url or a working copy at a path, unless that is handed over with managed",
  },
  adopted: {},
} as const satisfies Record<RepoConfig["kind"], Record<string, string>>;

/** The key that a remote by SSH has of its own. */
export function ownKey({ sshKey, credentialEnv }: Fetched): NamedSshKey | undefined {
  return sshKey && credentialEnv !== undefined ? { key: sshKey, variable: credentialEnv } : undefined;
}

export interface Surroundings extends CredentialSources {
  /** The file's own, where relative paths start. */
  readonly folder: string;
}

/**
 * What the file of `--repos-config` lists. Reads the variables that it names.
 * @throws {ConfigError} at the first mistake, with the path to the value, what was found and what is allowed. What may be a
 * secret is not quoted.
 */
export function parseReposFile(text: string, file: string, surroundings: Surroundings): RepoConfig[] {
  const found = parseJson(text, file);
  if (!Value.Check(ReposFile, found)) {
    throw firstMistake(ReposFile, found, {
      whole: `${file}: the file`,
      before: `${file}: `,
      allowed: ALLOWED_IN_FILE,
      unquoted: new Set(),
    });
  }
  const repos = found.repos.map((entry, index) =>
    parseEntry(entry, `${file}: repos[${index}]`, surroundings),
  );
  refuseTwins(repos, file);
  return repos;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // It may quote the text around the mistake, and that could be the password of a URL.
    const shown = text.includes("@") ? reason.replace(/, [^,]*".*$/s, "") : reason;
    throw new ConfigError(`${file} is not valid JSON: ${shown}`, {
      mend: "Correct it there. JSON has double quotes, no comment, and no comma after the last of a list.",
    });
  }
}

function parseEntry(entry: unknown, place: string, surroundings: Surroundings): RepoConfig {
  const mistakeBy = (schema: TObject): ConfigError =>
    firstMistake(schema, entry, {
      whole: place,
      before: `${place}.`,
      allowed: ALLOWED_IN_ENTRY,
      unquoted: UNQUOTED,
    });
  const kind = kindOf(entry);
  refuseUselessKeys(entry, kind, place);
  if (isRecord(entry) && !("url" in entry || "path" in entry)) {
    if (unknownKeys(AdoptedEntry, entry).length > 0) throw mistakeBy(AdoptedEntry);
    throw new ConfigError(`${place} lacks "path", of a working copy, or "url", of a remote to mirror.`, {
      mend: `Add "path": ${ALLOWED_IN_ENTRY.path}, or "url": ${ALLOWED_IN_ENTRY.url}.`,
    });
  }
  if (kind === "mirror") {
    if (!Value.Check(MirrorEntry, entry)) throw mistakeBy(MirrorEntry);
    const { submit, ...about } = entry;
    return { ...mirror(about, place, surroundings), ...submitDefaults(submit, place) };
  }
  if (kind === "adopted") {
    if (!Value.Check(AdoptedEntry, entry)) throw mistakeBy(AdoptedEntry);
    const { submit, ...about } = entry;
    return { ...adopted(about, place, surroundings), ...submitDefaults(submit, place) };
  }
  if (!Value.Check(WorkingCopyEntry, entry)) throw mistakeBy(WorkingCopyEntry);
  const { submit, ...about } = entry;
  return { kind, ...about, path: folderOf(about, place, surroundings), ...submitDefaults(submit, place) };
}

function submitDefaults(found: unknown, place: string): { submit?: SubmitDefaults } {
  return found === undefined ? {} : { submit: parseSubmitDefaults(found, `${place}.submit`) };
}

function kindOf(entry: unknown): RepoConfig["kind"] {
  if (!isRecord(entry)) return "working-copy";
  if ("managed" in entry && "path" in entry) return "adopted";
  return "url" in entry ? "mirror" : "working-copy";
}

function folderOf({ path }: { path: string }, place: string, { folder }: Surroundings): string {
  if (!/^[\w+.-]+:\/\//.test(path)) return resolve(folder, path);
  throw new ConfigError(`${place}.path is a URL; a remote to mirror is given as "url".`, {
    mend: `Rename ${place}.path to "url", or give it ${ALLOWED_IN_ENTRY.path}.`,
  });
}

function mirror(
  { url: text, credentialEnv, syncInterval, ...identity }: Omit<Static<typeof MirrorEntry>, "submit">,
  place: string,
  surroundings: Surroundings,
): MirrorConfig {
  const url = remoteUrl(text, place);
  const remote = { url, ...(credentialEnv !== undefined && { credentialEnv }) };
  return {
    kind: "mirror",
    ...ownerAndName(url),
    ...identity,
    url,
    ...findCredentials(remote, surroundings, place),
    ...(credentialEnv !== undefined && { namesCredentials: true as const }),
    ...interval(syncInterval, place),
  };
}

function adopted(
  {
    url: text,
    managed: _,
    credentialEnv,
    syncInterval,
    ...about
  }: Omit<Static<typeof AdoptedEntry>, "submit">,
  place: string,
  surroundings: Surroundings,
): AdoptedConfig {
  const url = text === undefined ? undefined : remoteUrl(text, place);
  if (credentialEnv !== undefined && !url) {
    throw new ConfigError(
      `${place}.credentialEnv needs "url" beside it: otherwise the clone's own configuration could name any host, and that would get the token.`,
      { mend: `Add "url" there: ${ALLOWED_IN_ENTRY.url}.` },
    );
  }
  const remote = {
    url: url ?? surroundings.githubUrl,
    ...(credentialEnv !== undefined && { credentialEnv }),
  };
  const credentials = findCredentials(remote, surroundings, place);
  return {
    kind: "adopted",
    ...(url && { ...ownerAndName(url), url }),
    ...about,
    path: folderOf(about, place, surroundings),
    ...(credentialEnv !== undefined && { namesCredentials: true as const }),
    ...credentials,
    ...(credentials?.authorization && { authorizedOrigin: remote.url.origin }),
    ...interval(syncInterval, place),
  };
}

function remoteUrl(text: string, place: string): URL {
  const parsed = parseRemoteUrl(text);
  if (!("mistake" in parsed)) return parsed.url;
  throw new ConfigError(`${place}.url ${parsed.mistake}.`, {
    mend: `Change ${place}.url to ${ALLOWED_IN_ENTRY.url}.`,
  });
}

function interval(text: string | undefined, place: string): { syncIntervalMs?: number } {
  if (text === undefined) return {};
  const syncIntervalMs = parseIntervalMs(text);
  if (syncIntervalMs !== undefined) return { syncIntervalMs };
  throw new ConfigError(`${place}.syncInterval is ${quote(text)}; it must be ${ALLOWED_INTERVAL}.`, {
    mend: `Change ${place}.syncInterval to ${ALLOWED_INTERVAL}.`,
  });
}

function refuseUselessKeys(entry: unknown, kind: RepoConfig["kind"], place: string): void {
  if (!isRecord(entry)) return;
  for (const [key, reason] of Object.entries(USELESS[kind])) {
    if (!(key in entry)) continue;
    throw new ConfigError(`${place}.${key} cannot be used: ${reason}.`, {
      mend: `Leave ${place}.${key} out.`,
    });
  }
}

/** Whatever their case, because mirrors lie in folders of that name, and not every file system tells `a` from `A`. */
function refuseTwins(repos: readonly RepoConfig[], file: string): void {
  const indexes = new Map<string, number>();
  for (const [index, { id }] of repos.entries()) {
    const first = indexes.get(id.toLowerCase());
    if (first !== undefined) {
      throw new ConfigError(
        `${file}: repos[${index}].id is ${JSON.stringify(id)}, as is repos[${first}].id; each id must be given once.`,
        { mend: `Change repos[${index}].id to one that no other repository has.` },
      );
    }
    indexes.set(id.toLowerCase(), index);
  }
}
