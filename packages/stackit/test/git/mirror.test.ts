import { mkdir, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FetchProgress } from "../../src/git/fetch-progress.ts";
import { fixedCredentials } from "../../src/git/remote-credentials.ts";
import { RefLooker } from "../../src/git/wire/ls-refs.ts";
import { RemoteError } from "../../src/git/wire/remote-failure.ts";
import { Mirror } from "../../src/repos/mirror.ts";
import type { MirrorOptions } from "../../src/repos/mirror-options.ts";
import { mirrorFailure } from "../../src/sync/mirror-target.ts";
import {
  askForCredentials,
  cut,
  on,
  redirect,
  refuse,
  speakOldProtocol,
} from "../support/git-host-behaviours.ts";
import { type MirroredScene, mirroredScene } from "../support/mirrored-scene.ts";
import { RecordingSpawner } from "../support/recording-spawner.ts";
import type { SceneWriter } from "../support/scene-import.ts";
import { testGit } from "../support/test-git.ts";

const stack = (options: Partial<MirrorOptions> = {}) =>
  mirroredScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  }, options);

async function expectEqual({ refsOf, upstream, dir }: MirroredScene): Promise<void> {
  expect(await refsOf(dir)).toBe(await refsOf(upstream.path));
}

test("a first refresh brings everything, and what is shown is the remote's stacks", async () => {
  await using scene = await stack();
  const run = await scene.refresh();
  expect(run).toMatchObject({ outcome: "updated", generation: 1, stacks: { created: ["api"] } });
  await expectEqual(scene);
  expect(scene.mirror.snapshot?.trunk).toBe("main");
  expect(scene.mirror.snapshot?.notes).toEqual([]);
  expect(scene.mirror.snapshot?.currentBranch).toBe("");
  expect(scene.mirror.snapshot?.branches().map(({ name, linesAdded }) => [name, linesAdded])).toEqual([
    ["api", 1],
    ["ui", 1],
  ]);
  expect((await readdir(scene.dir)).includes("index")).toBe(false);
});

test("a first refresh tells how far its fetch is, phase by phase, and later small ones say nothing", async () => {
  const files = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`file-${n}.txt`, `${n}\n`]));
  await using scene = await mirroredScene((s) => {
    s.commit("main", { files });
    s.stacked("ui", "main");
  });
  const told: FetchProgress[] = [];
  const onProgress = (progress: FetchProgress) => told.push(progress);
  await scene.refresh({ onProgress });
  const phases = [...new Set(told.map(({ phase }) => phase))];
  expect(phases.slice(0, 3)).toEqual(["counting", "compressing", "receiving"]);
  const done = told.findLast(({ phase }) => phase === "receiving");
  expect(done?.objects).toBeGreaterThan(200);
  expect(done?.totalObjects).toBe(done?.objects);
  expect(done?.bytes).toBeGreaterThan(0);

  told.length = 0;
  await scene.upstream.commit("ui");
  expect(await scene.refresh({ onProgress })).toMatchObject({ outcome: "updated" });
  expect(told).toEqual([]);
});

test("an unchanged refresh costs one request and no process, and publishes nothing (B46)", async () => {
  await using scene = await stack();
  await scene.refresh();
  // Whether something has landed is asked behind the first snapshot.
  await scene.mirror.settled();
  scene.spawner.take();
  const asked = scene.host.requests.length;
  expect(await scene.refresh()).toMatchObject({ outcome: "unchanged", generation: 1 });
  expect(scene.host.requests.length - asked).toBe(1);
  expect(scene.spawner.take().commands).toEqual([]);
  expect(scene.published).toHaveLength(1);
});

test("pushes, force-pushes, deletions and rewritten metadata are followed, and named as what they are (B16)", async () => {
  await using scene = await stack();
  await scene.refresh();
  const { upstream } = scene;
  await upstream.commit("ui");
  await upstream.amend("api", "Another word");
  await upstream.git("update-ref", "refs/heads/new", "main");
  await upstream.git("update-ref", "-d", "refs/stackit/metadata/ui");
  const { refs, outcome } = await scene.refresh();
  expect(outcome).toBe("updated");
  expect(refs.changes.map(({ ref, kind }) => `${kind} ${ref}`)).toEqual([
    "rewritten refs/heads/api",
    "created refs/heads/new",
    "forward refs/heads/ui",
    "deleted refs/stackit/metadata/ui",
  ]);
  await expectEqual(scene);
});

