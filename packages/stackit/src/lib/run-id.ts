import { randomBytes } from "node:crypto";

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const RANDOM_BITS = 80n;

/**
 * Makes ULIDs: 26 characters, of which the first ten are the time, so that ids sort by age as text. Each factory's ids
 * strictly grow, also within a millisecond and when the clock is set back; two factories do not collide. An id cannot
 * be computed from the ones around it.
 */
export function createRunIds(wallNow: () => number = Date.now): () => string {
  let last = -1n;
  return () => {
    const fresh = (BigInt(Math.trunc(wallNow())) << RANDOM_BITS) | randomInteger(10);
    last = fresh > last ? fresh : last + 1n + randomInteger(5);
    return encode(last);
  };
}

function randomInteger(bytes: number): bigint {
  return BigInt(`0x${randomBytes(bytes).toString("hex")}`);
}

function encode(value: bigint): string {
  let text = "";
  for (let rest = value; text.length < 26; rest >>= 5n) text = CROCKFORD.charAt(Number(rest & 31n)) + text;
  return text;
}
