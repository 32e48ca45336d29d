import { access, constants, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { WorkingCopyConfig } from "../../config/repos-file.ts";
import { findGitDir, type GitDirs } from "../../git/find-git-dir.ts";
import { GitError } from "../../git/git-error.ts";
import { ReadOnlyGit } from "../../git/read-only-git.ts";
import { DirectSpawner } from "../../git/spawner.ts";
import { codeOf, type Finding } from "./finding.ts";

/** Whether a working copy can be read, by us and by git, and watched. */
export async function checkRepo(repo: WorkingCopyConfig, signal: AbortSignal): Promise<Finding[]> {
  const subject = `repository ${repo.id}`;
  let dirs: GitDirs;
  try {
    dirs = await findGitDir(repo.path);
    for (const part of ["HEAD", "objects", "refs"]) {
      await access(join(part === "HEAD" ? dirs.gitDir : dirs.commonDir, part), constants.R_OK);
    }
  } catch (error) {
    return [
      {
        level: "fail",
        subject,
        detail: error instanceof Error ? error.message : codeOf(error),
        mend: "Name a folder of a Git repository that you may read, with --cwd or in the file of --repos-config.",
      },
    ];
  }
  try {
    await using spawner = new DirectSpawner();
    const git = new ReadOnlyGit(spawner, dirs.gitDir);
    const { stdout } = await git.run("for-each-ref", ["--count=10000", "--format=x", "refs/heads/"], {
      signal,
    });
    const count = stdout.length / 2;
    const branches = count === 10_000 ? "10,000 branches or more" : `${count} branches`;
    return [{ level: "ok", subject, detail: `${dirs.top}, ${branches}` }, ...(await checkWatchLimit(dirs))];
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    return [
      {
        level: "fail",
        subject,
        detail: error.message,
        mend: `Run \`git -C '${dirs.top}' fsck\`; it says more about what is broken.`,
      },
    ];
  }
}

/** Each folder that holds refs needs one watch; without enough of them changes are found by looking every few seconds. */
async function checkWatchLimit(dirs: GitDirs): Promise<Finding[]> {
  if (process.platform !== "linux") return [];
  const limit = Number(await readFile("/proc/sys/fs/inotify/max_user_watches", "utf8").catch(() => "0"));
  const entries = await readdir(join(dirs.commonDir, "refs"), { recursive: true, withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).length + 2;
  const subject = "watching";
  if (limit > folders * 2) {
    return [
      { level: "ok", subject, detail: `${folders} folders of at most ${limit} that this user may watch` },
    ];
  }
  return [
    {
      level: "warn",
      subject,
      detail: `${folders} folders to watch, and this user may watch ${limit} in all`,
      mend: "Run `git pack-refs --all` there, or raise the limit: sysctl fs.inotify.max_user_watches=524288",
    },
  ];
}
