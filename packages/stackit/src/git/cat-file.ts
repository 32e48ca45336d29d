import { setImmediate } from "node:timers/promises";
import { GitError } from "./git-error.ts";
import type { ReadOnlyGit } from "./read-only-git.ts";
import type { RunOptions } from "./run-git.ts";
import { type GitExit, type GitProcess, killGroup } from "./spawner.ts";

export interface GitObject {
  readonly oid: string;
  readonly type: string;
  readonly size: number;
  /** Undefined when the object is larger than was allowed. */
  readonly content?: Buffer;
}

interface Batch {
  readonly oids: readonly string[];
  readonly found: Map<string, GitObject>;
  readonly maxObjectBytes: number;
  answered: number;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * One `git cat-file --batch-command` process, which answers in the order it was asked. It is only ever asked for object ids, so
 * no name can be taken for anything else. Ends with its input.
 */
export class CatFile {
  readonly #git: GitProcess;
  readonly #batches: Batch[] = [];
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of an object that is too large, still to be passed over. */
  #skip = 0;
  #ended = false;

  private constructor(git: GitProcess) {
    this.#git = git;
    git.stdin?.on("error", () => {});
    git.stdout.on("error", () => this.#end());
    git.stdout.on("data", (chunk: Buffer) => this.#take(chunk));
    git.stdout.on("end", () => this.#end());
    void git.exited.then(() => this.#end());
  }

  /** @throws {GitError} */
  static async open(git: ReadOnlyGit): Promise<CatFile> {
    return new CatFile(await git.start("cat-file", ["--batch-command", "--buffer"]));
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** How it ended, when it has. */
  get exited(): Promise<GitExit> {
    return this.#git.exited;
  }

  /** How many objects have been asked for and not answered. */
  get load(): number {
    return this.#batches.reduce((sum, batch) => sum + batch.oids.length - batch.answered, 0);
  }

  /**
   * Settles when all are answered, or when the process has ended: then `answered` says how many were, and the next one is
   * what it stumbled over. Objects that this clone does not hold are absent from `found`.
   */
  async read(
    oids: readonly string[],
    options: { signal: AbortSignal; maxObjectBytes: number },
  ): Promise<{ found: Map<string, GitObject>; answered: number }> {
    const batch: Batch = {
      oids,
      found: new Map(),
      maxObjectBytes: options.maxObjectBytes,
      answered: 0,
      done: Promise.withResolvers(),
    };
    if (this.#ended) return { found: batch.found, answered: 0 };
    // The process is killed only when nobody else waits for it; otherwise the answers are taken and left unread.
    const onAbort = (): void => {
      if (this.#batches.every((other) => other === batch)) this.kill();
      else batch.done.resolve();
    };
    options.signal.addEventListener("abort", onAbort, { once: true });
    try {
      this.#batches.push(batch);
      this.#git.stdin?.write(`${oids.map((oid) => `contents ${oid}\n`).join("")}flush\n`);
      await batch.done.promise;
    } finally {
      options.signal.removeEventListener("abort", onAbort);
    }
    if (options.signal.aborted) {
      throw new GitError("aborted", { args: ["cat-file"], cause: options.signal.reason });
    }
    return { found: batch.found, answered: batch.answered };
  }

  /** Ends it as soon as what was asked is answered. Settles when it has ended. */
  async close(): Promise<void> {
    this.#git.stdin?.end();
    await this.#git.exited;
  }

  kill(): void {
    killGroup(this.#git.pid);
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    for (const batch of this.#batches.splice(0)) batch.done.resolve();
  }

  #take(chunk: Buffer): void {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, data.length);
        this.#skip -= skipped;
        data = data.subarray(skipped);
      }
      const batch = this.#batches[0];
      if (!batch || this.#skip > 0) break;
      const used = this.#takeOne(batch, data);
      if (used === 0) break;
      data = data.subarray(used);
      if (batch.answered === batch.oids.length) {
        this.#batches.shift();
        batch.done.resolve();
      }
    }
    this.#rest = data;
  }

  /** Returns how many bytes the next answer took; 0 when it is not complete. */
  #takeOne(batch: Batch, data: Buffer): number {
    const lineEnd = data.indexOf(0x0a);
    if (lineEnd < 0) return 0;
    const [oid = "", type = "", sizeText] = data.toString("latin1", 0, lineEnd).split(" ");
    const asked = batch.oids[batch.answered] ?? "";
    if (sizeText === undefined) {
      // "<oid> missing"
      batch.answered++;
      return lineEnd + 1;
    }
    const size = Number(sizeText);
    if (size > batch.maxObjectBytes) {
      batch.found.set(asked, { oid, type, size });
      batch.answered++;
      this.#skip = size + 1;
      return lineEnd + 1;
    }
    const end = lineEnd + 1 + size + 1;
    if (data.length < end) return 0;
    // A copy: a view would keep the whole chunk alive.
    const content = Buffer.from(data.subarray(lineEnd + 1, end - 1));
    batch.found.set(asked, { oid, type, size, content });
    batch.answered++;
    return end;
  }
}

/**
 * Those of the objects that are in this repository, however many it has. Unlike a question about one that is missing, this does not make
 * git look for it elsewhere. Content is not looked at. @throws {GitError}
 */
export async function heldObjects(
  git: ReadOnlyGit,
  wanted: ReadonlySet<string>,
  options: RunOptions,
): Promise<Set<string>> {
  const held = new Set<string>();
  const [first] = wanted;
  if (first === undefined) return held;
  const args = ["--batch-all-objects", "--batch-check=%(objectname)", "--unordered", "--buffer"];
  const { stdout } = await git.run("cat-file", args, options);
  const width = first.length + 1;
  for (let at = 0; at < stdout.length; at += width) {
    const oid = stdout.toString("latin1", at, at + width - 1);
    if (wanted.has(oid)) held.add(oid);
    if (at % (CHECKED_AT_ONCE * width) === 0) await setImmediate();
  }
  return held;
}

/** Ids that are compared before others get their turn. */
const CHECKED_AT_ONCE = 20_000;
