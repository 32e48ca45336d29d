/** What one stored block holds at most (RFC 1951, 3.2.4). */
export const MAX_STORED_BYTES = 0xffff;

const HEAD_BYTES = 7;
/** The largest prime below 2^16, the modulus of the checksum (RFC 1950, 9). */
const ADLER_PRIME = 65_521;
/** So many bytes keep both sums below 2^31, so that they stay small integers between two divisions. */
const SUMMED_AT_ONCE = 3800;

/**
 * A zlib stream that holds `content` as it is. For objects of some hundred bytes that are soon thrown away: setting up a compressor takes fifty times
 * as long. @throws {RangeError} beyond `MAX_STORED_BYTES`
 */
export function zlibStored(content: Buffer): Buffer {
  const size = content.length;
  if (size > MAX_STORED_BYTES) throw new RangeError(`${size} bytes do not fit one stored block`);
  const stream = Buffer.allocUnsafe(HEAD_BYTES + size + 4);
  // A window of 32 KiB, the fastest level; then a last block that is stored.
  stream.writeUInt16BE(0x7801, 0);
  stream[2] = 1;
  stream.writeUInt16LE(size, 3);
  stream.writeUInt16LE(size ^ 0xffff, 5);
  stream.set(content, HEAD_BYTES);
  stream.writeUInt32BE(adler32(content), HEAD_BYTES + size);
  return stream;
}

function adler32(bytes: Buffer): number {
  let [low, high] = [1, 0];
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(at + SUMMED_AT_ONCE, bytes.length);
    for (; at < end; at++) {
      low += bytes[at] ?? 0;
      high += low;
    }
    low %= ADLER_PRIME;
    high %= ADLER_PRIME;
  }
  return high * 0x10000 + low;
}
