import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { findGitDir } from "../../src/git/find-git-dir.ts";
import { readCheckedOut, readHeadFile } from "../../src/git/heads.ts";
import { readOwnTips } from "../../src/git/reflog.ts";
import { createScene } from "../support/git-scene.ts";

test("a repository is found from its top, from any folder in it, and through a link", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  const deep = join(scene.path, "a", "b c", "é");
  await mkdir(deep, { recursive: true });
  const link = join(scene.root, "link");
  await symlink(deep, link);
  const dirs = { gitDir: scene.gitDir, commonDir: scene.gitDir, top: scene.path };
  for (const folder of [scene.path, `${scene.path}/`, deep, join(deep, ".."), link]) {
    expect(await findGitDir(folder)).toEqual(dirs);
  }
});

test("a linked worktree has a folder of its own and shares the rest", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.commit("api");
  });
  const worktree = await scene.addWorktree("api");
  const dirs = await findGitDir(worktree);
  expect(dirs).toEqual({
    gitDir: join(scene.gitDir, "worktrees", "worktree-api"),
    commonDir: scene.gitDir,
    top: worktree,
  });
  expect(await readHeadFile(dirs.gitDir)).toEqual({ kind: "ref", ref: "refs/heads/api" });
  expect(await readHeadFile(dirs.commonDir)).toEqual({ kind: "ref", ref: "refs/heads/main" });
  const broken = join(scene.gitDir, "worktrees", "broken");
  await mkdir(broken);
  expect(await readCheckedOut(dirs.commonDir)).toEqual(new Set(["refs/heads/main", "refs/heads/api"]));
  await scene.git("switch", "--quiet", "--detach");
  expect(await readCheckedOut(dirs.commonDir)).toEqual(new Set(["refs/heads/api"]));
});

test("a file may name the folder by a path of either kind, as in submodules", async () => {
  await using scene = await createScene((s) => s.commit("main"), { bare: true });
  for (const [name, path] of [
    ["absolute", scene.path],
    ["relative", relative(join(scene.root, "relative"), scene.path)],
  ]) {
    const top = join(scene.root, name ?? "");
    await mkdir(top);
    await writeFile(join(top, ".git"), `gitdir: ${path}\r\n`);
    expect(await findGitDir(top)).toEqual({ gitDir: scene.path, commonDir: scene.path, top });
  }
});

test("a real submodule is a repository of its own (B39)", async () => {
  await using inner = await createScene((s) => s.commit("main"));
  await using outer = await createScene((s) => s.commit("main"));
  await outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.path, "lib/inner");
  const top = join(outer.path, "lib", "inner");
  const gitDir = join(outer.gitDir, "modules", "lib", "inner");
  expect(await findGitDir(top)).toEqual({ gitDir, commonDir: gitDir, top });
  expect((await findGitDir(join(outer.path, "lib"))).top).toBe(outer.path);
});

test("a bare repository is found, also from within", async () => {
  await using scene = await createScene((s) => s.commit("main"), { bare: true });
  const dirs = { gitDir: scene.path, commonDir: scene.path, top: scene.path };
  expect(await findGitDir(scene.path)).toEqual(dirs);
  expect(await findGitDir(join(scene.path, "refs", "heads"))).toEqual(dirs);
});

test("an empty .git folder hides nothing, a broken .git file is said", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  const inner = join(scene.path, "inner");
  await mkdir(join(inner, ".git"), { recursive: true });
  expect((await findGitDir(inner)).top).toBe(scene.path);
  for (const [text, complaint] of [
    ["", "is neither a folder nor a file that names one"],
    ["something else\n", "is neither a folder nor a file that names one"],
    ["gitdir: ../nowhere\n", "which is not a Git folder"],
    [`gitdir: ${scene.path}\n`, "which is not a Git folder"],
  ] as const) {
    const folder = join(scene.root, `broken-${text.length}`);
    await mkdir(folder);
    await writeFile(join(folder, ".git"), text);
    await expect(findGitDir(folder), text).rejects.toThrow(complaint);
  }
});

test("where there is no repository, that is said", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  await expect(findGitDir(scene.root)).rejects.toThrow(`${scene.root} is not inside a Git repository.`);
  await expect(findGitDir(join(scene.root, "gone"))).rejects.toThrow("does not exist or may not be entered");
  const file = join(scene.path, "main.txt");
  await expect(findGitDir(file)).rejects.toThrow(`${file} is not a folder.`);
});

test("a HEAD on a branch of any name is read", async () => {
  const names = ["voilà", "été/分支", "a#b@c", "x".repeat(200)];
  await using scene = await createScene((s) => {
    s.commit("main");
    for (const name of names) s.branch(name, "main");
  });
  for (const name of names) {
    await scene.git("switch", "--quiet", name);
    expect(await readHeadFile(scene.gitDir)).toEqual({ kind: "ref", ref: `refs/heads/${name}` });
  }
  await scene.git("switch", "--quiet", "--detach");
  expect(await readHeadFile(scene.gitDir)).toEqual({ kind: "oid", oid: await scene.sha("main") });
  await expect(readHeadFile(join(scene.root, "gone"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("the tips of a branch's own work are remembered as git logs them", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  const tips: string[] = [];
  const noteTip = async (): Promise<void> => void tips.unshift(await scene.sha("api/été"));
  await scene.git("switch", "--quiet", "-c", "api/été");
  await scene.git("commit", "--quiet", "--allow-empty", "-m", "One");
  await noteTip();
  await scene.git("commit", "--quiet", "--allow-empty", "--amend", "-m", "One, again");
  await noteTip();
  await scene.git("switch", "--quiet", "main");
  await scene.commit("main");
  await scene.git("reset", "--quiet", "--hard");
  await scene.git("rebase", "--quiet", "main", "api/été");
  await noteTip();
  await scene.git("reset", "--quiet", "--hard", "main");
  expect(await readOwnTips(scene.gitDir, "api/été")).toEqual(tips);
  expect(await readOwnTips(scene.gitDir, "no/such")).toEqual([]);
  expect(await readOwnTips(scene.gitDir, "api")).toEqual([]);
});

test("of a long log the newest part is read", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  const oid = (index: number): string => index.toString(16).padStart(40, "0");
  const lines = Array.from(
    { length: 2_000 },
    (_, index) =>
      `${oid(index)} ${oid(index + 1)} Ada <ada@example.com> 1700000000 +0000\tcommit: ${index}\n`,
  );
  await mkdir(join(scene.gitDir, "logs", "refs", "heads"), { recursive: true });
  await writeFile(join(scene.gitDir, "logs", "refs", "heads", "long"), lines.join(""));
  const tips = await readOwnTips(scene.gitDir, "long");
  expect(tips.slice(0, 2)).toEqual([oid(2_000), oid(1_999)]);
  expect(tips.length).toBeGreaterThan(400);
  expect(new Set(tips)).toEqual(new Set(tips.map((_, index) => oid(2_000 - index))));
});
