import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

const ALGORITHM = "aes-256-gcm";
const ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

interface Key {
  /** Names the key without telling anything of it. */
  readonly id: Buffer;
  readonly key: Buffer;
}

/**
 * Encrypts what lies in the store, so that a copy of its file opens nothing. The first key seals, every one of them opens: a new key
 * is put in front, and the old one is taken away when nothing is sealed with it any more.
 */
export class Vault {
  readonly #keys: readonly Key[];
  readonly #first: Key;

  /** Keys of 32 bytes. At least one. */
  constructor(keys: readonly Buffer[]) {
    this.#keys = keys.map((key) => ({
      id: createHash("sha256").update(key).digest().subarray(0, ID_BYTES),
      key,
    }));
    const [first] = this.#keys;
    if (!first || keys.some(({ length }) => length !== KEY_BYTES))
      throw new Error("a vault needs keys of 32 bytes");
    this.#first = first;
  }

  /** `place` says what it is and whose: sealed text that is moved to another place does not open there. */
  seal(secret: string, place: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#first.key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
    return Buffer.concat([this.#first.id, nonce, cipher.getAuthTag(), sealed]).toString("base64url");
  }

  /** Undefined when none of the keys sealed it for this place. */
  open(sealed: string, place: string): string | undefined {
    const bytes = Buffer.from(sealed, "base64url");
    const id = bytes.subarray(0, ID_BYTES);
    const found = this.#keys.find((key) => key.id.equals(id));
    if (!found || bytes.length < ID_BYTES + NONCE_BYTES + TAG_BYTES) return undefined;
    const [nonceEnd, tagEnd] = [ID_BYTES + NONCE_BYTES, ID_BYTES + NONCE_BYTES + TAG_BYTES];
    const decipher = createDecipheriv(ALGORITHM, found.key, bytes.subarray(ID_BYTES, nonceEnd), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(bytes.subarray(nonceEnd, tagEnd));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(tagEnd)), decipher.final()]).toString("utf8");
    } catch {
      return undefined;
    }
  }

  /** Whether one of the keys sealed it. */
  isKnown(sealed: string): boolean {
    const id = Buffer.from(sealed, "base64url").subarray(0, ID_BYTES);
    return this.#keys.some((key) => key.id.equals(id));
  }

  /** Whether it should be sealed anew, with the first key. */
  isOld(sealed: string): boolean {
    return !Buffer.from(sealed, "base64url").subarray(0, ID_BYTES).equals(this.#first.id);
  }
}
