import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ConfigError } from "./config-error.ts";
import type { GithubPlace } from "./github-url.ts";
import type { Setting, Settings } from "./read-env.ts";

/** A GitHub App that its operator registered for this server. */
export interface GithubAppConfig {
  /** Its number, or its client id. */
  readonly id: string;
  /** Secret. */
  readonly privateKey: KeyObject;
  /** The GitHub that it is registered at, and no other has repositories for it. */
  readonly githubUrl: URL;
  readonly apiUrl: URL;
}

const ID = "STACKIT_GITHUB_APP_ID";
const KEY = "STACKIT_GITHUB_APP_PRIVATE_KEY";
const KEY_FILE = "STACKIT_GITHUB_APP_PRIVATE_KEY_FILE";
const A_KEY =
  "the private key that the App's settings page at GitHub makes, with its lines from -----BEGIN RSA PRIVATE KEY----- to the last (\\n may stand for their ends)";

/**
 * The App that the variables describe, or undefined when none of them is set. Reads the file that they name.
 * @throws {ConfigError} that quotes neither the key nor what somebody may have put in its place.
 */
export async function readGithubApp(
  settings: Settings,
  github: GithubPlace,
  cwd: string,
): Promise<GithubAppConfig | undefined> {
  const { [ID]: id, [KEY]: key, [KEY_FILE]: file } = settings;
  if (key && file)
    throw new ConfigError(`${KEY} and ${KEY_FILE} are both set; leave one of the two out.`, {
      mend: `Unset ${KEY} or ${KEY_FILE}.`,
    });
  const given = key ?? file;
  if (!id && !given) return undefined;
  if (!id)
    throw new ConfigError(`${given?.origin} is set, but ${ID} is not; a GitHub App needs both.`, {
      mend: `Set ${ID} to the App ID, or unset ${given?.origin}.`,
    });
  if (!given)
    throw new ConfigError(`${ID} is set, but neither ${KEY} nor ${KEY_FILE} is; set one of the two.`, {
      mend: `Set ${KEY_FILE} to the path of the App's private key, or unset ${ID}.`,
    });
  if (!/^(\d{1,15}|Iv[\w.]{1,60})$/.test(id.value)) {
    throw new ConfigError(
      `${ID} cannot be used; it must be the App ID or the Client ID on the App's settings page, such as 123456.`,
      { mend: `Set ${ID} to the App ID on that page.` },
    );
  }
  const text = file ? await readKeyFile(file, cwd) : given.value;
  return { id: id.value, privateKey: parseKey(text, given), githubUrl: github.url, apiUrl: github.apiUrl };
}

async function readKeyFile({ value, origin }: Setting, cwd: string): Promise<string> {
  if (value.includes("-----")) {
    throw new ConfigError(
      `${origin} holds a key; it must be the path of a file with one. ${KEY} may hold a key.`,
      { mend: `Set ${KEY} instead, or give ${origin} the path of the key's file.` },
    );
  }
  try {
    return await readFile(resolve(cwd, value), "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? error.code : "unreadable";
    throw new ConfigError(`${origin} names a file that cannot be read (${reason}).`, {
      mend: `Set ${origin} to a file that this user can read.`,
    });
  }
}

function parseKey(text: string, { origin }: Setting): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(text.replaceAll("\\n", "\n").trim());
  } catch {
    // What the reason quotes is not known.
  }
  if (key?.asymmetricKeyType === "rsa") return key;
  const found = origin === KEY_FILE ? "names a file that holds no such key" : "holds no such key";
  throw new ConfigError(`${origin} ${found}; it must be ${A_KEY}.`, {
    mend: `Generate a private key on that page, and set ${KEY_FILE} to the path of the file.`,
  });
}