for (const packed of [false, true]) {
  test(`a branch gives way to one below its name and back, ${packed ? "packed" : "loose"} (B1)`, async () => {
    await using scene = await stack();
    await scene.refresh();
    const { upstream, dir } = scene;
    for (const [from, to] of [
      ["ui", "ui/next"],
      ["ui/next", "ui"],
    ] as const) {
      if (packed) await upstream.gitIn(dir, "pack-refs", "--all");
      await upstream.git("update-ref", "-d", `refs/heads/${from}`);
      await upstream.git("update-ref", `refs/heads/${to}`, "main");
      expect((await scene.refresh()).outcome).toBe("updated");
      await expectEqual(scene);
    }
  });
}

test("a renamed default branch is followed, and HEAD with it (B8)", async () => {
  await using scene = await stack();
  await scene.refresh();
  await scene.upstream.git("branch", "-m", "main", "trunk");
  for (const branch of ["api"]) await scene.upstream.metadata(branch, { parentBranchName: "trunk" });
  await scene.refresh();
  expect(await readFile(join(scene.dir, "HEAD"), "utf8")).toBe("ref: refs/heads/trunk\n");
  expect(scene.mirror.snapshot?.trunk).toBe("trunk");
});

test("a default branch that is deleted is followed, what stood on it stays shown, and so is the one that is chosen next", async () => {
  await using scene = await stack();
  const { upstream, mirror, dir } = scene;
  await scene.refresh();
  await upstream.git("branch", "next", "main");
  await upstream.git("update-ref", "-d", "refs/heads/main");
  // The remote still says that this is its default branch.
  expect(await scene.refresh()).toMatchObject({
    outcome: "updated",
    refs: {
      created: 1,
      deleted: 1,
      changes: [{ ref: "refs/heads/main", kind: "deleted" }, { ref: "refs/heads/next" }],
    },
  });
  await expectEqual(scene);
  expect(mirror.snapshot?.branches().map(({ name }) => name)).toEqual(["api", "next", "ui"]);
  expect(await scene.refresh()).toMatchObject({ outcome: "unchanged" });

  await upstream.git("symbolic-ref", "HEAD", "refs/heads/next");
  expect(await scene.refresh()).toMatchObject({ outcome: "updated" });
  expect(await readFile(join(dir, "HEAD"), "utf8")).toBe("ref: refs/heads/next\n");
  expect(mirror.snapshot?.trunk).toBe("next");
  expect(mirror.snapshot?.stackSummaries()).toMatchObject([{ rootBranch: "api", branchCount: 2 }]);
  expect(mirror.snapshot?.notes).toEqual([]);
  await upstream.commit("ui");
  expect(await scene.refresh()).toMatchObject({ outcome: "updated" });
  await expectEqual(scene);
});

test("an empty remote is a state, not an error, and its first push is seen (B9)", async () => {
  await using scene = await mirroredScene(undefined);
  expect((await scene.refresh()).outcome).toBe("updated");
  expect(scene.mirror.snapshot?.notes.map(({ code }) => code)).toEqual(["no-commits"]);
  expect((await scene.refresh()).outcome).toBe("unchanged");
  await scene.upstream.write((s) => s.commit("main"));
  expect((await scene.refresh()).outcome).toBe("updated");
  expect(scene.mirror.snapshot?.trunk).toBe("main");
});

test("an emptied remote is held, changes nothing, and goes through when a person confirms it (B10)", async () => {
  await using scene = await mirroredScene((s) => {
    s.commit("main");
    for (let branch = 0; branch < 12; branch++) s.stacked(`b${branch}`, "main");
  });
  await scene.refresh();
  const before = await scene.refsOf(scene.dir);
  await rm(join(scene.upstream.path, "refs"), { recursive: true });
  await rm(join(scene.upstream.path, "packed-refs"), { force: true });
  await mkdir(join(scene.upstream.path, "refs"));
  const held = await scene.refresh();
  expect(held.outcome).toBe("held");
  expect(held.hold).toMatchObject({ branchesBefore: 13, branchesAfter: 0 });
  expect(await scene.refsOf(scene.dir)).toBe(before);
  expect(scene.mirror.snapshot?.generation).toBe(1);
  expect((await scene.refresh({ confirmed: [held.hold?.id ?? ""] })).outcome).toBe("updated");
  expect(await scene.refsOf(scene.dir)).toBe("");
});

