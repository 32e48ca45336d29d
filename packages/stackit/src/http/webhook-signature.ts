import { createHmac, timingSafeEqual } from "node:crypto";

const FORM = /^sha256=([0-9a-f]{64})$/;

/** The value of an `X-Hub-Signature-256` header; undefined when it has not the form of one. */
export function parseSignature(header: string | string[] | undefined): Buffer | undefined {
  const hex = FORM.exec(String(header))?.[1];
  return hex === undefined ? undefined : Buffer.from(hex, "hex");
}

/** Whether one of the secrets made the signature from exactly these bytes. What takes how long tells nothing of a secret. */
export function isSignedBy(secrets: readonly string[], body: Uint8Array, signature: Buffer): boolean {
  const matches = secrets.map((secret) =>
    timingSafeEqual(createHmac("sha256", secret).update(body).digest(), signature),
  );
  return matches.includes(true);
}
