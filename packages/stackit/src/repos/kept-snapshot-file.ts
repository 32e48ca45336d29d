import { createHash } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { productVersion } from "../lib/version.ts";
import type { GraphSnapshot } from "./graph-snapshot.ts";
import { KeptSnapshot, linesOf } from "./kept-snapshot.ts";

/** In the mirror's folder, so that it goes with that. */
const FILE = "stackit-snapshot";
const CHECKSUM_BYTES = 32;
/** Of what is unpacked: more is nothing of ours. */
const MAX_BYTES = 512 * 1024 * 1024;

const Head = Type.Object({
  format: Type.Literal(1),
  /** What it says may be said in other words by another version. */
  product: Type.String(),
  repoId: Type.String(),
  /** Its name at its forge, as it is shown. */
  fullName: Type.Optional(Type.String()),
  /** As `digestOf` in `last-shown.ts` makes it. */
  refs: Type.String(),
  /** Whether a forge was asked for more. */
  hasForge: Type.Boolean(),
});

/** Whose snapshot it is, and of which refs. */
export type KeptFor = Omit<Static<typeof Head>, "format" | "product">;

/**
 * The last snapshot of a mirror, on its disk: a SHA-256, then gzip of lines of JSON, the first of which says whose it is. It is exchanged by
 * renaming, so whoever is killed leaves the old one or the new one.
 */
export class KeptSnapshotFile {
  readonly #file: string;
  readonly #onDropped: (why: string) => void;
  /** Which snapshot, of which refs, is on the disk, as far as that is known. */
  #onDisk: string | undefined;
  #work: Promise<void> = Promise.resolve();

  /** `onDropped` is told why a file is not served; it must not throw. */
  constructor(dir: string, onDropped: (why: string) => void = () => {}) {
    this.#file = join(dir, FILE);
    this.#onDropped = onDropped;
  }

  /** One after the other, and not at all where it is there already. @throws the system's error */
  keep(snapshot: GraphSnapshot, about: KeptFor): Promise<void> {
    return this.#next(async () => {
      const which = `${snapshot.fingerprint} ${about.refs}`;
      if (which === this.#onDisk) return;
      const head: Static<typeof Head> = { format: 1, product: productVersion(), ...about };
      const text = [JSON.stringify(head), ...(await linesOf(snapshot))].join("\n");
      const packed = await promisify(gzip)(text);
      await writeFile(`${this.#file}.new`, [checksumOf(packed), packed], { mode: 0o600 });
      await rename(`${this.#file}.new`, this.#file);
      this.#onDisk = which;
    });
  }

  /** Undefined where there is none. One that is damaged, or that was kept for something else, is removed. Never rejects. */
  async load(wanted: KeptFor): Promise<KeptSnapshot | undefined> {
    const bytes = await readFile(this.#file).catch(() => undefined);
    if (!bytes) return undefined;
    try {
      const packed = bytes.subarray(CHECKSUM_BYTES);
      if (!checksumOf(packed).equals(bytes.subarray(0, CHECKSUM_BYTES))) throw new Error("it is damaged");
      const text = String(await promisify(gunzip)(packed, { maxOutputLength: MAX_BYTES }));
      const [first = "", ...lines] = text.split("\n");
      const why = whyNot(JSON.parse(first), wanted);
      if (why !== undefined) throw new Error(why);
      const snapshot = await KeptSnapshot.of(lines);
      this.#onDisk = `${snapshot.fingerprint} ${wanted.refs}`;
      return snapshot;
    } catch (error) {
      await this.drop(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  /** Never rejects. */
  async drop(why: string): Promise<void> {
    this.#onDropped(why);
    await this.#next(async () => {
      this.#onDisk = undefined;
      await rm(this.#file, { force: true });
    }).catch(() => {});
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => {});
    return done;
  }
}

function whyNot(head: unknown, wanted: KeptFor): string | undefined {
  if (!Value.Check(Head, head)) return "it has another format";
  if (head.product !== productVersion()) return "another version wrote it";
  if (head.repoId !== wanted.repoId || head.fullName !== wanted.fullName)
    return "it is of another repository";
  if (head.refs !== wanted.refs) return "it is of other refs";
  return head.hasForge && !wanted.hasForge ? "its forge is not asked any more" : undefined;
}

function checksumOf(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
