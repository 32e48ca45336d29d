import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { readSshKey, sshKeyPair } from "../../test/support/ssh-keys.ts";
import { SshReader } from "./ssh-bytes.ts";
import { parseSshKey } from "./ssh-key.ts";

test.each([
  ["Ed25519", ["-t", "ed25519"]],
  ["RSA", ["-t", "rsa", "-b", "2048"]],
  ["RSA as PEM", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
  ["RSA as PKCS 8", ["-t", "rsa", "-b", "2048", "-m", "PKCS8"]],
  ["ECDSA of 256 bits", ["-t", "ecdsa", "-b", "256"]],
  ["ECDSA of 384 bits as PEM", ["-t", "ecdsa", "-b", "384", "-m", "PEM"]],
  ["ECDSA of 521 bits", ["-t", "ecdsa", "-b", "521"]],
])("a key of the kind %s is read", async (_kind, args) => {
  const pair = await sshKeyPair(...args);
  const key = readSshKey(pair);
  expect(key.publicKey.toString("base64")).toBe(pair.public.split(" ")[1]);
  expect(key.fingerprint).toBe(pair.fingerprint);
});

test("an RSA key signs with the hash that is asked for, and never with SHA-1", async () => {
  const key = readSshKey(await sshKeyPair("-t", "rsa", "-b", "2048"));
  const algorithm = (flags: number) => {
    const signature = key.sign(Buffer.alloc(1), flags);
    return signature && new SshReader(signature).text();
  };
  expect([2, 4, 6, 0].map(algorithm)).toEqual(["rsa-sha2-256", "rsa-sha2-512", "rsa-sha2-512", undefined]);
});

test.each([
  ["OpenSSH's format", ["-t", "ed25519", "-N", "secret"]],
  ["PEM", ["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "secret"]],
  ["PKCS 8", ["-t", "rsa", "-b", "2048", "-m", "PKCS8", "-N", "secret"]],
])("a key with a passphrase is told apart, in %s", async (_format, args) => {
  expect(parseSshKey((await sshKeyPair(...args)).private)).toBe("locked");
});

test("what is no key that can be used is unknown", async () => {
  const { private: text, public: line } = await sshKeyPair();
  const { privateKey } = generateKeyPairSync("x25519");
  const others = [
    "",
    "/home/ada/.ssh/id_ed25519",
    line,
    text.slice(0, -60),
    text.replace(/\n[^-]{40}/, "\n"),
    privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  ];
  expect(others.map(parseSshKey)).toEqual(others.map(() => "unknown"));
});

test("line ends of Windows do no harm", async () => {
  const { private: text, fingerprint } = await sshKeyPair();
  expect(readSshKey({ private: text.replaceAll("\n", "\r\n") }).fingerprint).toBe(fingerprint);
});
