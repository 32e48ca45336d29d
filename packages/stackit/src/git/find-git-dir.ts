import { readFile, realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

export interface GitDirs {
  /** Of this worktree: holds its HEAD. */
  readonly gitDir: string;
  /** Of all worktrees: holds refs and objects. */
  readonly commonDir: string;
  /** The folder that was meant: the top of the working tree, or the bare repository. */
  readonly top: string;
}

/** The message is a sentence for a person, and names the folder. */
export class NoRepositoryError extends Error {
  readonly code = "no-repository";
}

/**
 * The repository that `folder` lies in, found by its files. Git's own search is not used: it refuses folders of other
 * owners, and would obey variables and configuration.
 * @throws {NoRepositoryError}
 */
export async function findGitDir(folder: string): Promise<GitDirs> {
  const start = await realpath(folder).catch(() => {
    throw new NoRepositoryError(`${folder} does not exist or may not be entered.`);
  });
  if (!(await stat(start)).isDirectory()) throw new NoRepositoryError(`${folder} is not a folder.`);
  for (let top = start; ; top = dirname(top)) {
    const gitDir = (await repositoryAt(join(top, ".git"))) ?? (await bareAt(top));
    if (gitDir !== undefined) return { gitDir, commonDir: await commonDirOf(gitDir), top };
    if (dirname(top) === top) throw new NoRepositoryError(`${folder} is not inside a Git repository.`);
  }
}

async function repositoryAt(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return bareAt(path);
  if (!found?.isFile()) return undefined;
  // A linked worktree or a submodule: the file names the folder.
  const named = /^gitdir: (.+)$/m.exec(await readFile(path, "utf8"))?.[1];
  if (named === undefined) {
    throw new NoRepositoryError(`${path} is neither a folder nor a file that names one.`);
  }
  const gitDir = resolve(dirname(path), named);
  if (await stat(join(gitDir, "HEAD")).catch(() => undefined)) return gitDir;
  throw new NoRepositoryError(`${path} names ${gitDir}, which is not a Git folder.`);
}

async function bareAt(folder: string): Promise<string | undefined> {
  const parts = ["HEAD", "objects", "refs"].map((name) => stat(join(folder, name)).catch(() => undefined));
  return (await Promise.all(parts)).every(Boolean) ? folder : undefined;
}

async function commonDirOf(gitDir: string): Promise<string> {
  const text = await readFile(join(gitDir, "commondir"), "utf8").catch(() => undefined);
  return text === undefined ? gitDir : resolve(gitDir, text.trim());
}
