import { mkdir, mkdtemp, realpath, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type CommitSpec, importScene, type SceneWriter, type StackMetadata } from "./scene-import.ts";
import { testClock, testGit, testGitEnv } from "./test-git.ts";

export interface SceneOptions {
  /** A bare repository without files: the quickest. Default: a working copy with the trunk checked out. */
  bare?: boolean;
  trunk?: string;
  objectFormat?: "sha1" | "sha256";
  /** What the repository's folder is called. Default: `repo`. */
  name?: string;
  /** An existing folder to build in. It stays when the scene is disposed; by default a new one is made and removed. */
  folder?: string;
}

/**
 * A real repository in a folder of its own, built by one `git fast-import` and changed by raw git, with fixed people
 * and times: the same calls give the same object ids. Disposing removes the folder.
 *
 * ```ts
 * await using scene = await createScene((s) => {
 *   s.commit("main");
 *   s.stacked("api", "main");
 *   s.stacked("ui", "api");
 *   s.commit("api"); // now ui needs a restack
 * });
 * await scene.git("switch", "ui");
 * ```
 */
export interface Scene extends AsyncDisposable {
  /** The working copy, or the bare repository. Absolute, without symbolic links. */
  readonly path: string;
  /** The folder that Git keeps its things in; equal to `path` when bare. */
  readonly gitDir: string;
  /** A folder beside the repository that is removed with it. */
  readonly root: string;
  readonly trunk: string;
  /** The environment of `git`, for other processes that should see the same. */
  readonly env: Readonly<Record<string, string>>;
  /** Raw git in the repository; resolves to its output without the last line end. One minute passes with each call. */
  git(...args: string[]): Promise<string>;
  gitIn(folder: string, ...args: string[]): Promise<string>;
  /** More of what built the scene. A branch that is checked out moves without its files, as by a push. */
  write(write: (writer: SceneWriter) => void): Promise<void>;
  commit(branch: string, spec?: CommitSpec): Promise<string>;
  /** Replaces the tip of a branch by a commit of the same parent and files, with another message. */
  amend(branch: string, message: string): Promise<string>;
  metadata(branch: string, value: StackMetadata | string): Promise<void>;
  /** Full object id of a branch's tip or of any revision. */
  sha(revision: string): Promise<string>;
  /** Writes files of the working copy without telling git. */
  writeFiles(files: Record<string, string>): Promise<void>;
  /** Staged, unstaged and untracked changes, and an index that no longer knows the times of unchanged files. */
  makeDirty(): Promise<void>;
  /** Checks a branch out in a linked worktree and resolves to its folder. */
  addWorktree(branch: string, name?: string): Promise<string>;
  /** A bare repository beside this one, with all branches of now, known as a remote. Resolves to its folder. */
  addRemote(name?: string): Promise<string>;
}

export async function createScene(
  write: (writer: SceneWriter) => void = () => {},
  options: SceneOptions = {},
): Promise<Scene> {
  if (options.folder !== undefined) return openScene(await realpath(options.folder), write, options);
  const root = await realpath(await mkdtemp(join(tmpdir(), "stackit-scene-")));
  try {
    return await openScene(root, write, options);
  } catch (error) {
    await remove(root);
    throw error;
  }
}