test("more changes than are worth naming arrive all the same", async () => {
  await using scene = await stack();
  await scene.refresh();
  const oid = await scene.upstream.sha("main");
  const many = Array.from(
    { length: 600 },
    (_, index) => `refs/heads/many/b${String(index).padStart(3, "0")}`,
  );
  await scene.upstream.git("pack-refs", "--all");
  const packed = join(scene.upstream.path, "packed-refs");
  const lines = (await readFile(packed, "utf8")).trimEnd().split("\n");
  const refs = [...lines.slice(1), ...many.map((ref) => `${oid} ${ref}`)].filter(
    (line) => !line.startsWith("^"),
  );
  refs.sort((a, b) => (a.slice(41) < b.slice(41) ? -1 : 1));
  await writeFile(packed, `${lines[0]}\n${refs.join("\n")}\n`);
  expect((await scene.refresh()).refs.created).toBe(600);
  await expectEqual(scene);
});

const failures: [
  name: string,
  status: number,
  headers: Record<string, string>,
  code: string,
  retryable: boolean,
][] = [
  ["wrong credentials", 401, { "www-authenticate": 'Basic realm="x"' }, "sync/auth-failed", false],
  ["no right to read", 403, {}, "sync/auth-failed", false],
  ["no such repository", 404, {}, "sync/remote-not-found", false],
  ["too many requests", 429, { "retry-after": "7" }, "sync/rate-limited", true],
  ["a quota that is used up", 403, { "retry-after": "60" }, "sync/rate-limited", true],
  ["a broken server", 500, {}, "sync/remote-error", true],
  ["a redirect", 301, { location: "http://127.0.0.1:1/elsewhere.git/info/refs" }, "sync/remote-error", true],
];

for (const [name, status, headers, code, retryable] of failures) {
  test(`${name} is told apart, changes nothing, and passes`, async () => {
    await using scene = await stack();
    await scene.refresh();
    await scene.upstream.commit("ui");
    scene.host.front = refuse(status, headers, "secret words of the host");
    const error = await scene.refresh().then(
      () => undefined,
      (thrown: unknown) => mirrorFailure(thrown),
    );
    expect(error).toMatchObject({ code, retryable });
    expect(error?.message).not.toMatch(/secret words|127\.0\.0\.1/);
    expect(scene.mirror.snapshot?.generation).toBe(1);
    scene.host.front = undefined;
    expect((await scene.refresh()).outcome).toBe("updated");
    await expectEqual(scene);
  });
}

test("a host that is not there, and an answer that is no Git host's, are told apart", async () => {
  await using scene = await stack();
  const closed = scene.reopen({ url: new URL("http://127.0.0.1:1/repo.git"), dir: `${scene.dir}-closed` });
  const work = () => ({ signal: AbortSignal.timeout(30_000), confirmed: new Set<string>(), expected: [] });
  await expect(
    closed.refresh(work()).catch((error) => Promise.reject(mirrorFailure(error))),
  ).rejects.toMatchObject({
    code: "sync/remote-unreachable",
    retryable: true,
  });
  scene.host.front = refuse(200, { "content-type": "text/html" }, "<h1>Welcome</h1>");
  await expect(scene.refresh().catch((error) => Promise.reject(mirrorFailure(error)))).rejects.toMatchObject({
    code: "sync/remote-error",
  });
  await closed[Symbol.asyncDispose]();
});

test("a remote that speaks only the old protocol is read through git", async () => {
  await using scene = await stack();
  scene.host.front = speakOldProtocol();
  expect((await scene.refresh()).outcome).toBe("updated");
  await expectEqual(scene);
  await scene.mirror.settled();
  scene.spawner.take();
  expect((await scene.refresh()).outcome).toBe("unchanged");
  expect(scene.spawner.take().commands).toEqual(["ls-remote"]);
});

test("a host that hangs is left at the deadline, and nothing of it remains (B20, B21)", async () => {
  await using scene = await stack();
  await scene.refresh();
  await scene.upstream.commit("ui");
  for (const ask of ["ls-refs", "fetch"] as const) {
    const deadline = new AbortController();
    scene.host.front = on(ask, () => {
      deadline.abort();
      return true;
    });
    await expect(scene.refresh({ signal: deadline.signal })).rejects.toThrow();
    scene.host.front = undefined;
  }
  expect(scene.mirror.snapshot?.generation).toBe(1);
  expect((await scene.refresh()).outcome).toBe("updated");
  await expectEqual(scene);
  expect((await readdir(join(scene.dir, "objects", "pack"))).filter((name) => name.includes("tmp"))).toEqual(
    [],
  );
});

