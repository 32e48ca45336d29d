import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseSshKey, type SshKey } from "../lib/ssh-key.ts";
import type { KnownHosts, SshSettings } from "../lib/ssh-settings.ts";
import { ConfigError } from "./config-error.ts";
import type { Setting, Settings } from "./read-env.ts";

const KEY = "STACKIT_SSH_KEY";
const KEY_FILE = "STACKIT_SSH_KEY_FILE";
const HOSTS = "STACKIT_SSH_KNOWN_HOSTS";
const HOSTS_FILE = "STACKIT_SSH_KNOWN_HOSTS_FILE";

const A_KEY =
  "a private key as ssh-keygen writes it (Ed25519, RSA or ECDSA), from -----BEGIN to the last line (\\n may stand for line ends)";

/**
 * What the variables say of how remotes are reached by SSH. Reads the files that they name.
 * @throws {ConfigError} that quotes neither a key nor what somebody may have put in its place.
 */
export function readSsh(settings: Settings, cwd: string): SshSettings {
  const { [KEY]: key, [KEY_FILE]: file } = settings;
  refuseBoth(key, file);
  const knownHosts = readKnownHosts(settings, cwd);
  const given = key ?? file;
  return {
    ...(given && {
      key: { key: file ? keyInFile(file, cwd) : keyIn(given.value, given), variable: given.origin },
    }),
    ...(knownHosts && { knownHosts }),
  };
}

/** The key that a variable holds, or that is in the file whose path it holds. @throws {ConfigError} as `readSsh` */
export function readSshKey(setting: Setting, cwd: string): SshKey {
  return setting.value.includes("-----") ? keyIn(setting.value, setting) : keyInFile(setting, cwd);
}

function keyInFile(setting: Setting, cwd: string): SshKey {
  const { origin, value } = setting;
  if (value.includes("-----")) {
    throw new ConfigError(
      `${origin} holds a key; it must be the path of a file with one. ${KEY} may hold a key.`,
      { mend: `Set ${KEY} instead, or give ${origin} the path of the key's file.` },
    );
  }
  return keyIn(readNamed(setting, cwd), setting, "the file that it names");
}

function keyIn(text: string, { origin }: Setting, place = "it"): SshKey {
  const key = parseSshKey(text.replaceAll("\\n", "\n"));
  if (key === "locked") {
    throw new ConfigError(`${origin} cannot be used: a passphrase protects the key in ${place}.`, {
      mend: `Give it a key without a passphrase, or unset ${origin} and add the key to the ssh-agent of the user that runs the server.`,
    });
  }
  if (key === "unknown") {
    throw new ConfigError(
      `${origin} cannot be used: no key that can be read is in ${place}. It must be ${A_KEY}.`,
      {
        mend: `Make one with \`ssh-keygen -t ed25519\`, and give ${origin} what it wrote.`,
      },
    );
  }
  return key;
}

function readKnownHosts(settings: Settings, cwd: string): KnownHosts | undefined {
  const { [HOSTS]: text, [HOSTS_FILE]: file } = settings;
  refuseBoth(text, file);
  const given = text ?? file;
  if (!given) return undefined;
  const lines = text ? text.value.replaceAll("\\n", "\n") : readNamed(given, cwd);
  if (!/^[^\s#]+[ \t]+\S+[ \t]+\S/m.test(lines)) {
    throw new ConfigError(
      `${given.origin} names no host; it must hold lines of known hosts${file ? ", in a file" : ""}.`,
      {
        mend: "`ssh-keyscan git.example.com` prints such lines. Compare them with what the host publishes.",
      },
    );
  }
  return { variable: given.origin, ...(text ? { text: lines } : { file: resolve(cwd, given.value) }) };
}

function refuseBoth(one: Setting | undefined, other: Setting | undefined): void {
  if (!one || !other) return;
  throw new ConfigError(`${one.origin} and ${other.origin} are both set; leave one of the two out.`, {
    mend: `Unset ${one.origin} or ${other.origin}.`,
  });
}

function readNamed({ value, origin }: Setting, cwd: string): string {
  try {
    return readFileSync(resolve(cwd, value), "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? error.code : "unreadable";
    throw new ConfigError(`${origin} names a file that cannot be read (${reason}).`, {
      mend: `Set ${origin} to a file that this user can read.`,
    });
  }
}