async function openScene(
  root: string,
  write: (writer: SceneWriter) => void,
  options: SceneOptions,
): Promise<Scene> {
  const { bare = false, trunk = "main", objectFormat = "sha1", name: repoName = "repo" } = options;
  const path = join(root, bare ? `${repoName}.git` : repoName);
  const gitDir = bare ? path : join(path, ".git");
  const clock = testClock();
  const env = testGitEnv(root);

  const run = (cwd: string, args: readonly string[]) =>
    testGit(args, { cwd, env: testGitEnv(root, clock.nextSeconds()) }).then((out) => out.replace(/\n$/, ""));
  const git = (...args: string[]) => run(path, args);

  const tips = async (): Promise<Map<string, string>> => {
    const out = await testGit(["for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads"], {
      cwd: path,
      env,
    });
    return new Map(
      out
        .split("\n")
        .filter(Boolean)
        .map((line) => [line.slice(line.indexOf(" ") + 1), line.slice(0, line.indexOf(" "))] as const),
    );
  };
  const writeMore = async (writeIt: (writer: SceneWriter) => void) =>
    importScene({ gitDir, env, trunk, nextSeconds: clock.nextSeconds, tips: await tips() }, writeIt);

  await mkdir(path);
  await testGit(
    [
      "init",
      "--quiet",
      "--template=",
      `--initial-branch=${trunk}`,
      `--object-format=${objectFormat}`,
      ...(bare ? ["--bare"] : []),
      ".",
    ],
    { cwd: path, env },
  );
  await importScene({ gitDir, env, trunk, nextSeconds: clock.nextSeconds, tips: new Map() }, write);
  if (!bare && (await tips()).has(trunk)) await testGit(["reset", "--quiet", "--hard"], { cwd: path, env });

  return {
    path,
    gitDir,
    root,
    trunk,
    env,
    git,
    gitIn: (folder, ...args) => run(folder, args),
    write: writeMore,
    async commit(branch, spec) {
      await writeMore((writer) => writer.commit(branch, spec));
      return git("rev-parse", "--verify", `refs/heads/${branch}`);
    },
    async amend(branch, message) {
      const ref = `refs/heads/${branch}`;
      const parents = (await git("rev-list", "--parents", "--max-count=1", ref)).split(" ").slice(1);
      const id = await git(
        "commit-tree",
        "-m",
        message,
        ...parents.flatMap((parent) => ["-p", parent]),
        `${ref}^{tree}`,
      );
      await git("update-ref", ref, id);
      return id;
    },
    metadata: (branch, value) => writeMore((writer) => writer.metadata(branch, value)),
    sha: (revision) => git("rev-parse", "--verify", "--end-of-options", `${revision}`),
    writeFiles: (files) => writeFiles(path, files),
    async makeDirty() {
      await writeFiles(path, {
        "tracked-a.txt": "as committed\n",
        "tracked-b.txt": "as committed\n",
        "tracked-c.txt": "as committed\n",
      });
      await git("add", "tracked-a.txt", "tracked-b.txt", "tracked-c.txt");
      await git("commit", "--quiet", "-m", "Add three files");
      await writeFiles(path, { "tracked-a.txt": "staged\n", "tracked-b.txt": "changed, not staged\n" });
      await git("add", "tracked-a.txt");
      await writeFiles(path, {
        "untracked.txt": "nobody knows me\n",
        "folder/untracked too.txt": "nor me\n",
      });
      const longAgo = new Date("2020-02-02T02:02:02Z");
      await utimes(join(path, "tracked-c.txt"), longAgo, longAgo);
    },
    async addWorktree(branch, name = `worktree-${branch.replaceAll(/[^A-Za-z0-9-]+/g, "-")}`) {
      const folder = join(root, name);
      await git("worktree", "add", "--quiet", folder, branch);
      return folder;
    },
    async addRemote(name = "origin") {
      const folder = join(root, `${repoName}-${name}.git`);
      await testGit(["clone", "--quiet", "--bare", "--template=", path, folder], { cwd: root, env });
      await git("remote", "add", name, folder);
      await git("fetch", "--quiet", name);
      for (const branch of (await tips()).keys()) {
        await git("config", `branch.${branch}.remote`, name);
        await git("config", `branch.${branch}.merge`, `refs/heads/${branch}`);
      }
      return folder;
    },
    async [Symbol.asyncDispose]() {
      if (options.folder === undefined) await remove(root);
    },
  };
}

async function writeFiles(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

/** Git may still be closing what it wrote in the background. */
function remove(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