test("a transfer that is cut in the midst of a pack changes nothing, and the next one heals it", async () => {
  await using scene = await stack();
  await scene.refresh();
  for (let index = 0; index < 20; index++)
    await scene.upstream.commit("ui", { files: { [`f${index}`]: "x".repeat(9_999) } });
  scene.host.front = on("fetch", cut(1_000));
  await expect(scene.refresh()).rejects.toThrow();
  scene.host.front = undefined;
  expect((await scene.refresh()).outcome).toBe("updated");
  await expectEqual(scene);
});

for (const command of ["unpack-objects", "rev-list", "update-ref", "diff-tree"]) {
  test(`a run that breaks off at ${command} changes nothing for readers, and the next one is whole`, async () => {
    await using scene = await stack();
    await scene.refresh();
    await scene.upstream.git("update-ref", "-d", "refs/heads/ui");
    await scene.upstream.commit("api");
    await scene.upstream.git("update-ref", "refs/heads/new", "main");
    scene.spawner.failNext = command;
    await expect(scene.refresh()).rejects.toThrow();
    expect(scene.published).toHaveLength(1);
    expect(scene.mirror.snapshot?.branch("ui")).toBeDefined();
    const run = await scene.refresh();
    expect(run.outcome).toBe("updated");
    expect(run.refs.changes.map(({ ref, kind }) => `${kind} ${ref}`)).toEqual([
      "forward refs/heads/api",
      "created refs/heads/new",
      "deleted refs/heads/ui",
    ]);
    await expectEqual(scene);
    expect((await scene.refresh()).outcome).toBe("unchanged");
  });
}

test("few changes move no ref before all of them can move, whatever was left of a fetch before", async () => {
  await using scene = await stack();
  await scene.refresh();
  const before = await scene.refsOf(scene.dir);
  await scene.upstream.commit("ui");
  await scene.upstream.amend("api", "Another word");
  await scene.upstream.git("update-ref", "-d", "refs/stackit/metadata/ui");
  const aside = join(scene.dir, "stackit-aside");
  await mkdir(join(aside, "refs", "heads"), { recursive: true });
  await writeFile(join(aside, "refs", "heads", "ui"), "half");
  await writeFile(join(aside, "packed-refs.lock"), "");
  scene.spawner.failNext = "update-ref";
  await expect(scene.refresh()).rejects.toThrow();
  expect(await scene.refsOf(scene.dir)).toBe(before);
  scene.spawner.take();
  expect((await scene.refresh()).outcome).toBe("updated");
  await expectEqual(scene);
  // One for all that moves; another keeps the rewritten tip.
  expect(scene.spawner.take().commands.filter((command) => command === "update-ref")).toHaveLength(2);
  expect(await readdir(scene.dir)).not.toContain("stackit-aside");
  await scene.upstream.gitIn(scene.dir, "fsck", "--strict");
});

test("a branch that stands on one that did not move is brought whole", async () => {
  await using scene = await stack();
  await scene.refresh();
  await scene.upstream.git("branch", "top", "ui");
  const sha = await scene.upstream.commit("top");
  expect((await scene.refresh()).refs.changes).toMatchObject([
    { ref: "refs/heads/top", kind: "created", new: sha },
  ]);
  await scene.upstream.gitIn(scene.dir, "fsck", "--strict");
});

test("names beyond ASCII are followed like any other, in UTF-8 and otherwise (B13)", async () => {
  await using scene = await stack();
  const { upstream } = scene;
  // A process is given its arguments as UTF-8, so a name that is none goes by standard input.
  const odd = Buffer.from("refs/heads/m\xfcll", "latin1");
  const set = async (verb: string, ...oids: string[]) => {
    const input = Buffer.concat([
      Buffer.from(`${verb} `),
      odd,
      Buffer.from(`${oids.map((oid) => ` ${oid}`).join("")}\n`),
    ]);
    await testGit(["update-ref", "--stdin"], { cwd: upstream.path, input });
  };
  await upstream.git("branch", "été/分支", "ui");
  await set("create", await upstream.sha("ui"));
  await scene.refresh();
  await expectEqual(scene);
  expect(await scene.refresh()).toMatchObject({ outcome: "unchanged" });
  const names = () => scene.mirror.snapshot?.branches().map(({ name }) => name);
  expect(names()).toEqual(expect.arrayContaining(["été/分支", "m\\xfcll"]));

  const sha = await upstream.commit("été/分支");
  await set("update", sha);
  expect((await scene.refresh()).refs.changes.map(({ kind }) => kind)).toEqual(["forward", "forward"]);
  await expectEqual(scene);

  await upstream.git("branch", "-D", "été/分支");
  await set("delete");
  expect((await scene.refresh()).refs.deleted).toBe(2);
  await expectEqual(scene);
});

