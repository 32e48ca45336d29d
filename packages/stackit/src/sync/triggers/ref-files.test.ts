import { join } from "node:path";
import { expect, test } from "vitest";
import { concernsRefs, isFolderItself } from "./ref-files.ts";

const dir = join("/", "repo", ".git");

test.each([
  "HEAD",
  "packed-refs",
  "config",
  "config.worktree",
  "shallow",
  ".graphite_repo_config",
  "gh-stack",
  "machete",
  "av",
  "av/av.db",
  "refs",
  "refs/heads",
  "refs/heads/main",
  "refs/heads/team/robin/topic",
  "refs/heads/lock",
  "refs/remotes/origin/HEAD",
  "refs/stackit",
  "refs/stackit/metadata/topic",
  "refs/stackit/local-metadata/topic",
  "refs/stackit/stacks/one",
  "refs/branch-metadata",
  "refs/branch-metadata/topic",
  "refs/spice",
  "refs/spice/data",
  "reftable/0x000000000001-0x000000000002-abcdef.ref",
  "reftable/tables.list",
  "worktrees",
  "worktrees/topic",
  "worktrees/topic/HEAD",
  "worktrees/topic/reftable/tables.list",
])("%s can change what is shown (B43)", (path) => {
  expect(concernsRefs(dir, join(dir, path))).toBe(true);
});

test.each([
  "index",
  "index.lock",
  "HEAD.lock",
  "packed-refs.lock",
  "packed-refs.new",
  "config.lock",
  "refs/heads/main.lock",
  "refs/tags",
  "refs/tags/v1",
  "refs/stash",
  "refs/notes/commits",
  "refs/headstrong/x",
  "refs/stackit/other/x",
  "FETCH_HEAD",
  "ORIG_HEAD",
  "MERGE_HEAD",
  "COMMIT_EDITMSG",
  "gc.pid",
  "av/av.db.tmp",
  "machete~",
  "logs/HEAD",
  "objects/pack/tmp_pack_x",
  "rebase-merge/done",
  "worktrees/topic/index",
  "worktrees/topic/ORIG_HEAD",
  "worktrees/topic/HEAD.lock",
  "worktrees/topic/logs/HEAD",
  "worktrees/topic/refs/bisect/bad",
  "worktrees/topic/rebase-merge/HEAD",
  "",
  "../refs/heads/main",
  "../HEAD",
])("%s cannot", (path) => {
  expect(concernsRefs(dir, join(dir, path))).toBe(false);
});

test("the folder goes with its HEAD", () => {
  expect(["", "HEAD"].map((path) => isFolderItself(dir, join(dir, path)))).toEqual([true, true]);
  expect(
    ["refs", "HEAD.lock", "worktrees/x/HEAD"].map((path) => isFolderItself(dir, join(dir, path))),
  ).toEqual([false, false, false]);
});
