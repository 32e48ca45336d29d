import type { GitObject } from "../git/cat-file.ts";
import type { ObjectPool } from "../git/object-pool.ts";
import { parseTree, type TreeEntry } from "../git/tree-object.ts";
import { NO_RECORD, type RecordedEdges, type ToolRecord } from "../stacks/recorded-edges.ts";
import { isKnownSpiceVersion, parseSpiceBranch, type SpiceBase } from "../stacks/tools/git-spice.ts";

const MAX_OBJECT_BYTES = 8 << 20;
const MAX_BRANCHES = 50_000;

/** Why git-spice's data could not be read, as a sentence that goes on from its name. */
class UnreadableError extends Error {}

/**
 * What git-spice keeps in the commit that its ref names: a folder with a file for each branch. Remembers the last complete answer,
 * which stands where a later commit cannot be read.
 */
export class SpiceRecords {
  readonly #objects: ObjectPool;
  /** By object id, of the branches that the last answer knew. */
  #bases = new Map<string, SpiceBase>();
  #complete: { readonly record: ToolRecord; readonly readAtMs: number } | undefined;
  #last: { readonly commit: string; readonly edges: RecordedEdges } | undefined;

  constructor(objects: ObjectPool) {
    this.#objects = objects;
  }

  /** The same object as before for the same commit, and undefined without one. Costs what is new. @throws {GitError} */
  async read(commit: string | undefined, signal: AbortSignal): Promise<RecordedEdges | undefined> {
    if (commit === undefined) {
      this.#complete = undefined;
      this.#last = undefined;
      return undefined;
    }
    if (this.#last?.commit !== commit) {
      this.#last = { commit, edges: await this.#readCommit(commit, signal) };
    }
    return this.#last.edges;
  }

  async #readCommit(commit: string, signal: AbortSignal): Promise<RecordedEdges> {
    try {
      const record = await this.#readRecord(commit, signal);
      this.#complete = { record, readAtMs: Date.now() };
      return { source: "git-spice", ...record };
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      const { record = NO_RECORD, readAtMs } = this.#complete ?? {};
      const detail = `refs/spice/data ${error.message}.`;
      const outdated = { detail, ...(readAtMs !== undefined && { readAtMs }) };
      return { source: "git-spice", ...record, outdated };
    }
  }

  async #readRecord(commit: string, signal: AbortSignal): Promise<ToolRecord> {
    const content = (await this.#contents([commit], "commit", signal)).get(commit);
    const [, tree] = /^tree ([0-9a-f]+)\n/.exec(content?.toString("latin1") ?? "") ?? [];
    if (tree === undefined) throw new UnreadableError("names no folder");
    const top = await this.#folder(tree, signal);
    // What git-spice keeps always has it, also before the first branch is tracked.
    if (!top.some(({ name }) => name === "repo")) throw new UnreadableError("does not tell of a repository");
    const version = top.find(({ name }) => name === "version");
    const versions = await this.#contents(version ? [version.oid] : [], "blob", signal);
    if (!isKnownSpiceVersion(version && versions.get(version.oid)?.toString("utf8"))) {
      throw new UnreadableError("has a version that is not known here");
    }
    const branches = top.find(({ name, isFolder }) => name === "branches" && isFolder);
    return this.#readBases(branches ? await this.#files(branches.oid, signal) : new Map(), signal);
  }

  async #readBases(files: ReadonlyMap<string, string>, signal: AbortSignal): Promise<ToolRecord> {
    const wanted = [...new Set(files.values())].filter((oid) => !this.#bases.has(oid));
    const blobs = await this.#contents(wanted, "blob", signal);
    const bases = new Map<string, SpiceBase>();
    const parents = new Map<string, string>();
    const boundaries = new Map<string, string>();
    for (const [name, oid] of files) {
      const base = this.#bases.get(oid) ?? parseSpiceBranch(blobs.get(oid)?.toString("utf8") ?? "");
      if (!base) throw new UnreadableError("holds a branch that cannot be read");
      bases.set(oid, base);
      parents.set(name, base.parent);
      if (base.boundary !== undefined) boundaries.set(name, base.boundary);
    }
    this.#bases = bases;
    return { parents, boundaries };
  }

  /** All files below a folder, by their path: a name with slashes lies in folders of its own. */
  async #files(root: string, signal: AbortSignal): Promise<Map<string, string>> {
    const files = new Map<string, string>();
    let folders = new Map([["", root]]);
    while (folders.size > 0) {
      const contents = await this.#contents([...new Set(folders.values())], "tree", signal);
      const inside = new Map<string, string>();
      for (const [path, oid] of folders) {
        for (const entry of entriesOf(oid, contents))
          (entry.isFolder ? inside : files).set(path + entry.name, entry.oid);
        if (files.size + inside.size > MAX_BRANCHES) throw new UnreadableError("holds too many branches");
      }
      folders = new Map([...inside].map(([path, oid]) => [`${path}/`, oid]));
    }
    return files;
  }

  async #folder(oid: string, signal: AbortSignal): Promise<TreeEntry[]> {
    return entriesOf(oid, await this.#contents([oid], "tree", signal));
  }

  async #contents(
    oids: readonly string[],
    type: GitObject["type"],
    signal: AbortSignal,
  ): Promise<Map<string, Buffer>> {
    const found = await this.#objects.read(oids, { signal, maxObjectBytes: MAX_OBJECT_BYTES });
    const contents = new Map<string, Buffer>();
    for (const oid of oids) {
      const object = found.get(oid);
      if (object?.type !== type || !object.content)
        throw new UnreadableError(`holds no ${type} where one is meant`);
      contents.set(oid, object.content);
    }
    return contents;
  }
}

function entriesOf(oid: string, contents: ReadonlyMap<string, Buffer>): TreeEntry[] {
  const content = contents.get(oid);
  const entries = content && parseTree(oid, content);
  if (!entries) throw new UnreadableError("holds a malformed folder");
  return entries;
}
