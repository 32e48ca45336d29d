import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fingerprintTree } from "../support/fingerprint-tree.ts";
import { TOKEN } from "../support/forge-world.ts";
import { type ServedFolders, serveFolders } from "../support/served-folders.ts";
import {
  actionsOf,
  planOf,
  post,
  type SubmitWorld,
  submitWorld,
  threeStacked,
} from "../support/submit-world.ts";

interface Clone extends AsyncDisposable {
  readonly path: string;
  git(...args: string[]): Promise<string>;
  sha(revision: string): Promise<string>;
  /** All that a submit must leave alone: files, index, HEADs, configuration. */
  untouched(): Promise<unknown>;
}

/** Of the widget, with its branches and what Stackit keeps of them, and `main` checked out. */
async function cloneOf({ upstream }: SubmitWorld): Promise<Clone> {
  const folder = await mkdtemp(join(tmpdir(), "stackit-clone-"));
  const path = join(folder, "clone");
  const git = (...args: string[]) => upstream.scene.gitIn(path, ...args);
  await upstream.scene.gitIn(folder, "clone", "--quiet", upstream.scene.path, path);
  await git(
    "fetch",
    "--quiet",
    "origin",
    "refs/heads/*:refs/heads/*",
    "refs/stackit/*:refs/stackit/*",
    "--update-head-ok",
  );
  await git("remote", "set-url", "origin", `${upstream.host.url}/octo/widget.git`);
  await git("config", "user.name", "Ada Clone");
  await git("config", "user.email", "ada@example.com");
  return {
    path,
    git,
    sha: (revision) => git("rev-parse", revision),
    async untouched() {
      const all = await fingerprintTree(path);
      return all
        .split("\n")
        .filter((line) => !/^\.\/\.git(\/ |\/(objects|refs|logs|packed-refs))/.test(line));
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function serve({ upstream, github }: SubmitWorld, { path }: Clone): Promise<ServedFolders> {
  return serveFolders([{ kind: "working-copy", id: "default", path }], {
    submitsWithoutPauses: true,
    github: { url: new URL(upstream.host.url), apiUrl: github.apiUrl, personalToken: TOKEN },
  });
}

const inClone = { repo: "default" };

test("a clone's branches are restacked, pushed and tracked, while files, index and HEAD stay as they are", async () => {
  await using world = await submitWorld(threeStacked);
  await using clone = await cloneOf(world);
  await clone.git("switch", "--quiet", "api");
  await clone.git("commit", "--quiet", "--allow-empty", "--amend", "-m", "Add the API, better");
  await clone.git("switch", "--quiet", "main");
  await using served = await serve(world, clone);
  const before = await clone.untouched();
  const plan = await planOf(served, "api", "default");
  expect(actionsOf(plan)).toEqual([
    "create api into main",
    "restack and create ui into api",
    "restack and create docs into ui",
  ]);
  expect(await clone.untouched()).toEqual(before);

  const { body } = await post(served, "api", { plan: plan.id }, inClone);
  expect(body).toMatchObject({ outcome: "submitted" });
  expect(await clone.untouched()).toEqual(before);
  for (const branch of ["api", "ui", "docs"]) {
    const tip = await clone.sha(branch);
    expect([branch, await clone.sha(`origin/${branch}`), await world.tip(branch)]).toEqual([
      branch,
      tip,
      tip,
    ]);
  }
  expect(await clone.sha("docs~2")).toBe(await clone.sha("api"));
  expect(await clone.git("log", "-1", "--format=%an|%cn <%ce>|%s", "ui")).toBe(
    "Robin Tester|Ada Clone <ada@example.com>|Show it",
  );
  expect(await clone.git("reflog", "-1", "--format=%gs", "ui")).toBe("stackit: submit");
  expect(await clone.git("fsck", "--no-dangling")).toBe("");
  const noted = JSON.parse(await clone.git("cat-file", "blob", "refs/stackit/metadata/ui"));
  expect(noted).toMatchObject({ parentBranchRevision: await clone.sha("api"), prInfo: { number: 2 } });
  expect(await clone.sha("refs/stackit/metadata/ui")).toBe(
    (await world.upstream.scene.git("rev-parse", "refs/stackit/metadata/ui")).trim(),
  );
});

test("a branch that is checked out anywhere, or being rebased, is held and never moved", async () => {
  await using world = await submitWorld(threeStacked);
  await using clone = await cloneOf(world);
  await clone.git("switch", "--quiet", "api");
  await clone.git("commit", "--quiet", "--allow-empty", "-m", "One more");
  await clone.git("worktree", "add", "--quiet", join(clone.path, "..", "other"), "ui");
  await using served = await serve(world, clone);
  const before = await clone.untouched();
  const plan = await planOf(served, "api", "default");
  expect(actionsOf(plan)).toEqual([
    "create api into main",
    "restack and cannot ui into api (held)",
    "restack and cannot docs into ui (below)",
  ]);
  expect(plan.branches[1]?.reason?.command).toMatch(/^git rebase --onto api [0-9a-f]{12} ui$/);
  const [ui, docs] = [await clone.sha("ui"), await clone.sha("docs")];
  const { body } = await post(served, "api", { plan: plan.id }, inClone);
  expect(body.branches.map(({ name, state }) => `${name} ${state}`)).toEqual([
    "api done",
    "ui skipped",
    "docs skipped",
  ]);
  expect([await clone.sha("ui"), await clone.sha("docs")]).toEqual([ui, docs]);
  expect(await clone.untouched()).toEqual(before);
});

test("what somebody else pushed is never overwritten, though it was fetched", async () => {
  await using world = await submitWorld(threeStacked);
  await using clone = await cloneOf(world);
  await world.upstream.scene.commit("ui", { message: "Of somebody else" });
  await clone.git("commit", "--quiet", "--allow-empty", "-m", "nothing");
  await using served = await serve(world, clone);
  const unseen = await planOf(served, "api", "default");
  expect(actionsOf(unseen)[1]).toBe("cannot ui into api (remote-moved)");
  await clone.git("fetch", "--quiet", world.upstream.scene.path, "+refs/heads/*:refs/remotes/origin/*");
  expect(actionsOf(await planOf(served, "api", "default"))[1]).toBe("cannot ui into api (remote-moved)");
  await clone.git("update-ref", "refs/heads/ui", "refs/remotes/origin/ui");
  expect(actionsOf(await planOf(served, "api", "default"))).toEqual([
    "create api into main",
    "create ui into api",
    "restack and create docs into ui",
  ]);
});

test("a push that is refused leaves the clone's branches as they were", async () => {
  await using world = await submitWorld(threeStacked);
  await using clone = await cloneOf(world);
  await clone.git("switch", "--quiet", "api");
  await clone.git("commit", "--quiet", "--allow-empty", "-m", "One more");
  await using served = await serve(world, clone);
  const before = await clone.git("rev-parse", "api", "ui", "docs");
  await world.protect("docs", "GH006: Protected branch update failed.");
  const { body } = await post(served, "api", {}, inClone);
  expect(body).toMatchObject({ outcome: "failed", error: { code: "submit/push-refused" } });
  expect(body.error?.detail).toContain("GH006: Protected branch update failed.");
  expect(await clone.git("rev-parse", "api", "ui", "docs")).toBe(before);
  expect(world.widget.pullRequests).toEqual([]);
  await world.protect("nothing", "");
  expect((await post(served, "api", {}, inClone)).body).toMatchObject({ outcome: "submitted" });
});

test("a branch on commits of the trunk that were never pushed is not submitted with these as its own", async () => {
  await using world = await submitWorld((s) => s.commit("main"));
  await using clone = await cloneOf(world);
  await clone.git("commit", "--quiet", "--allow-empty", "-m", "By mistake on main");
  await clone.git("switch", "--quiet", "--create", "api");
  await clone.git("commit", "--quiet", "--allow-empty", "-m", "Add the API");
  await using served = await serve(world, clone);
  const plan = await planOf(served, "api", "default");
  expect(actionsOf(plan)).toEqual(["cannot api into main (unborn-parent)"]);
  expect(plan.branches[0]?.reason?.detail).toContain("commits of main that the remote does not have");
  // Also while the remote is where this clone has never been.
  await world.upstream.scene.git("branch", "--quiet", "before", "main");
  await world.upstream.scene.commit("main", { message: "Of somebody else" });
  expect(actionsOf(await planOf(served, "api", "default"))).toEqual(["cannot api into main (unborn-parent)"]);
  await world.upstream.scene.git("branch", "--quiet", "--force", "main", "before");
  await clone.git("push", "--quiet", world.upstream.scene.path, "main");
  expect(actionsOf(await planOf(served, "api", "default"))).toEqual(["create api into main"]);
});

test("a branch whose name is no UTF-8 is not submitted, and what stands beside it is", async () => {
  await using world = await submitWorld((s) => {
    s.commit("main");
    s.stacked("api", "main", { message: "Add the API" });
  });
  await using clone = await cloneOf(world);
  await clone.git("switch", "--quiet", "--detach", "api");
  await clone.git("commit", "--quiet", "--allow-empty", "-m", "On top");
  const file = Buffer.concat([
    Buffer.from(join(clone.path, ".git", "refs", "heads", "caf")),
    Buffer.from([0xe9]),
  ]);
  await writeFile(file, `${await clone.sha("HEAD")}\n`);
  await clone.git("switch", "--quiet", "main");
  await using served = await serve(world, clone);
  const plan = await planOf(served, "api", "default");
  expect(actionsOf(plan)).toEqual(["create api into main", "cannot caf\\xe9 into api (name)"]);
  expect((await post(served, "api", { plan: plan.id }, inClone)).body.outcome).toBe("submitted");
  expect(world.widget.pullRequests.map(({ head }) => head)).toEqual(["api"]);
});
