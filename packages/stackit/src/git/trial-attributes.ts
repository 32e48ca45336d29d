import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseTree } from "./tree-object.ts";

const FILE = ".gitattributes";
const MAX_PATH = 1_000;
const MAX_FILES = 1_000;
/** What git does by itself; everything else that `merge` is set to is somebody's program. */
const BUILT_IN = new Set(["text", "binary", "union"]);

interface Attributes {
  readonly path: string;
  readonly oid: string;
}

/** Of a tree object: the ids of the attributes that lie in that folder. */
export function attributesIn(oid: string, content: Buffer): string[] {
  const entries = parseTree(oid, content) ?? [];
  return entries.flatMap((entry) => (entry.name === FILE && !entry.isFolder ? [entry.oid] : []));
}

/**
 * Gives `git merge-tree` what it reads nowhere but in a working tree: the attributes of the tree that is merged into, in a folder that holds
 * nothing else. A program that they name as a merge driver is made known to git as one without a command, at which git ends.
 */
export class TrialAttributes {
  readonly #gitDir: string;
  readonly #folder: string;
  readonly #read: (oid: string) => Promise<Buffer | undefined>;
  readonly #found = new Map<string, Promise<readonly Attributes[]>>();
  readonly #workTrees = new Map<string, Promise<string | undefined>>();
  readonly #drivers = new Set<string>();

  /** `folder`: where working trees are made; `read`: the content of what is in the trial. */
  constructor(gitDir: string, folder: string, read: (oid: string) => Promise<Buffer | undefined>) {
    this.#gitDir = gitDir;
    this.#folder = folder;
    this.#read = read;
  }

  /** The same one for trees whose attributes are the same. Undefined where some of them are not here. */
  async workTreeFor(tree: string): Promise<string | undefined> {
    const found = await this.#find(tree);
    const key = found.map(({ path, oid }) => `${path} ${oid}\n`).join("");
    const made = this.#workTrees.get(key) ?? this.#make(found, join(this.#folder, `${this.#workTrees.size}`));
    this.#workTrees.set(key, made);
    return made;
  }

  /** Of folders that were not put into the trial nothing is merged, so that their attributes do not matter. */
  #find(tree: string): Promise<readonly Attributes[]> {
    const found = this.#found.get(tree) ?? this.#look(tree);
    this.#found.set(tree, found);
    return found;
  }

  async #look(tree: string): Promise<readonly Attributes[]> {
    const content = await this.#read(tree);
    const entries = content ? (parseTree(tree, content) ?? []) : [];
    const found = entries.map(async ({ name, isFolder, oid }) => {
      if (!isFolder) return name === FILE ? [{ path: name, oid }] : [];
      if (!isPlain(name)) return [];
      return (await this.#find(oid)).map((below) => ({ path: `${name}/${below.path}`, oid: below.oid }));
    });
    const all = (await Promise.all(found)).flat();
    return all.filter(({ path }) => path.length <= MAX_PATH).slice(0, MAX_FILES);
  }

  async #make(found: readonly Attributes[], workTree: string): Promise<string | undefined> {
    await mkdir(workTree);
    for (const { path, oid } of found) {
      const content = await this.#read(oid);
      if (!content) return undefined;
      await this.#declareDrivers(content.toString("latin1"));
      const file = join(workTree, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    return workTree;
  }

  async #declareDrivers(text: string): Promise<void> {
    for (const [, name = ""] of text.matchAll(/(?<=\s)merge=([!-~]+)/g)) {
      if (BUILT_IN.has(name) || this.#drivers.has(name)) continue;
      this.#drivers.add(name);
      const quoted = name.replace(/["\\]/g, "\\$&");
      await appendFile(join(this.#gitDir, "config"), `[merge "${quoted}"]\n\tname = somebody's program\n`);
    }
  }
}

/** Trees come from strangers, and may hold names that lead elsewhere. */
function isPlain(name: string): boolean {
  return name.length <= 255 && !name.includes("/") && !/^(|\.|\.\.|\.git)$/i.test(name);
}
