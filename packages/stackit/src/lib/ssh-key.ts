import { createHash, createPrivateKey, type JsonWebKey, type KeyObject, sign } from "node:crypto";
import { SshReader, sshNumber, sshString } from "./ssh-bytes.ts";

/** Proves to SSH hosts who we are. It holds a secret, and never shows it. */
export interface SshKey {
  /** The public half, as SSH sends it. */
  readonly publicKey: Buffer;
  /** As `ssh-keygen -l` prints it: `SHA256:…`. */
  readonly fingerprint: string;
  /** The signature as SSH sends it. `flags`: those of a request to an agent. Undefined when only a weak one would do. */
  sign(data: Buffer, flags: number): Buffer | undefined;
}

/**
 * The private key in a text such as `ssh-keygen` writes: of the kind Ed25519, RSA or ECDSA, in OpenSSH's format or PEM. `locked`: a
 * passphrase protects it. `unknown`: the text is none, or of another kind.
 */
export function parseSshKey(text: string): SshKey | "locked" | "unknown" {
  const [, kind = "", body = ""] =
    /^-----BEGIN ([A-Z ]*)PRIVATE KEY-----\s([\s\S]*)\s-----END [A-Z ]*PRIVATE KEY-----$/.exec(text.trim()) ??
    [];
  if (kind.startsWith("ENCRYPTED") || /^Proc-Type: 4,ENCRYPTED/m.test(body)) return "locked";
  try {
    const key = kind.startsWith("OPENSSH")
      ? readOpenSsh(Buffer.from(body, "base64"))
      : createPrivateKey(text.trim());
    return key === "locked" ? "locked" : (sshKeyOf(key) ?? "unknown");
  } catch {
    // What the reason quotes is not known.
    return "unknown";
  }
}

const MAGIC = Buffer.from("openssh-key-v1\0");

/** OpenSSH's own format (its PROTOCOL.key). @throws when the bytes are something else */
function readOpenSsh(bytes: Buffer): KeyObject | "locked" {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error("no key");
  const outer = new SshReader(bytes.subarray(MAGIC.length));
  const cipher = outer.text();
  if (cipher !== "none") return "locked";
  outer.string(); // how the key of the cipher is derived
  outer.string();
  if (outer.uint32() !== 1) throw new Error("not one key");
  outer.string(); // the public half
  const inner = new SshReader(outer.string());
  const [check, checkAgain] = [inner.uint32(), inner.uint32()];
  if (check !== checkAgain) throw new Error("no key");
  return createPrivateKey({ key: readPrivate(inner), format: "jwk" });
}

function readPrivate(reader: SshReader): JsonWebKey {
  const kind = reader.text();
  if (kind === "ssh-ed25519") {
    const x = reader.string();
    // Seed and public half, one after the other.
    return { kty: "OKP", crv: "Ed25519", x: base64url(x), d: base64url(reader.string().subarray(0, 32)) };
  }
  if (kind === "ssh-rsa") {
    const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => numberOf(reader.string()));
    if (!(n && e && d && qi && p && q)) throw new Error("no key");
    const parts = { n, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi };
    const texts = Object.entries(parts).map(([name, value]) => [name, base64url(bytesOf(value))]);
    return { kty: "RSA", ...Object.fromEntries(texts) };
  }
  const curve = CURVES.find(({ name }) => kind === `ecdsa-sha2-${name}`);
  if (!curve) throw new Error("another kind of key");
  reader.string(); // the curve again
  const point = reader.string().subarray(1);
  const [x, y] = [point.subarray(0, curve.bytes), point.subarray(curve.bytes)];
  const d = bytesOf(numberOf(reader.string()), curve.bytes);
  return { kty: "EC", crv: curve.jwk, x: base64url(x), y: base64url(y), d: base64url(d) };
}

interface Curve {
  readonly name: string;
  readonly jwk: string;
  readonly bytes: number;
  readonly hash: string;
}

const CURVES: readonly Curve[] = [
  { name: "nistp256", jwk: "P-256", bytes: 32, hash: "sha256" },
  { name: "nistp384", jwk: "P-384", bytes: 48, hash: "sha384" },
  { name: "nistp521", jwk: "P-521", bytes: 66, hash: "sha512" },
];

function sshKeyOf(key: KeyObject): SshKey | undefined {
  if (!["rsa", "ec", "ed25519"].includes(key.asymmetricKeyType ?? "")) return undefined;
  const { kty, crv, n = "", e = "", x = "", y = "" } = key.export({ format: "jwk" });
  if (kty === "RSA") {
    return withPublicKey(
      [sshString("ssh-rsa"), sshNumber(fromBase64url(e)), sshNumber(fromBase64url(n))],
      (data, flags) => signByRsa(key, data, flags),
    );
  }
  if (crv === "Ed25519") {
    const kind = sshString("ssh-ed25519");
    return withPublicKey([kind, sshString(fromBase64url(x))], (data) =>
      Buffer.concat([kind, sshString(sign(null, data, key))]),
    );
  }
  const curve = CURVES.find(({ jwk }) => jwk === crv);
  if (!curve) return undefined;
  const kind = sshString(`ecdsa-sha2-${curve.name}`);
  const point = Buffer.concat([Buffer.of(4), fromBase64url(x), fromBase64url(y)]);
  return withPublicKey([kind, sshString(curve.name), sshString(point)], (data) => {
    const both = sign(curve.hash, data, { key, dsaEncoding: "ieee-p1363" });
    const numbers = [both.subarray(0, curve.bytes), both.subarray(curve.bytes)].map(sshNumber);
    return Buffer.concat([kind, sshString(Buffer.concat(numbers))]);
  });
}

/** The flags by which an agent is asked for one hash or the other; without them for SHA-1. */
const RSA_SHA2_256 = 2;
const RSA_SHA2_512 = 4;

function signByRsa(key: KeyObject, data: Buffer, flags: number): Buffer | undefined {
  const hash = flags & RSA_SHA2_512 ? "512" : flags & RSA_SHA2_256 ? "256" : undefined;
  if (hash === undefined) return undefined;
  return Buffer.concat([sshString(`rsa-sha2-${hash}`), sshString(sign(`sha${hash}`, data, key))]);
}

function withPublicKey(parts: readonly Buffer[], signer: SshKey["sign"]): SshKey {
  const publicKey = Buffer.concat(parts);
  const digest = createHash("sha256").update(publicKey).digest("base64").replace(/=+$/, "");
  return { publicKey, fingerprint: `SHA256:${digest}`, sign: signer };
}

function base64url(bytes: Buffer): string {
  return bytes.toString("base64url");
}

function fromBase64url(text: string): Buffer {
  return Buffer.from(text, "base64url");
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x0${bytes.toString("hex")}`);
}

function bytesOf(value: bigint, length = 0): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(Math.max(length * 2, hex.length + (hex.length % 2)), "0"), "hex");
}
