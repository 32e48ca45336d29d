import { KEY_BYTES } from "../lib/vault.ts";
import { ConfigError } from "./config-error.ts";
import type { GithubPlace } from "./github-url.ts";
import { isLoopback } from "./loopback.ts";
import type { Settings, Variable } from "./read-env.ts";

/** Who may sign in, and how. */
export interface SignInConfig {
  readonly clientId: string;
  /** Secret. */
  readonly clientSecret: string;
  /** Secret. 32 bytes each; the first seals, all of them open. */
  readonly keys: readonly Buffer[];
  /** GitHub logins in lower case. */
  readonly allowedUsers: ReadonlySet<string>;
  readonly allowedOrg?: string;
  /** GitHub logins in lower case. They may sign in too. */
  readonly operators: ReadonlySet<string>;
  /** Whom to ask to be let in, in the operator's words. Everybody may read it. */
  readonly contact?: string;
  /** Hosts in lower case, with a port where it is not the usual one, of which operators may add repositories by URL. */
  readonly remoteHosts: ReadonlySet<string>;
  /** The GitHub where people sign in. */
  readonly github: Pick<GithubPlace, "url" | "apiUrl">;
}

const ID = "STACKIT_GITHUB_CLIENT_ID";
const SECRET = "STACKIT_GITHUB_CLIENT_SECRET";
const KEY = "STACKIT_SESSION_KEY";
const USERS = "STACKIT_ALLOWED_GH_USERS";
const ORG = "STACKIT_ALLOWED_GH_ORG";
const OPERATORS = "STACKIT_OPERATORS";
const CONTACT = "STACKIT_OPERATOR_CONTACT";
const MAX_CONTACT = 200;
const REMOTE_HOSTS = "STACKIT_ALLOWED_REMOTE_HOSTS";
/** What GitHub takes as a login or as the name of an organisation; those of Enterprise Managed Users have an underscore. */
const LOGIN = /^[a-z\d](?:[a-z\d_-]{0,98}[a-z\d])?$/i;

/**
 * What sign-in needs, all of it.
 * @throws {ConfigError} that names what is missing and quotes no secret.
 */
export function readSignIn(
  settings: Settings,
  { bind, baseUrl, github }: { bind: string; baseUrl?: URL; github: GithubPlace },
): SignInConfig {
  const missing = [ID, SECRET, KEY].filter((name) => !settings[name as Variable]);
  if (missing.length > 0) {
    throw new ConfigError(
      `This server needs sign-in, and that needs ${listed(missing)}, which ${missing.length === 1 ? "is" : "are"} not set. Without sign-in it can be public, with --read-only, or for this machine alone, with --bind 127.0.0.1.`,
      { mend: `Set ${listed(missing)}, as the README shows.` },
    );
  }
  const proxy = settings["trusted-proxy"];
  const isHere = isLoopback(bind) && (baseUrl ? isLoopback(baseUrl.hostname) : proxy === undefined);
  if (!isHere && baseUrl?.protocol !== "https:") {
    const here = baseUrl ? `on ${baseUrl.origin}` : `behind the proxy of ${proxy?.origin}`;
    const place = isLoopback(bind) ? here : `on ${bind}`;
    throw new ConfigError(
      `Sign-in ${place} needs --base-url with the https URL that people open, such as https://stacks.example.com: without it sessions would cross the network in the clear.`,
      { mend: "Set --base-url to the https URL that people open." },
    );
  }
  const allowedUsers = logins(settings, USERS);
  const operators = logins(settings, OPERATORS);
  const org = settings[ORG]?.value.trim();
  if (org !== undefined && !LOGIN.test(org)) throw notLogins(ORG, "the name of one GitHub organisation");
  const contact = settings[CONTACT]?.value.trim() || undefined;
  if (contact !== undefined && (contact.length > MAX_CONTACT || /\p{Cc}/u.test(contact))) {
    throw new ConfigError(
      `${CONTACT} cannot be used; it must be one line of at most ${MAX_CONTACT} characters.`,
      {
        mend: `Shorten ${CONTACT}.`,
      },
    );
  }
  if (allowedUsers.size === 0 && operators.size === 0 && org === undefined) {
    throw new ConfigError(
      `Nobody could sign in: set ${USERS} to GitHub logins, ${ORG} to an organisation, or both.`,
      { mend: `Set ${USERS} or ${ORG}.` },
    );
  }
  return {
    clientId: settings[ID]?.value.trim() ?? "",
    clientSecret: settings[SECRET]?.value.trim() ?? "",
    keys: readKeys(settings),
    allowedUsers,
    ...(org !== undefined && { allowedOrg: org }),
    operators,
    ...(contact !== undefined && { contact }),
    remoteHosts: readHosts(settings),
    github: { url: github.url, apiUrl: github.apiUrl },
  };
}

function readKeys(settings: Settings): Buffer[] {
  const texts = (settings[KEY]?.value ?? "").split(",").map((text) => text.trim());
  return texts.map((text, index) => {
    const key = Buffer.from(text, "base64");
    if (/^[A-Za-z\d+/_-]+=*$/.test(text) && key.length === KEY_BYTES) return key;
    throw new ConfigError(
      `${KEY}: key ${index + 1} of ${texts.length} cannot be used; each must be ${KEY_BYTES} bytes in base64, and commas separate them. \`openssl rand -base64 ${KEY_BYTES}\` makes one.`,
      { mend: `Set ${KEY} to what \`openssl rand -base64 ${KEY_BYTES}\` prints.` },
    );
  });
}

function readHosts(settings: Settings): ReadonlySet<string> {
  const allowed = "hosts with commas between them, such as git.example.com or gitlab.example.com:8443";
  const hosts = commaSeparated(settings[REMOTE_HOSTS]?.value);
  const isHost = (host: string) =>
    URL.canParse(`https://${host}`) && new URL(`https://${host}`).host === host;
  if (hosts.every(isHost)) return new Set(hosts);
  throw new ConfigError(`${REMOTE_HOSTS} cannot be used; it must be ${allowed}.`, {
    mend: `Set ${REMOTE_HOSTS} to ${allowed}.`,
  });
}

/** In lower case. */
function commaSeparated(value = ""): string[] {
  const items = value.split(",").map((item) => item.trim().toLowerCase());
  return items.filter((item) => item !== "");
}

function logins(settings: Settings, name: Variable): ReadonlySet<string> {
  const given = commaSeparated(settings[name]?.value);
  if (given.every((login) => LOGIN.test(login))) return new Set(given);
  throw notLogins(name, "GitHub logins with commas between them");
}

function notLogins(name: Variable, allowed: string): ConfigError {
  return new ConfigError(`${name} cannot be used; it must be ${allowed}.`, {
    mend: `Set ${name} to ${allowed}.`,
  });
}

function listed(names: readonly string[]): string {
  return new Intl.ListFormat("en").format(names);
}