test("a repository with the newer object format is mirrored in it", async () => {
  await using scene = await mirroredScene((s) => s.commit("main"), {}, { objectFormat: "sha256" });
  expect((await scene.refresh()).outcome).toBe("updated");
  expect(scene.mirror.refOid("refs/heads/main")).toHaveLength(64);
  await expectEqual(scene);
});

test("a remote that is not there leaves no mirror behind (B11)", async () => {
  await using scene = await stack();
  scene.host.front = refuse(404);
  await expect(scene.refresh()).rejects.toThrow();
  expect(await readdir(join(scene.dir, "..")).catch(() => [])).toEqual([]);
});

test("a stale lock is removed before the first fetch after a start, and one of our own killed git at once (B2, B3, B5)", async () => {
  await using scene = await stack();
  await scene.refresh();
  for (const name of ["packed-refs.lock", "HEAD.lock", join("refs", "heads", "ui.lock")]) {
    const lock = join(scene.dir, name);
    await mkdir(join(lock, ".."), { recursive: true });
    await writeFile(lock, "");
    await utimes(lock, 1, 1);
  }
  await scene.upstream.commit("ui");
  await scene.upstream.git("update-ref", "-d", "refs/heads/api");
  await using again = scene.reopen();
  const run = await again.refresh({
    signal: AbortSignal.timeout(30_000),
    confirmed: new Set(),
    expected: [],
  });
  expect(run.outcome).toBe("updated");
  await expectEqual(scene);
});

test("after a restart the last state is shown before the remote answers, and kept when it does not", async () => {
  await using scene = await stack();
  await scene.refresh();
  scene.host.front = refuse(503);
  await using again = scene.reopen();
  const work = { signal: AbortSignal.timeout(30_000), confirmed: new Set<string>(), expected: [] };
  await expect(again.refresh(work)).rejects.toThrow();
  expect(again.snapshot?.counts).toMatchObject({ branches: 2, stacks: 1 });
});

test("what an earlier process left is shown without asking anybody, and the first refresh finds nothing new", async () => {
  await using scene = await stack();
  await scene.refresh();
  const asked = scene.host.requests.length;
  await using again = scene.reopen();
  await again.open({ signal: AbortSignal.timeout(30_000) });
  expect(again.snapshot?.branches()).toHaveLength(2);
  expect(scene.host.requests.length).toBe(asked);
  const work = { signal: AbortSignal.timeout(30_000), confirmed: new Set<string>(), expected: [] };
  expect(await again.refresh(work)).toMatchObject({ outcome: "unchanged", generation: 1 });
});

test("a refresh that comes while a mirror is opened waits for it, and one that came first makes it needless", async () => {
  await using scene = await stack();
  await scene.refresh();
  await scene.upstream.commit("ui");
  const work = () => ({ signal: AbortSignal.timeout(30_000), confirmed: new Set<string>(), expected: [] });
  await using again = scene.reopen();
  const published: number[] = [];
  again.onPublished(({ generation }) => published.push(generation));
  const opened = again.open(work());
  const run = again.refresh(work());
  await again.open(work());
  await opened;
  expect(await run).toMatchObject({ outcome: "updated", refs: { updated: 1 } });
  expect(published).toEqual([1, 2]);
});

test("a mirror that is not there, or that is damaged, is opened as nothing", async () => {
  await using scene = await stack();
  const signal = AbortSignal.timeout(30_000);
  await scene.mirror.open({ signal });
  expect(scene.mirror.snapshot).toBeUndefined();
  await scene.refresh();
  await writeFile(join(scene.dir, "HEAD"), "junk");
  await using again = scene.reopen();
  await again.open({ signal });
  expect(again.snapshot).toBeUndefined();
  expect(await again.refresh({ signal, confirmed: new Set(), expected: [] })).toMatchObject({
    recloned: true,
  });
});

