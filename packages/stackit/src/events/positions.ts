import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** One block of the cipher: zeros to know our own by, a salt, and the number. */
const [ZEROS, SALT, NUMBER] = [4, 6, 6];
const CIPHER = "aes-128-ecb";

/**
 * Names the places in a log by texts that tell nobody how far apart two of them are, or that they are the same: between them may lie
 * what a reader must not know of. One of another process, or made up, is none.
 */
export class Positions {
  // Without padding and chaining each block is a message of its own, so that one cipher serves for all of them.
  readonly #key = randomBytes(16);
  readonly #cipher = createCipheriv(CIPHER, this.#key, null).setAutoPadding(false);
  readonly #decipher = createDecipheriv(CIPHER, this.#key, null).setAutoPadding(false);

  of(number: number): string {
    const block = Buffer.concat([Buffer.alloc(ZEROS), randomBytes(SALT), Buffer.alloc(NUMBER)]);
    block.writeUIntBE(number, ZEROS + SALT, NUMBER);
    return this.#cipher.update(block).toString("base64url");
  }

  numberOf(position: string): number | undefined {
    if (!/^[\w-]{22}$/.test(position)) return undefined;
    const block = this.#decipher.update(Buffer.from(position, "base64url"));
    return block.readUIntBE(0, ZEROS) === 0 ? block.readUIntBE(ZEROS + SALT, NUMBER) : undefined;
  }
}
