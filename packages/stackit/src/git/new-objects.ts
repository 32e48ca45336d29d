import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeBareFolder, type ObjectFormat } from "./bare-folder.ts";
import { readOnlyEnvironment } from "./environment.ts";
import { writePack } from "./pack-file.ts";
import { type RunOptions, runGit } from "./run-git.ts";
import type { Spawner } from "./spawner.ts";

/** Fewer objects are worth no pack of their own: git's own `fetch.unpackLimit`. */
const UNPACK_LIMIT = 100;

export interface NewObjectsOptions {
  /** Where a folder is made for them. */
  readonly below: string;
  /** The folder with the objects of the repository that they lean on. */
  readonly commonDir: string;
  readonly objectFormat: ObjectFormat;
}

/**
 * Objects that no repository has yet, in a bare Git folder that also reads those of one. To push from there, or to look, writes nothing into
 * that repository, nor does it renew the times of its files, as git does where it writes what is in them. Disposal removes the folder.
 */
export class NewObjects implements AsyncDisposable {
  /** What `git push` can be run in. It has no refs. */
  readonly gitDir: string;
  readonly oids: readonly string[];
  readonly #folder: string;
  /** Undefined when there are none. */
  #pack: string | undefined;

  private constructor(folder: string, oids: readonly string[]) {
    this.#folder = folder;
    this.gitDir = join(folder, "git");
    this.oids = oids;
  }

  /** `objects`: by id, each with its header. @throws the system's error */
  static async write(
    objects: ReadonlyMap<string, Buffer>,
    { below, commonDir, objectFormat }: NewObjectsOptions,
  ): Promise<NewObjects> {
    const folder = await mkdtemp(join(below, "new-"));
    const made = new NewObjects(folder, [...objects.keys()]);
    try {
      await makeBareFolder(made.gitDir, objectFormat);
      const own = join(made.gitDir, "objects");
      if (objects.size > 0) {
        made.#pack = `${await writePack(own, objects, { format: objectFormat })}.pack`;
      }
      await writeFile(join(own, "info", "alternates"), `${join(commonDir, "objects")}\n`);
      // Without it git would look for what lies below the end of a shallow clone.
      await copyFile(join(commonDir, "shallow"), join(made.gitDir, "shallow")).catch(unlessMissing);
    } catch (error) {
      await made[Symbol.asyncDispose]();
      throw error;
    }
    return made;
  }

  /**
   * Writes them, and nothing else, into a repository, where no ref leads to them yet. What they lean on must be there.
   * @throws {GitError} or the system's error
   */
  async bringInto(spawner: Spawner, gitDir: string, options: Omit<RunOptions, "input">): Promise<void> {
    if (this.#pack === undefined) return;
    const isSmall = this.oids.length < UNPACK_LIMIT;
    const command = isSmall ? ["unpack-objects", "-q"] : ["index-pack", "--stdin"];
    const args = ["--no-pager", `--git-dir=${gitDir}`, ...command];
    const request = { args, cwd: gitDir, env: readOnlyEnvironment(dirname(gitDir)) };
    await runGit(spawner, request, { ...options, input: await readFile(this.#pack) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
}
