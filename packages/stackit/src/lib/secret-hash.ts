import { createHash, randomBytes } from "node:crypto";

/** 256 bits in 43 characters that a cookie, a header and a URL carry as they are. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** What is kept of such a secret: it is found by it, and cannot be computed from it. A password would need a slow hash; this guesses nobody. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
