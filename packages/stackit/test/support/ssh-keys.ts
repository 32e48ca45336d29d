import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parseSshKey, type SshKey } from "../../src/lib/ssh-key.ts";

/** As files of OpenSSH hold them. */
export interface SshKeyPair {
  readonly private: string;
  /** One line. */
  readonly public: string;
  /** As `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
}

/** As `ssh-keygen` makes it: by default of the kind Ed25519, without a passphrase. */
export async function sshKeyPair(...args: string[]): Promise<SshKeyPair> {
  const run = promisify(execFile);
  const folder = await mkdtemp(join(tmpdir(), "stackit-key-"));
  const file = join(folder, "key");
  try {
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-C", "test", "-N", "", "-f", file, ...args]);
    const { stdout } = await run("ssh-keygen", ["-l", "-f", file]);
    const [text, line] = await Promise.all([readFile(file, "utf8"), readFile(`${file}.pub`, "utf8")]);
    return { private: text, public: line.trim(), fingerprint: stdout.split(" ")[1] ?? "" };
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function readSshKey({ private: text }: Pick<SshKeyPair, "private">): SshKey {
  const key = parseSshKey(text);
  if (typeof key === "string") throw new Error(key);
  return key;
}
