/** The data types of SSH (RFC 4251, section 5) that keys and agents are written in. */
export function sshString(value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** `bytes`: a number that is not negative, the highest byte first. */
export function sshNumber(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const short = first < 0 ? Buffer.alloc(0) : Buffer.from(bytes.subarray(first));
  const isHigh = ((short[0] ?? 0) & 0x80) !== 0;
  return sshString(isHigh ? Buffer.concat([Buffer.of(0), short]) : short);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Reads one value after the other. @throws {RangeError} at the end */
export class SshReader {
  #rest: Buffer;

  constructor(bytes: Buffer) {
    this.#rest = bytes;
  }

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  string(): Buffer {
    return this.#take(this.uint32());
  }

  text(): string {
    return this.string().toString("latin1");
  }

  #take(length: number): Buffer {
    if (length > this.#rest.length) throw new RangeError("the data ends early");
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }
}
