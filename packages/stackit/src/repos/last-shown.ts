import { createHash } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { RepoNote } from "../contract/repo.ts";
import { MIRRORED_PREFIXES } from "../stacks/ref-reading.ts";
import type { Snapshot } from "./served-repo.ts";

/** In the mirror's folder, as long as its refs are what they were when it was written. */
const FILE = "stackit-last-shown.json";

const Entries = Type.Object({
  version: Type.Literal(1),
  /** Of all refs and HEAD, as `digestOf` makes it. */
  refs: Type.String(),
  trunk: Type.String(),
  counts: Type.Object({
    branches: Type.Integer(),
    stacks: Type.Integer(),
    needsRestack: Type.Integer(),
  }),
  notes: Type.Array(RepoNote),
});

/** What lists tell of a mirror, and what its refs were. */
export type LastShown = Omit<Static<typeof Entries>, "version">;

type Refs = ReadonlyMap<string, string>;

interface Shown extends Pick<Snapshot, "trunk" | "counts" | "notes"> {
  readonly refs: Refs;
  readonly head: string | undefined;
}

/**
 * What readers were last shown of a mirror, kept on its disk, so that a start need not read mirrors in which nothing is new. It is there
 * only while it says what the refs on the disk say: it goes before they move.
 */
export class LastShownFile {
  readonly #file: string;
  #last: LastShown | undefined;
  #digested: { refs: Refs; head: string | undefined; digest: string } | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(dir: string) {
    this.#file = join(dir, FILE);
  }

  /** Undefined where nothing is kept, and before `load`. */
  get last(): LastShown | undefined {
    return this.#last;
  }

  /** What cannot be read is as good as absent. Never rejects. */
  async load(): Promise<void> {
    const text = await readFile(this.#file, "utf8").catch(() => "null");
    this.#last = parse(text);
  }

  /** `refs` is never changed. @throws the system's error */
  keep({ refs, head, trunk, counts, notes }: Shown): Promise<void> {
    return this.#next(async () => {
      if (this.#digested?.refs !== refs || this.#digested.head !== head) {
        this.#digested = { refs, head, digest: digestOf(refs, head) };
      }
      const last: LastShown = { refs: this.#digested.digest, trunk, counts, notes: [...notes] };
      const entries: Static<typeof Entries> = { version: 1, ...last };
      await writeFile(`${this.#file}.new`, JSON.stringify(entries));
      await rename(`${this.#file}.new`, this.#file);
      this.#last = last;
    });
  }

  /** Settles when it is gone from the disk. @throws the system's error */
  forget(): Promise<void> {
    return this.#next(async () => {
      this.#last = undefined;
      await rm(this.#file, { force: true });
    });
  }

  /** One after the other, as they were asked for. */
  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => {});
    return done;
  }
}

function parse(text: string): LastShown | undefined {
  try {
    const { version: _, ...last } = Value.Parse(Entries, JSON.parse(text));
    return last;
  } catch {
    return undefined;
  }
}

/** Equal for equal refs below the mirrored prefixes, whatever their order, and the same HEAD. */
export function digestOf(refs: Refs, head: string | undefined): string {
  const mirrored = [...refs.keys()].filter((ref) =>
    MIRRORED_PREFIXES.some((prefix) => ref.startsWith(prefix)),
  );
  // As they come from git they are in order.
  if (mirrored.some((ref, index) => index > 0 && ref < (mirrored[index - 1] ?? ""))) mirrored.sort();
  const lines = mirrored.map((ref) => `${ref} ${refs.get(ref)}`);
  return createHash("sha256")
    .update([head, ...lines].join("\n"))
    .digest("base64url");
}
