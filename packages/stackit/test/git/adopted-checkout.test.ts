import { chown, readFile, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { AdoptedCheckout } from "../../src/repos/adopted-checkout.ts";
import { mirrorFailure } from "../../src/sync/mirror-target.ts";
import { type AdoptedScene, adoptedScene, filesOf } from "../support/adopted-scene.ts";
import { fingerprintTree } from "../support/fingerprint-tree.ts";

const headFile = ({ clone }: AdoptedScene) => readFile(join(clone, ".git", "HEAD"), "utf8");

async function expectFollows({ clone, upstream, refsOf }: AdoptedScene): Promise<void> {
  expect(await refsOf(clone)).toBe(await refsOf(upstream.path));
}

test("a clone that is handed over follows its remote, and nothing but branches and HEAD changes in it", async () => {
  await using scene = await adoptedScene();
  const { clone, upstream } = scene;
  const files = await filesOf(clone);
  const head = await scene.git("rev-parse", "HEAD");
  const others = await scene.git("for-each-ref", "refs/remotes", "refs/tags");
  expect(await scene.refresh()).toMatchObject({ outcome: "updated", generation: 1 });
  expect(await headFile(scene)).toBe(`${head}\n`);
  await expectFollows(scene);

  await upstream.commit("main");
  await upstream.amend("api", "Another word");
  await upstream.git("branch", "-D", "ui");
  await upstream.git("branch", "ui/next", "api");
  expect((await scene.refresh()).refs).toMatchObject({ created: 1, deleted: 1, updated: 2 });
  await expectFollows(scene);
  expect(await headFile(scene)).toBe(`${head}\n`);
  expect(await filesOf(clone)).toBe(files);
  expect(await scene.git("status", "--porcelain")).toBe("");
  expect(await scene.git("for-each-ref", "refs/remotes", "refs/tags")).toBe(others);
  expect(scene.kept).toEqual([]);
  await scene.git("fsck", "--strict", "--no-dangling");
  expect(scene.checkout.snapshot?.branches().map(({ name }) => name)).toEqual(["api", "ui/next"]);
});

test("upkeep tends the mirror and leaves the clone as it is", async () => {
  await using scene = await adoptedScene();
  const signal = AbortSignal.timeout(60_000);
  expect(await scene.checkout.maintain({ signal })).toBeUndefined();
  await scene.refresh();
  const before = await fingerprintTree(scene.clone);
  expect((await scene.checkout.maintain({ signal }))?.steps).toEqual(["commit-graph"]);
  expect(await fingerprintTree(scene.clone)).toBe(before);
  await scene.upstream.commit("ui");
  expect((await scene.refresh()).outcome).toBe("updated");
  await expectFollows(scene);
});

test("an unchanged refresh costs one request and no process", async () => {
  await using scene = await adoptedScene();
  await scene.refresh();
  // Whether something has landed is asked behind the first snapshot.
  await scene.checkout.settled();
  scene.spawner.take();
  const asked = scene.host.requests.length;
  expect(await scene.refresh()).toMatchObject({ outcome: "unchanged", generation: 1 });
  expect(scene.spawner.take().commands).toEqual([]);
  expect(scene.host.requests.length - asked).toBe(1);
});

/** What stands in the way, how it came about, and how a person mends it. */
const obstacles: Record<
  string,
  [says: RegExp, make: (scene: AdoptedScene) => unknown, mend: (scene: AdoptedScene) => unknown]
> = {
  "a changed file": [
    /uncommitted changes \(files: 1 changed\)/,
    ({ clone }) => writeFile(join(clone, "a.txt"), "three\n"),
    ({ git }) => git("checkout", "--", "a.txt"),
  ],
  "a staged file": [
    /uncommitted changes \(files: 1 changed\)/,
    async ({ clone, git }) => {
      await writeFile(join(clone, "a.txt"), "three\n");
      await git("add", "a.txt");
    },
    ({ git }) => git("reset", "--hard", "--quiet"),
  ],
  "a file that git does not know": [
    /files: 1 that git does not know/,
    ({ clone }) => writeFile(join(clone, "new.txt"), "mine\n"),
    ({ git }) => git("stash", "--include-untracked", "--quiet"),
  ],
  "a merge with conflicts": [
    /in the middle of a merge/,
    async ({ clone, git }) => {
      await git("switch", "--quiet", "--create", "left");
      await writeFile(join(clone, "a.txt"), "left\n");
      await git("commit", "--quiet", "--all", "-m", "Left");
      await git("switch", "--quiet", "--create", "right", "main");
      await writeFile(join(clone, "a.txt"), "right\n");
      await git("commit", "--quiet", "--all", "-m", "Right");
      await git("merge", "left").catch(() => {});
    },
    ({ git }) => git("merge", "--abort"),
  ],
  "a rebase that has not ended": [
    /in the middle of a rebase/,
    async ({ clone, git }) => {
      await git("switch", "--quiet", "--create", "mine", "main");
      await writeFile(join(clone, "a.txt"), "mine\n");
      await git("commit", "--quiet", "--all", "-m", "Mine");
      await git("rebase", "--force-rebase", "--exec", "false", "main").catch(() => {});
    },
    ({ git }) => git("rebase", "--abort"),
  ],
  "a bisection": [
    /in the middle of a bisection/,
    ({ git }) => git("bisect", "start"),
    ({ git }) => git("bisect", "reset"),
  ],
  "a linked worktree": [
    /has linked worktrees/,
    ({ git }) => git("worktree", "add", "--quiet", "--detach", "../linked"),
    ({ git }) => git("worktree", "remove", "../linked"),
  ],
  "a git at work": [
    /a git is at work in it, or was killed/i,
    ({ clone }) => writeFile(join(clone, ".git/index.lock"), ""),
    ({ clone }) => rm(join(clone, ".git/index.lock")),
  ],
  "no commit": [
    /has no commit checked out/,
    ({ git }) => git("symbolic-ref", "HEAD", "refs/heads/nowhere"),
    ({ git }) => git("symbolic-ref", "HEAD", "refs/heads/main"),
  ],
  "a linked worktree's .git file": [
    /a linked worktree or a submodule/,
    async ({ clone, git }) => {
      await git("init", "--quiet", "--separate-git-dir", "../elsewhere.git");
      expect(await readFile(join(clone, ".git"), "utf8")).toMatch(/^gitdir: /);
    },
    async ({ clone, upstream }) => {
      await rm(join(clone, ".git"));
      await rename(join(upstream.root, "elsewhere.git"), join(clone, ".git"));
    },
  ],
  "branches shared with another clone": [
    /of another repository, by symbolic links/,
    async ({ clone, upstream }) => {
      await rename(join(clone, ".git/refs"), join(upstream.root, "refs"));
      await symlink(join(upstream.root, "refs"), join(clone, ".git/refs"));
    },
    async ({ clone, upstream }) => {
      await rm(join(clone, ".git/refs"));
      await rename(join(upstream.root, "refs"), join(clone, ".git/refs"));
    },
  ],
  "a shallow clone": [
    /a shallow clone/,
    async ({ clone, host, upstream }) => {
      await upstream.commit("main");
      await rm(clone, { recursive: true });
      await upstream.gitIn(upstream.root, "clone", "--quiet", "--depth=1", `${host.url}/repo.git`, clone);
    },
    ({ git }) => git("fetch", "--quiet", "--unshallow"),
  ],
  "a partial clone": [
    /a partial clone/,
    ({ git }) => git("config", "remote.origin.promisor", "true"),
    ({ git }) => git("config", "--unset", "remote.origin.promisor"),
  ],
  "borrowed objects": [
    /borrows objects/,
    async ({ clone, host, upstream }) => {
      await rm(clone, { recursive: true });
      const { root, path } = upstream;
      await upstream.gitIn(root, "clone", "--quiet", "--reference", path, `${host.url}/repo.git`, clone);
    },
    async ({ clone, git }) => {
      await git("repack", "-a", "-d", "--quiet");
      await rm(join(clone, ".git/objects/info/alternates"));
    },
  ],
  "files elsewhere": [
    /its files lie elsewhere/,
    ({ git, upstream }) => git("config", "core.worktree", upstream.root),
    ({ clone }) =>
      readFile(join(clone, ".git/config"), "utf8").then((text) =>
        writeFile(join(clone, ".git/config"), text.replace(/^\tworktree = .*\n/m, "")),
      ),
  ],
  "no remote": [
    /has no remote/,
    ({ git }) => git("remote", "remove", "origin"),
    ({ git, host }) => git("remote", "add", "elsewhere", `${host.url}/repo.git`),
  ],
  "several remotes": [
    /several remotes/,
    async ({ git }) => {
      await git("remote", "rename", "origin", "one");
      await git("remote", "add", "two", "https://git.example.com/a/b.git");
    },
    ({ git }) => git("remote", "rename", "one", "origin"),
  ],
  "a password in the remote's URL": [
    /URL of its remote holds a user or a password; leave them out/,
    ({ git }) => git("remote", "set-url", "origin", "https://robin:s3cret@git.example.com/a/b.git"),
    ({ git, host }) => git("remote", "set-url", "origin", `${host.url}/repo.git`),
  ],
  "a remote on the disk": [
    /URL of its remote is no URL/,
    ({ git, upstream }) => git("remote", "set-url", "origin", upstream.path),
    ({ git, host }) => git("remote", "set-url", "origin", `${host.url}/repo.git`),
  ],
};

if (process.getuid?.() === 0) {
  obstacles["another owner"] = [
    /belongs to another user/,
    ({ clone }) => chown(join(clone, ".git"), 12345, 12345),
    ({ clone }) => chown(join(clone, ".git"), 0, 0),
  ];
}

for (const [name, [says, make, mend]] of Object.entries(obstacles)) {
  test(`${name} is refused, nothing is changed, and once it is mended by hand the next refresh works`, async () => {
    await using scene = await adoptedScene();
    await make(scene);
    const before = await fingerprintTree(scene.clone);
    const asked = scene.host.requests.length;
    const failure = await scene.refresh().then(() => undefined, mirrorFailure);
    expect(failure).toMatchObject({ code: "sync/checkout-refused", message: expect.stringMatching(says) });
    expect(failure?.message).not.toMatch(/s3cret|\/old|example\.com/);
    expect(await fingerprintTree(scene.clone)).toBe(before);
    expect(scene.host.requests.length).toBe(asked);
    expect(scene.checkout.snapshot).toBeUndefined();
    await mend(scene);
    expect(await scene.refresh()).toMatchObject({ outcome: "updated" });
    await expectFollows(scene);
  });
}

test("what the clone has and its remote has not is kept under its name, and nothing else is", async () => {
  await using scene = await adoptedScene();
  const { git, clone, upstream } = scene;
  await git("branch", "behind", "main");
  await git("switch", "--quiet", "--create", "topic");
  await git("commit", "--quiet", "--allow-empty", "-m", "Never pushed");
  await git("branch", "twin");
  await git("update-ref", "refs/stackit/metadata/topic", await git("hash-object", "-w", "a.txt"));
  await git("update-ref", "refs/branch-metadata/topic", "HEAD");
  await writeFile(join(clone, "a.txt"), "put aside\n");
  await git("stash", "--quiet");
  const [topic, stash] = [await git("rev-parse", "topic"), await git("rev-parse", "refs/stash")];
  const record = await git("rev-parse", "refs/stackit/metadata/topic");
  await scene.refresh();
  await expectFollows(scene);
  const found = (await git("for-each-ref", "--format=%(refname) %(objectname)", "refs/stackit-found")).split(
    "\n",
  );
  expect(found.map((line) => line.replace(/\/\d{8}T\d{9}Z\//, "/<time>/"))).toEqual([
    `refs/stackit-found/<time>/heads/topic ${topic}`,
    `refs/stackit-found/<time>/heads/twin ${topic}`,
    `refs/stackit-found/<time>/stackit/metadata/topic ${record}`,
  ]);
  expect([...scene.kept].sort()).toEqual(found.map((line) => line.split(" ")[0]));
  expect(await git("rev-parse", "HEAD", "refs/stash", "refs/branch-metadata/topic")).toBe(
    `${topic}\n${stash}\n${topic}`,
  );

  // What the remote itself takes back later was never anybody's here, whoever runs by then.
  await upstream.amend("ui", "Another word");
  await using later = scene.reopen();
  await later.refresh({ signal: AbortSignal.timeout(60_000), confirmed: new Set(), expected: [] });
  await expectFollows(scene);
  expect(scene.kept).toHaveLength(3);
});

test("a branch that somebody makes in it later is kept as well when it goes", async () => {
  await using scene = await adoptedScene();
  await scene.refresh();
  await scene.git("switch", "--quiet", "--create", "topic");
  await scene.git("commit", "--quiet", "--allow-empty", "-m", "Never pushed");
  const topic = await scene.git("rev-parse", "topic");
  expect(await scene.refresh()).toMatchObject({ outcome: "unchanged" });
  await expectFollows(scene);
  expect(await headFile(scene)).toBe(`${topic}\n`);
  expect(scene.kept).toEqual([expect.stringMatching(/^refs\/stackit-found\/\w+\/heads\/topic$/)]);
});

test("a branch that somebody makes without checking it out is noticed and kept too", async () => {
  await using scene = await adoptedScene();
  await scene.refresh();
  const stray = await scene.git("commit-tree", "-m", "Never pushed", "-p", "HEAD", "HEAD^{tree}");
  await scene.git("branch", "stray", stray);
  expect(await scene.refresh()).toMatchObject({ outcome: "unchanged" });
  await expectFollows(scene);
  expect(await scene.git("rev-parse", scene.kept[0] ?? "")).toBe(stray);
});

test("who checks a branch out again is noticed: the same conditions hold before anything is written", async () => {
  await using scene = await adoptedScene();
  const { git, clone, upstream } = scene;
  await scene.refresh();
  await git("switch", "--quiet", "ui");
  await writeFile(join(clone, "a.txt"), "half a thought\n");
  await upstream.commit("ui");
  const before = await fingerprintTree(clone);
  await expect(scene.refresh()).rejects.toThrow(/uncommitted changes/);
  expect(await fingerprintTree(clone)).toBe(before);
  expect(scene.checkout.snapshot?.generation).toBe(1);

  await git("stash", "--quiet");
  const ui = await git("rev-parse", "HEAD");
  expect(await scene.refresh()).toMatchObject({ outcome: "updated" });
  await expectFollows(scene);
  expect(await headFile(scene)).toBe(`${ui}\n`);
  expect(await git("status", "--porcelain")).toBe("");
});

test("changes that came after the hand-over are seen before the next fetch is handed over", async () => {
  await using scene = await adoptedScene();
  await scene.refresh();
  await writeFile(join(scene.clone, "a.txt"), "half a thought\n");
  await scene.upstream.commit("ui");
  const refs = await scene.refsOf(scene.clone);
  await expect(scene.refresh()).rejects.toThrow(/uncommitted changes/);
  expect(await scene.refsOf(scene.clone)).toBe(refs);
  expect(scene.checkout.snapshot?.generation).toBe(1);
  await scene.git("checkout", "--", "a.txt");
  expect(await scene.refresh()).toMatchObject({ outcome: "updated", generation: 2 });
  await expectFollows(scene);
});

/** Somebody's hands in the clone between two of our steps: before the process that copies objects into it. */
function meanwhile(scene: AdoptedScene, act: () => Promise<unknown>): void {
  const spawn = scene.spawner.spawn.bind(scene.spawner);
  scene.spawner.spawn = async (request) => {
    if (request.env.GIT_ALLOW_PROTOCOL === "file") {
      scene.spawner.spawn = spawn;
      await act();
    }
    return spawn(request);
  };
}

test("who checks a branch out while it is handed over keeps it as it was, and the next refresh asks anew", async () => {
  await using scene = await adoptedScene();
  await scene.refresh();
  await scene.upstream.commit("main");
  const main = await scene.git("rev-parse", "main");
  meanwhile(scene, () => scene.git("switch", "--quiet", "main"));
  await expect(scene.refresh()).rejects.toMatchObject({ name: "CheckoutRefusedError", passes: true });
  expect(await scene.git("symbolic-ref", "HEAD")).toBe("refs/heads/main");
  expect(await scene.git("rev-parse", "main")).toBe(main);
  expect(await scene.git("status", "--porcelain")).toBe("");
  expect(await scene.refresh()).toMatchObject({ outcome: "updated" });
  await expectFollows(scene);
});

test("a commit that somebody makes while it is handed over is not moved away", async () => {
  await using scene = await adoptedScene();
  await scene.refresh();
  await scene.upstream.commit("ui");
  let mine = "";
  meanwhile(scene, async () => {
    mine = await scene.git("commit-tree", "-m", "Mine", "-p", "ui", "ui^{tree}");
    await scene.git("update-ref", "refs/heads/ui", mine);
  });
  const failure = await scene.refresh().then(() => undefined, mirrorFailure);
  expect(failure).toMatchObject({ code: "sync/unreadable", retryable: true });
  expect(await scene.git("rev-parse", "ui")).toBe(mine);
  await scene.refresh();
  await expectFollows(scene);
  expect(await scene.git("rev-parse", scene.kept[0] ?? "")).toBe(mine);
});

test("a lock that this server left when it was killed is removed once it is old, and nobody else's ever", async () => {
  await using scene = await adoptedScene();
  const lock = join(scene.clone, ".git/HEAD.lock");
  const longAgo = new Date(Date.now() - 120_000);
  for (const [text, at] of [
    ["", longAgo],
    ["held by stackit\n", new Date()],
  ] as const) {
    await writeFile(lock, text);
    await utimes(lock, at, at);
    await expect(scene.refresh()).rejects.toMatchObject({ passes: true });
    expect(await readFile(lock, "utf8")).toBe(text);
  }
  await utimes(lock, longAgo, longAgo);
  const ofOurGit = join(scene.clone, ".git/refs/heads/ui.lock");
  await writeFile(ofOurGit, "");
  await utimes(ofOurGit, longAgo, longAgo);
  expect(await scene.refresh()).toMatchObject({ outcome: "updated" });
  await expectFollows(scene);
});

test("a clone that is served in another way too is not touched", async () => {
  await using scene = await adoptedScene();
  const before = await fingerprintTree(scene.clone);
  await using twice = scene.reopen({ isServedElsewhere: (gitDir) => gitDir === join(scene.clone, ".git") });
  const work = { signal: AbortSignal.timeout(60_000), confirmed: new Set<string>(), expected: [] };
  await expect(twice.refresh(work)).rejects.toThrow(/served a second time/);
  expect(await fingerprintTree(scene.clone)).toBe(before);
});

test("another URL is followed while nothing was served, and asks for a restart afterwards", async () => {
  await using scene = await adoptedScene();
  const right = `${scene.host.url}/repo.git`;
  await scene.git("remote", "set-url", "origin", `${scene.host.url}/missing.git`);
  const failure = await scene.refresh().then(() => undefined, mirrorFailure);
  expect(failure?.code).toBe("sync/remote-not-found");
  expect(await scene.git("symbolic-ref", "HEAD")).toBe("refs/heads/main");
  await scene.git("remote", "set-url", "origin", right);
  expect(await scene.refresh()).toMatchObject({ outcome: "updated" });
  await scene.git("remote", "set-url", "origin", `${scene.host.url}/other.git`);
  await expect(scene.refresh()).rejects.toThrow(/Restart the server/);
});

test("probes beside a run disturb neither it nor the checkout", async () => {
  await using scene = await adoptedScene();
  const { upstream, checkout } = scene;
  const probe = () => checkout.probe(AbortSignal.timeout(60_000));
  const probes = () => Promise.all([probe(), probe(), probe()]);
  const [first] = await Promise.all([scene.refresh(), probes()]);
  expect(first.outcome).toBe("updated");
  for (let push = 0; push < 3; push++) {
    await upstream.commit("ui");
    const [run] = await Promise.all([scene.refresh(), probes(), probes()]);
    expect(run.outcome).toBe("updated");
    expect(await scene.refsOf(scene.clone)).toBe(await scene.refsOf(upstream.path));
  }
});

test("of two who are to take the same clone over, neither does", async () => {
  await using scene = await adoptedScene();
  const all: AdoptedCheckout[] = [];
  const isServedElsewhere = (self: number) => (gitDir: string) =>
    all.some((other, index) => index !== self && other.gitDir === gitDir);
  for (const self of [0, 1]) all.push(scene.reopen({ isServedElsewhere: isServedElsewhere(self) }));
  const signal = AbortSignal.timeout(60_000);
  for (const one of all) await one.open(signal);
  const before = await fingerprintTree(scene.clone);
  for (const one of all) {
    const run = one.refresh({ signal, confirmed: new Set(), expected: [] });
    await expect(run).rejects.toThrow(/served a second time/);
  }
  expect(await fingerprintTree(scene.clone)).toBe(before);
  for (const one of all) await one[Symbol.asyncDispose]();
});
