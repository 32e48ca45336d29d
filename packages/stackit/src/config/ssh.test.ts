import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type SshKeyPair, sshKeyPair } from "../../test/support/ssh-keys.ts";
import { ConfigError } from "./config-error.ts";
import { readSettings } from "./read-env.ts";
import { parseReposFile } from "./repos-file.ts";
import { readSsh } from "./ssh.ts";

const HOSTS = "git.example.com ssh-ed25519 AAAAC3Nz\n";

let folder = "";
let pair: SshKeyPair;
let locked: SshKeyPair;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "stackit-ssh-config-"));
  [pair, locked] = await Promise.all([sshKeyPair(), sshKeyPair("-N", "a passphrase")]);
  await writeFile(join(folder, "key"), pair.private);
  await writeFile(join(folder, "locked"), locked.private);
  await writeFile(join(folder, "other.txt"), "nothing");
  await writeFile(join(folder, "hosts"), HOSTS);
});
afterAll(() => rm(folder, { recursive: true }));

const read = (env: Record<string, string>) => readSsh(readSettings({}, env), folder);

test("without its variables the user's keys and known hosts are left to ssh", () => {
  expect(read({})).toEqual({});
  expect(read({ STACKIT_SSH_KEY: "", STACKIT_SSH_KNOWN_HOSTS_FILE: "" })).toEqual({});
});

test("a key stands in a variable, also on one line, or in a file", () => {
  const found = (env: Record<string, string>) => {
    const { key } = read(env);
    return key && [key.variable, key.key.fingerprint];
  };
  const { fingerprint } = pair;
  expect(found({ STACKIT_SSH_KEY: pair.private })).toEqual(["STACKIT_SSH_KEY", fingerprint]);
  expect(found({ STACKIT_SSH_KEY: pair.private.replaceAll("\n", "\\n") })).toEqual([
    "STACKIT_SSH_KEY",
    fingerprint,
  ]);
  expect(found({ STACKIT_SSH_KEY_FILE: "key" })).toEqual(["STACKIT_SSH_KEY_FILE", fingerprint]);
});

test("known hosts stand in a variable or in a file, which may change later", () => {
  expect(read({ STACKIT_SSH_KNOWN_HOSTS: HOSTS }).knownHosts).toEqual({
    variable: "STACKIT_SSH_KNOWN_HOSTS",
    text: HOSTS,
  });
  expect(read({ STACKIT_SSH_KNOWN_HOSTS_FILE: "hosts" }).knownHosts).toEqual({
    variable: "STACKIT_SSH_KNOWN_HOSTS_FILE",
    file: join(folder, "hosts"),
  });
});

test("a mirror has a key of its own in the variable that its entry names, or in the file of that", () => {
  const parse = (env: Record<string, string>) =>
    parseReposFile(
      JSON.stringify({ repos: [{ id: "a", url: "ssh://git@h/a/b", credentialEnv: "A_KEY" }] }),
      "repos.json",
      { folder: "/", cwd: folder, env, githubUrl: new URL("https://github.com") },
    )[0];
  for (const value of [pair.private, "key", join(folder, "key")]) {
    expect(parse({ A_KEY: value })).toMatchObject({
      sshKey: { fingerprint: pair.fingerprint },
      credentialEnv: "A_KEY",
      namesCredentials: true,
    });
  }
  expect(parse({ A_KEY: "key" })).not.toHaveProperty("authorization");
  expect(() => parse({})).toThrow(
    "repos[0].credentialEnv names A_KEY, which is not set; it must be a variable that holds a private key, or the path of a file with one.",
  );
  expect(() => parse({ A_KEY: "ghp_token" })).toThrow("A_KEY names a file that cannot be read (ENOENT).");
});

test.each<[string, () => Record<string, string>, string]>([
  ["a key twice", () => ({ STACKIT_SSH_KEY: "a", STACKIT_SSH_KEY_FILE: "b" }), "are both set"],
  [
    "known hosts twice",
    () => ({ STACKIT_SSH_KNOWN_HOSTS: HOSTS, STACKIT_SSH_KNOWN_HOSTS_FILE: "hosts" }),
    "are both set",
  ],
  [
    "a key instead of its file",
    () => ({ STACKIT_SSH_KEY_FILE: pair.private }),
    "STACKIT_SSH_KEY_FILE holds a key; it must be",
  ],
  [
    "no file",
    () => ({ STACKIT_SSH_KEY_FILE: "nowhere" }),
    "STACKIT_SSH_KEY_FILE names a file that cannot be read (ENOENT).",
  ],
  [
    "another file",
    () => ({ STACKIT_SSH_KEY_FILE: "other.txt" }),
    "no key that can be read is in the file that it names.",
  ],
  ["a path", () => ({ STACKIT_SSH_KEY: "key" }), "no key that can be read is in it."],
  [
    "half of a key",
    () => ({ STACKIT_SSH_KEY: pair.private.slice(0, 200) }),
    "no key that can be read is in it.",
  ],
  [
    "a passphrase",
    () => ({ STACKIT_SSH_KEY: locked.private }),
    "STACKIT_SSH_KEY cannot be used: a passphrase protects the key in it.",
  ],
  [
    "a passphrase in a file",
    () => ({ STACKIT_SSH_KEY_FILE: "locked" }),
    "a passphrase protects the key in the file that it names.",
  ],
  [
    "no known host",
    () => ({ STACKIT_SSH_KNOWN_HOSTS: "# none\n" }),
    "STACKIT_SSH_KNOWN_HOSTS names no host;",
  ],
  [
    "no known host in a file",
    () => ({ STACKIT_SSH_KNOWN_HOSTS_FILE: "other.txt" }),
    "STACKIT_SSH_KNOWN_HOSTS_FILE names no host;",
  ],
])("%s stops the start, and no key is quoted", (_what, env, sentence) => {
  let error: unknown;
  try {
    read(env());
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(ConfigError);
  if (!(error instanceof ConfigError)) return;
  expect(error.message).toContain(sentence);
  const secret = pair.private.split("\n")[2] ?? "";
  expect(`${error.message} ${error.mend} ${JSON.stringify(error)}`).not.toContain(secret.slice(0, 20));
});