test("a folder that this server did not make is never touched", async () => {
  await using scene = await stack();
  const foreign = join(scene.upstream.root, "somebodys.git");
  await scene.upstream.git("clone", "--quiet", "--bare", ".", foreign);
  await scene.upstream.gitIn(foreign, "update-ref", "refs/heads/mine", "main");
  const before = await scene.refsOf(foreign);
  await using mirror = scene.reopen({ dir: foreign });
  const work = { signal: AbortSignal.timeout(30_000), confirmed: new Set<string>(), expected: [] };
  await expect(mirror.refresh(work)).rejects.toThrow(/no mirror/);
  expect(await scene.refsOf(foreign)).toBe(before);
});

test("what a push announced is waited for when the remote lags behind (B50)", async () => {
  const late = inPause(2);
  await using scene = await stack({ pause: late.pause });
  await scene.refresh();
  const sha = await scene.upstream.commit("ui");
  const old = await scene.upstream.sha("ui~1");
  // A replica that has not heard of the push yet.
  await scene.upstream.git("update-ref", "refs/heads/ui", old);
  late.happens(() => scene.upstream.git("update-ref", "refs/heads/ui", sha));
  const run = await scene.refresh({ expected: [{ ref: "refs/heads/ui", sha }] });
  expect(run.outcome).toBe("updated");
  expect(run.unmet).toBeUndefined();
  expect(late.pausesMs).toEqual([200, 500]);
  expect(scene.mirror.refOid("refs/heads/ui")).toBe(sha);
});

test("a replica that is several pushes behind does not take the mirror back (B50)", async () => {
  const caughtUp = inPause(2);
  await using scene = await stack({ pause: caughtUp.pause });
  await scene.refresh();
  const { upstream } = scene;
  const first = await upstream.sha("ui");
  await upstream.amend("ui", "Second");
  await upstream.git("branch", "late", "ui");
  await scene.refresh();
  const late = await upstream.sha("late");
  const third = await upstream.amend("ui", "Third");
  await upstream.git("update-ref", "refs/heads/ui", first);
  await upstream.git("update-ref", "-d", "refs/heads/late");
  caughtUp.happens(async () => {
    await upstream.git("update-ref", "refs/heads/ui", third);
    await upstream.git("update-ref", "refs/heads/late", late);
  });
  const run = await scene.refresh({
    expected: [
      { ref: "refs/heads/ui", sha: third },
      { ref: "refs/heads/late", sha: late },
    ],
  });
  expect(run.unmet).toBeUndefined();
  expect(run.refs.changes).toMatchObject([{ ref: "refs/heads/ui", new: third }]);
  expect(scene.mirror.refOid("refs/heads/late")).toBe(late);
});

test("what never comes is looked for again and again, and then said, with what is there instead", async () => {
  const { pause, pausesMs } = inPause(Number.POSITIVE_INFINITY);
  await using scene = await stack({ pause });
  await scene.refresh();
  const sha = "1".repeat(40);
  const actual = await scene.upstream.sha("ui");
  const run = await scene.refresh({ expected: [{ ref: "refs/heads/ui", sha }] });
  expect(run.outcome).toBe("unchanged");
  expect(run.unmet).toEqual([{ ref: "refs/heads/ui", expected: sha, actual }]);
  expect(pausesMs).toEqual([200, 500, 1_000, 2_000, 4_000]);
});

test("a run that waits for what never comes ends when it is told to", async () => {
  await using scene = await stack();
  await scene.refresh();
  const told = new AbortController();
  const expected = [{ ref: "refs/heads/ui", sha: "1".repeat(40) }];
  const looks = () => scene.host.asks.filter((ask) => ask === "ls-refs").length;
  const before = looks();
  const run = scene.refresh({ expected, signal: told.signal });
  await expect.poll(looks).toBeGreaterThan(before + 1);
  told.abort();
  await expect(run).rejects.toThrow();
});

/** Pauses that take no time. In the last of so many, what is then given is done. */
function inPause(pauses: number) {
  const pausesMs: number[] = [];
  let act = async (): Promise<unknown> => undefined;
  return {
    pausesMs,
    happens: (next: () => Promise<unknown>) => {
      act = next;
    },
    pause: async (delayMs: number): Promise<void> => {
      if (pausesMs.push(delayMs) === pauses) await act();
    },
  };
}

