import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RefMove } from "../git/listing-after.ts";
import type { MirrorGit } from "../git/mirror-git.ts";
import type { RunOptions } from "../git/run-git.ts";
import { DamagedMirrorError } from "./mirror-damage.ts";
import { removeLeftovers } from "./mirror-folder.ts";

/** Beside a mirror's refs while they move. */
const FILE = "stackit-moving-refs.json";

type Refs = ReadonlyMap<string, string>;

interface Entries {
  readonly version: 1;
  /** Where HEAD pointed. */
  readonly head: string | undefined;
  /** What the refs that move were; null for those that were not there. */
  readonly refs: Readonly<Record<string, string | null>>;
  /** Refs that are not named were not there. */
  readonly isWhole: boolean;
}

/**
 * What a mirror's refs were before they moved, on disk while they do. Git writes one after the other: whoever is killed in
 * between leaves a state that the remote never had, and the next start goes back to the one before.
 */
export class RefJournal {
  readonly #file: string;

  constructor(dir: string) {
    this.#file = join(dir, FILE);
  }

  /**
   * Settles when it is on disk. What an unfinished change before this one has noted stays as it is.
   * @throws {DamagedMirrorError} when the mirror's folder is gone, or the system's error
   */
  async begin(
    before: Refs,
    moving: readonly string[],
    more: Pick<Entries, "head" | "isWhole">,
  ): Promise<void> {
    const noted = await this.#read();
    const refs = Object.fromEntries([
      ...(more.isWhole ? before : []),
      ...moving.map((ref) => [ref, before.get(ref) ?? null] as const),
      ...Object.entries(noted?.refs ?? {}),
    ]);
    const { head, isWhole } = noted ? { head: noted.head, isWhole: noted.isWhole || more.isWhole } : more;
    const entries: Entries = { version: 1, head, refs, isWhole };
    await writeFile(`${this.#file}.new`, JSON.stringify(entries)).catch((error: NodeJS.ErrnoException) => {
      throw error.code === "ENOENT" ? new DamagedMirrorError("its folder is gone", { cause: error }) : error;
    });
    await rename(`${this.#file}.new`, this.#file);
  }

  /** The refs are all where they were to go, or all back. */
  async end(): Promise<void> {
    await rm(this.#file, { force: true });
  }

  /**
   * Brings refs back to where they were, when a change is unfinished. `had-nothing`: there was no ref before, and what there is now was
   * left. Only while no git of ours works there. @throws {GitError} {DamagedMirrorError} or the system's error
   */
  async undo(
    git: MirrorGit,
    now: Refs,
    options: RunOptions,
  ): Promise<"nothing-to-do" | "had-nothing" | "went-back"> {
    const entries = await this.#read();
    if (!entries) return "nothing-to-do";
    const removed: RefMove[] = [];
    const restored: RefMove[] = [];
    const noted = new Map(Object.entries(entries.refs));
    if (entries.isWhole) for (const ref of now.keys()) if (!noted.has(ref)) noted.set(ref, null);
    if (entries.isWhole && [...noted.values()].every((was) => was === null)) return "had-nothing";
    for (const [ref, was] of noted) {
      const old = now.get(ref);
      if (old === (was ?? undefined)) continue;
      if (was === null) removed.push({ ref, old });
      else restored.push({ ref, old, new: was });
    }
    // The git that was killed with the server left its locks.
    await removeLeftovers(git.gitDir, { evenFresh: true });
    // First what is to go: it may stand in the way.
    await git.updateRefs(removed, options);
    await git.updateRefs(restored, options);
    if (entries.head !== undefined) await git.setHead(entries.head, options);
    await this.end();
    return "went-back";
  }

  /** @throws {DamagedMirrorError} when nobody can tell any more what the refs were, or the system's error */
  async #read(): Promise<Entries | undefined> {
    const text = await readFile(this.#file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    return text === undefined ? undefined : parseEntries(text);
  }
}

function parseEntries(text: string): Entries {
  try {
    const entries: Entries = JSON.parse(text);
    if (entries.version === 1) return entries;
  } catch {
    // It was cut short.
  }
  throw new DamagedMirrorError("what its refs were before they moved cannot be told");
}
