import { type FSWatcher, watch } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { basename, join, sep } from "node:path";

export interface TreeWatchOptions {
  /** Folders that are not watched, nor is what lies in them. */
  readonly ignore: readonly string[];
  /** Paths that came, went or were written: which of these, only a look can tell. A folder may hold more that is new. */
  readonly heard: (paths: readonly string[]) => void;
  /** The watch has ended, for instance because the system has no more watches to give. */
  readonly failed: (error: Error) => void;
}

/** Where the system watches whole trees by itself. Elsewhere Node's own recursion is deaf to files that were replaced. */
const IS_RECURSIVE = process.platform === "darwin" || process.platform === "win32";

/**
 * Settles when all that happens below `root` from now on is heard, to its end by disposal or failure.
 * @throws when a folder cannot be watched or read
 */
export async function watchTree(root: string, options: TreeWatchOptions): Promise<Disposable> {
  const tree = new TreeWatch(options);
  try {
    await tree.open(root);
  } catch (error) {
    tree[Symbol.dispose]();
    throw error;
  }
  return tree;
}

/**
 * One watch for each folder, all in the event loop: no signal can end them, and a system that has none left says so instead
 * of waiting. A folder is only in `#watchers` while the one around it is.
 */
class TreeWatch implements Disposable {
  readonly #options: TreeWatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #untold = new Set<string>();
  #telling: NodeJS.Immediate | undefined;
  #isOpen = false;
  #isClosed = false;
  #failure: Error | undefined;

  constructor(options: TreeWatchOptions) {
    this.#options = options;
  }

  async open(root: string): Promise<void> {
    await this.#enter(root);
    if (this.#failure) throw this.#failure;
    if (!this.#watchers.has(root)) throw new Error(`there is no folder ${root}`);
    this.#isOpen = true;
  }

  /** Watches before it reads, so that what comes in between is heard or found. A folder that has gone is left out. */
  async #enter(folder: string): Promise<void> {
    this.#leave(folder);
    if (this.#isClosed || this.#isIgnored(folder)) return;
    const watcher = unlessGone(() => watch(folder, { recursive: IS_RECURSIVE }));
    if (watcher === undefined) return;
    this.#watchers.set(folder, watcher);
    watcher.on("change", (type, name) => this.#hear(folder, type, String(name ?? "")));
    watcher.on("error", (error) => this.#fail(error));
    if (IS_RECURSIVE) return;
    const entries = await readdir(folder, { withFileTypes: true }).catch(undefinedIfGone);
    if (this.#watchers.get(folder) !== watcher) return;
    const folders = entries?.filter((entry) => entry.isDirectory()) ?? [];
    await Promise.all(folders.map(({ name }) => this.#enter(join(folder, name))));
  }

  #leave(folder: string): void {
    if (!this.#watchers.has(folder)) return;
    for (const [path, watcher] of this.#watchers) {
      if (path !== folder && !path.startsWith(folder + sep)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
  }

  #hear(folder: string, type: string, name: string): void {
    const path = join(folder, name);
    if (this.#isIgnored(path)) return;
    this.#tell(path);
    // What happens to a folder itself is told under its own name.
    if (name === basename(folder)) this.#tell(folder);
    if (type === "rename" && !IS_RECURSIVE) void this.#look(path);
  }

  /** What has this name now may be another folder than before. */
  async #look(path: string): Promise<void> {
    this.#leave(path);
    try {
      const found = await lstat(path).catch(undefinedIfGone);
      if (!found?.isDirectory()) return;
      await this.#enter(path);
      this.#tell(path);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #tell(path: string): void {
    if (this.#isClosed) return;
    this.#untold.add(path);
    this.#telling ??= setImmediate(() => {
      this.#telling = undefined;
      const paths = [...this.#untold];
      this.#untold.clear();
      this.#options.heard(paths);
    });
  }

  #fail(error: Error): void {
    if (this.#isClosed) return;
    this[Symbol.dispose]();
    this.#failure = error;
    if (this.#isOpen) this.#options.failed(error);
  }

  #isIgnored(path: string): boolean {
    return this.#options.ignore.some((folder) => path === folder || path.startsWith(folder + sep));
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearImmediate(this.#telling);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}

function unlessGone<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    return undefinedIfGone(error);
  }
}

/** @throws what says anything else */
function undefinedIfGone(error: unknown): undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
}