test("credentials reach their remote and nothing else: no argument, no file, no other host, no error (B60, B61, B62, B63)", async () => {
  const secret = Buffer.from("x-access-token:tok-3n-1234567890").toString("base64");
  await using scene = await stack();
  const elsewhere: string[] = [];
  const other = createServer((request, response) => {
    elsewhere.push(request.headers.authorization ?? "");
    response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  await using spawner = new RecordingSpawner();
  using looker = new RefLooker();
  const url = new URL(`${scene.host.url}/repo.git`);
  const credentials = fixedCredentials(`Basic ${secret}`);
  const options = { id: "private", dir: `${scene.dir}-private`, url, credentials };
  await using mirror = new Mirror(spawner, looker, options);
  const work = () => ({ signal: AbortSignal.timeout(30_000), confirmed: new Set<string>(), expected: [] });
  scene.host.front = askForCredentials(`Basic ${secret}`);
  expect((await mirror.refresh(work())).outcome).toBe("updated");
  await scene.upstream.commit("ui");
  expect((await mirror.refresh(work())).outcome).toBe("updated");
  expect(new Set(scene.host.credentials)).toEqual(new Set([`Basic ${secret}`]));

  const { port } = other.address() as AddressInfo;
  await scene.upstream.commit("ui");
  scene.host.front = redirect(`http://127.0.0.1:${port}`);
  const error: unknown = await mirror.refresh(work()).catch((thrown: unknown) => thrown);
  expect(elsewhere).toEqual([]);
  expect(`${error} ${JSON.stringify(error)}`).not.toContain(secret);
  expect(spawner.args.join(" ")).not.toContain(secret);
  const onDisk = await scene.upstream.gitIn(options.dir, "config", "--list");
  expect(onDisk).not.toContain(secret);
  for (const name of await readdir(options.dir, { recursive: true })) {
    const content = await readFile(join(options.dir, name)).catch(() => Buffer.alloc(0));
    expect(content.includes(secret) || content.includes("tok-3n-1234567890")).toBe(false);
  }
  other.close();
});

test("a mirror that is told to go elsewhere while it runs does so with its next run, and never to another origin", async () => {
  await using scene = await stack();
  const { host, mirror } = scene;
  const { place } = mirror;
  const elsewhere = { ...place, url: new URL("/moved.git", place.url), owner: "acme", name: "gear" };
  host.front = () => {
    mirror.relocate(elsewhere);
    return false;
  };
  expect(await scene.refresh()).toMatchObject({ outcome: "updated" });
  expect(host.requests.filter((line) => line.includes("/moved.git"))).toEqual([]);
  expect([mirror.displayName, mirror.snapshot?.view().repo.repo]).toEqual(["acme/gear", "gear"]);
  await expect(scene.refresh()).rejects.toThrow(RemoteError);
  expect(host.requests.at(-1)).toContain("/moved.git");

  expect(() => mirror.relocate({ ...place, url: new URL("http://localhost/repo.git") })).toThrow("origin");
});

test("a new name alone is read, published and shown once, without a fetch", async () => {
  await using scene = await stack();
  await scene.refresh();
  scene.spawner.take();
  scene.mirror.relocate({ ...scene.mirror.place, owner: "acme", name: "gear" });
  expect(await scene.refresh()).toMatchObject({ outcome: "updated", generation: 2 });
  expect(scene.spawner.take().commands).not.toContain("unpack-objects");
  expect(scene.mirror.snapshot?.view().repo).toMatchObject({ owner: "acme", repo: "gear" });
  expect(await scene.refresh()).toMatchObject({ outcome: "unchanged", generation: 2 });
});

test("a new branch of the newer object format is fetched where no trunk is known", async () => {
  const branches = (s: SceneWriter) => {
    s.commit("api");
    s.commit("ui");
  };
  await using scene = await mirroredScene(branches, {}, { objectFormat: "sha256" });
  const { upstream, mirror } = scene;
  await upstream.git("symbolic-ref", "HEAD", "refs/heads/not-there");
  await scene.refresh();
  expect(mirror.snapshot?.trunk).toBe("");
  await upstream.git("branch", "docs", "api");
  expect((await scene.refresh()).refs).toMatchObject({ created: 1 });
});
