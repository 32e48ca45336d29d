import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** One block of the cipher: zeros to know our own by, a salt, and the number. */
const [ZEROS, SALT, NUMBER] = [4, 6, 6];
const CIPHER = "aes-128-ecb";

/**
 * Names the places in a log by texts that tell nobody how far apart two of them are, or that they are the same: between them may lie
 * what a reader must not know of. One of another process, or made up, is none.
 */
export class Positions {
  readonly #key = randomBytes(16);

  of(number: number): string {
    const block = Buffer.concat([Buffer.alloc(ZEROS), randomBytes(SALT), Buffer.alloc(NUMBER)]);
    block.writeUIntBE(number, ZEROS + SALT, NUMBER);
    const cipher = createCipheriv(CIPHER, this.#key, null).setAutoPadding(false);
    return Buffer.concat([cipher.update(block), cipher.final()]).toString("base64url");
  }

  numberOf(position: string): number | undefined {
    if (!/^[\w-]{22}$/.test(position)) return undefined;
    const decipher = createDecipheriv(CIPHER, this.#key, null).setAutoPadding(false);
    const sealed = Buffer.from(position, "base64url");
    const block = Buffer.concat([decipher.update(sealed), decipher.final()]);
    return block.readUIntBE(0, ZEROS) === 0 ? block.readUIntBE(ZEROS + SALT, NUMBER) : undefined;
  }
}
