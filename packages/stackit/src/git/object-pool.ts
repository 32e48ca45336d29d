import { CatFile, type GitObject } from "./cat-file.ts";
import { GitError } from "./git-error.ts";
import { FEW_OBJECTS, readLooseObjects } from "./loose-objects.ts";
import type { ReadOnlyGit } from "./read-only-git.ts";

export interface ObjectPoolOptions {
  /** Processes at most. Default 2. */
  readonly size?: number;
  /** A process that was not asked for this long is closed. Default 60 s. */
  readonly idleMs?: number;
  /** The folder of the repository's objects: few of them are then read from files of their own, where they have such, without a process. */
  readonly looseFolder?: string;
}

interface Limits {
  readonly signal: AbortSignal;
  readonly maxObjectBytes: number;
}

/** An object that makes git stumble, as in a partial clone, costs its process: so many ends of it are borne in one call. */
const MAX_STUMBLES = 8;
/** Below this a second process is not worth its start. */
const WORTH_SPLITTING = 1000;

/**
 * Reads objects by id through a few long-lived git processes, which are opened when needed and closed when idle. Disposal
 * ends them and waits; reading afterwards fails.
 */
export class ObjectPool implements AsyncDisposable {
  readonly #git: ReadOnlyGit;
  readonly #size: number;
  readonly #idleMs: number;
  readonly #looseFolder: string | undefined;
  readonly #processes: (Promise<CatFile> | undefined)[] = [];
  #idleTimer: NodeJS.Timeout | undefined;
  #busy = 0;
  #closed = false;

  constructor(git: ReadOnlyGit, options: ObjectPoolOptions = {}) {
    this.#git = git;
    this.#size = options.size ?? 2;
    this.#idleMs = options.idleMs ?? 60_000;
    this.#looseFolder = options.looseFolder;
  }

  /**
   * Objects by the id they were asked for; what this clone does not hold is absent. Larger ones come without content.
   * @throws {GitError} `aborted`, `missing-object` when git stumbles over too many, `failed` when it cannot run.
   */
  async read(
    oids: readonly string[],
    options: { signal: AbortSignal; maxObjectBytes?: number },
  ): Promise<Map<string, GitObject>> {
    const limits = { signal: options.signal, maxObjectBytes: options.maxObjectBytes ?? 1 << 20 };
    const found = await this.#readLoose(oids, limits);
    const others = found.size === 0 ? oids : oids.filter((oid) => !found.has(oid));
    if (others.length === 0) return found;
    const asked = await this.#ask(others, limits);
    for (const [oid, object] of found) asked.set(oid, object);
    return asked;
  }

  async #readLoose(
    oids: readonly string[],
    { signal, maxObjectBytes }: Limits,
  ): Promise<Map<string, GitObject>> {
    if (this.#looseFolder === undefined || oids.length > FEW_OBJECTS || this.#closed) return new Map();
    const found = await readLooseObjects(this.#looseFolder, oids, maxObjectBytes);
    if (signal.aborted) throw new GitError("aborted", { args: ["cat-file"] });
    return found;
  }

  async #ask(oids: readonly string[], limits: Limits): Promise<Map<string, GitObject>> {
    clearTimeout(this.#idleTimer);
    this.#busy++;
    try {
      const parts = Math.min(this.#size, Math.ceil(oids.length / WORTH_SPLITTING));
      const length = Math.ceil(oids.length / parts);
      const answers = await Promise.all(
        Array.from({ length: parts }, (_, part) =>
          this.#readPart(part, oids.slice(part * length, (part + 1) * length), limits),
        ),
      );
      const [first = new Map(), ...others] = answers;
      for (const other of others) for (const [oid, object] of other) first.set(oid, object);
      return first;
    } finally {
      this.#busy--;
      if (this.#busy === 0 && !this.#closed) {
        this.#idleTimer = setTimeout(() => void this.#closeAll(), this.#idleMs).unref();
      }
    }
  }

  async #readPart(slot: number, oids: readonly string[], limits: Limits): Promise<Map<string, GitObject>> {
    const all = new Map<string, GitObject>();
    let open = oids;
    for (let stumbles = 0; open.length > 0; stumbles++) {
      if (limits.signal.aborted) throw new GitError("aborted", { args: ["cat-file"] });
      if (stumbles > MAX_STUMBLES) throw new GitError("missing-object", { args: ["cat-file"] });
      const process = await this.#process(slot);
      const { found, answered } = await process.read(open, limits);
      for (const [oid, object] of found) all.set(oid, object);
      const next = open[answered];
      if (next === undefined) break;
      // It ended early. Only an object that git names as the reason is given up; whatever else killed it, may not again.
      const { code, stderr } = await process.exited;
      const isToBlame = stderr.includes(next);
      if (code && answered === 0 && !isToBlame) {
        throw new GitError("failed", { args: ["cat-file"], exitCode: code, stderr });
      }
      open = open.slice(isToBlame ? answered + 1 : answered);
    }
    return all;
  }

  async #process(slot: number): Promise<CatFile> {
    for (;;) {
      const current = this.#processes[slot];
      const opened = current && (await current.catch(() => undefined));
      if (this.#closed) throw new GitError("aborted", { args: ["cat-file"] });
      if (opened && !opened.ended) return opened;
      // Of several callers who find it ended, the first opens the next one.
      if (this.#processes[slot] !== current) continue;
      const opening = CatFile.open(this.#git);
      this.#processes[slot] = opening;
      return opening;
    }
  }

  async #closeAll(): Promise<void> {
    const processes = this.#processes.splice(0);
    await Promise.all(processes.map(async (process) => (await process?.catch(() => undefined))?.close()));
  }

  /** Lets go of files that were exchanged: what is read from now on is read anew. Settles when the processes have ended. */
  async reopen(): Promise<void> {
    await this.#closeAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    await this.#closeAll();
  }
}
