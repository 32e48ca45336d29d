import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Transform } from "node:stream";
import { expect, test } from "vitest";
import type { FetchProgress } from "../../src/git/fetch-progress.ts";
import { RefLooker } from "../../src/git/wire/ls-refs.ts";
import { FLUSH, packet } from "../../src/git/wire/pkt-line.ts";
import { mirrorFailure } from "../../src/sync/mirror-target.ts";
import { answerFrom, cut, on } from "../support/git-host-behaviours.ts";
import type { Front } from "../support/git-http-host.ts";
import type { SceneOptions } from "../support/git-scene.ts";
import { leftovers } from "../support/leftovers.ts";
import { upstreamOf } from "../support/mirror-world.ts";
import { type MirroredScene, mirroredScene } from "../support/mirrored-scene.ts";

/** Files whose content no pack makes small: whoever gets them again notices. */
const heavy = (name: string, count = 20) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${name}-${n}`, noise(`${name} ${n}`)]));

function noise(seed: string): string {
  let state = [...seed].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7);
  return Array.from({ length: 2_000 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    return String.fromCharCode(33 + ((state >>> 16) % 90));
  }).join("");
}

async function stack(options: SceneOptions = {}): Promise<MirroredScene> {
  const scene = await mirroredScene(
    (s) => {
      s.commit("main", { files: heavy("main") });
      s.stacked("api", "main");
      s.stacked("ui", "api");
    },
    {},
    options,
  );
  await scene.upstream.commit("main", { files: heavy("more") });
  await scene.upstream.commit("ui", { files: heavy("ui") });
  await scene.refresh();
  scene.spawner.take();
  return scene;
}

async function expectWhole({ refsOf, upstream, dir }: MirroredScene): Promise<void> {
  expect(await refsOf(dir)).toBe(await refsOf(upstream.path));
  await upstream.gitIn(dir, "fsck", "--full", "--strict");
  expect(await leftovers(dir)).toEqual([]);
}

/** Bytes of the answers to what asked for objects. */
function countBytes({ host }: MirroredScene): () => number {
  let bytes = 0;
  host.through = () => {
    const through = new PassThrough();
    if (host.asks.at(-1) === "fetch") through.on("data", (chunk: Buffer) => (bytes += chunk.length));
    return through;
  };
  return () => bytes;
}

const failureOf = (run: Promise<unknown>) =>
  run.then(
    () => undefined,
    (error: unknown) => mirrorFailure(error),
  );

/** What each refresh asks the host for. */
const asksOf = async (scene: MirroredScene, run: () => Promise<unknown>) => {
  const before = scene.host.asks.length;
  await run();
  return scene.host.asks.slice(before);
};

type Push = readonly [
  name: string,
  push: (scene: MirroredScene) => Promise<unknown>,
  objectFormat?: "sha1" | "sha256",
];

const PUSHES: readonly Push[] = [
  ["a commit on a branch", ({ upstream }) => upstream.commit("ui")],
  ["a commit of the newer object format", ({ upstream }) => upstream.commit("ui"), "sha256"],
  ["a branch that was rewritten", ({ upstream }) => upstream.amend("api", "Another word")],
  ["a new branch from an old commit of the trunk", ({ upstream }) => branchOff(upstream, "main~1")],
  ["a new branch on one that did not move", ({ upstream }) => branchOff(upstream, "ui")],
  ["a merge into the trunk", ({ upstream }) => merge(upstream, "ui")],
  [
    "a merge of a branch that is deleted at once",
    async ({ upstream }) => {
      await merge(upstream, "ui");
      await upstream.git("update-ref", "-d", "refs/heads/ui");
    },
  ],
];

type Upstream = MirroredScene["upstream"];

async function branchOff(upstream: Upstream, from: string): Promise<void> {
  await upstream.git("branch", "top", from);
  await upstream.commit("top");
}

async function merge(upstream: Upstream, branch: string): Promise<void> {
  const tree = (await upstream.git("rev-parse", `${branch}^{tree}`)).trim();
  const parents = ["-p", "main", "-p", branch, "-m", `Merge ${branch}`];
  const commit = (await upstream.git("commit-tree", tree, ...parents)).trim();
  await upstream.git("update-ref", "refs/heads/main", commit);
}

for (const [name, push, objectFormat = "sha1"] of PUSHES) {
  test(`${name} brings what is new and no more`, async () => {
    await using scene = await stack({ objectFormat });
    const bytes = countBytes(scene);
    await push(scene);
    expect(await asksOf(scene, () => scene.refresh())).toEqual(["ls-refs", "fetch"]);
    expect(bytes()).toBeGreaterThan(100);
    expect(bytes()).toBeLessThan(3_000);
    await expectWhole(scene);
  });
}

test("a push of a branch costs two requests, one git that takes what comes and one that moves the refs", async () => {
  await using scene = await stack();
  await scene.upstream.commit("ui");
  await scene.upstream.metadata("ui", { parentBranchName: "main" });
  expect(await asksOf(scene, () => scene.refresh())).toEqual(["ls-refs", "fetch"]);
  const writing = ["fetch", "unpack-objects", "index-pack", "update-ref"];
  const { commands } = scene.spawner.take();
  expect(commands.filter((command) => writing.includes(command))).toEqual(["unpack-objects", "update-ref"]);
});

test("refs that stand on objects that are here, and refs that are gone, ask for none", async () => {
  await using scene = await stack();
  await scene.upstream.git("branch", "same", "ui");
  await scene.upstream.git("update-ref", "-d", "refs/heads/api");
  expect(await asksOf(scene, () => scene.refresh())).toEqual(["ls-refs"]);
  await expectWhole(scene);
});

test("a branch that goes back to a commit of another one asks, and gets nothing", async () => {
  await using scene = await stack();
  await scene.upstream.git("update-ref", "refs/heads/ui", "main~1");
  expect(await asksOf(scene, () => scene.refresh())).toEqual(["ls-refs", "fetch"]);
  expect(scene.spawner.take().commands).not.toContain("unpack-objects");
  await expectWhole(scene);
});

test("many objects come as one pack, and how far that is is told", async () => {
  await using scene = await stack();
  const { upstream } = scene;
  for (let branch = 0; branch < 40; branch++) {
    await upstream.git("branch", `b${branch}`, "main");
    await upstream.commit(`b${branch}`, { files: heavy(`b${branch}`, 3) });
  }
  const told: FetchProgress[] = [];
  await scene.refresh({ onProgress: (progress) => told.push(progress) });
  expect([...new Set(told.map(({ phase }) => phase))]).toEqual(
    expect.arrayContaining(["counting", "compressing", "receiving"]),
  );
  expect(told.findLast(({ phase }) => phase === "receiving")?.bytes).toBeGreaterThan(100_000);
  expect(scene.spawner.take().commands).toEqual(expect.arrayContaining(["index-pack", "rev-list"]));
  expect(
    (await readdir(join(scene.dir, "objects", "pack"))).filter((name) => name.endsWith(".keep")),
  ).toEqual([]);
  await expectWhole(scene);
});

/** Exchanges what the host itself answers to one kind of request. */
function edit({ host }: Pick<MirroredScene, "host">, ask: string, change: (text: string) => string): void {
  host.through = () =>
    host.asks.at(-1) === ask
      ? new Transform({
          transform: (chunk: Buffer, _encoding, done) =>
            done(null, Buffer.from(change(chunk.toString("latin1")), "latin1")),
        })
      : new PassThrough();
}

test("a remote that says first what it acknowledges is understood", async () => {
  await using scene = await stack();
  const told = `${packet("acknowledgments\n")}${packet(`ACK ${await scene.upstream.sha("main")}\n`)}0001`;
  let isFirst = true;
  edit(scene, "fetch", (text) => {
    const head = isFirst ? told : "";
    isFirst = false;
    return head + text;
  });
  await scene.upstream.commit("ui");
  await scene.refresh();
  expect(scene.spawner.take().commands).not.toContain("fetch");
  await expectWhole(scene);
});

/** Answers in the host's place. */
function say(text: string, type = "application/x-git-upload-pack-result"): Front {
  return (_request, response) => {
    response.writeHead(200, { "content-type": type }).end(Buffer.from(text, "latin1"));
    return true;
  };
}

/** Once, to what asks for objects. */
function once(front: Front): Front {
  let isOver = false;
  return (request, response, ask) => {
    if (ask !== "fetch" || isOver) return false;
    isOver = true;
    return front(request, response, ask);
  };
}

test.each([
  ["refuses what was wanted", say(packet("ERR upload-pack: not our ref\n"))],
  ["has nothing to send", say(packet("acknowledgments\n") + packet("NAK\n") + FLUSH)],
  ["sends what was not asked for", say(`${packet("wanted-refs\n")}0001`)],
])("when a remote %s, git is let ask", async (_name, front) => {
  await using scene = await stack();
  await scene.upstream.commit("ui");
  scene.host.front = once(front);
  expect((await scene.refresh()).outcome).toBe("updated");
  expect(scene.spawner.take().commands).toContain("fetch");
  await expectWhole(scene);
});

test("git asks a remote that is shallow", async () => {
  await using scene = await stack();
  const { upstream } = scene;
  await writeFile(join(upstream.path, "shallow"), `${await upstream.sha("main")}\n`);
  await upstream.commit("ui");
  expect((await scene.refresh()).outcome).toBe("updated");
  expect(scene.spawner.take().commands).toContain("fetch");
  expect(await scene.refsOf(scene.dir)).toBe(await scene.refsOf(upstream.path));
});

test("git asks a remote that lists its refs by the newer protocol and does not send objects by it", async () => {
  await using upstream = await upstreamOf((s) => s.commit("main"));
  using looker = new RefLooker();
  edit(upstream, "discovery", (text) => text.replace("fetch=", "bring="));
  const { url, host } = upstream;
  const look = await looker.look(url, { prefixes: ["refs/heads/"], signal: AbortSignal.timeout(30_000) });
  expect(look).toMatchObject({ found: { head: "refs/heads/main" } });
  expect(look).not.toHaveProperty("packs");
  expect(host.asks).toEqual(["discovery", "ls-refs"]);
});

const PACK = "\x01PACK\x00\x00\x00\x02\x00\x00\x00\x01";

test.each([
  ["no packets", "nonsense"],
  ["no pack", packet("packfile\n") + packet("\x01junk that is none") + FLUSH],
  ["a pack without an end", packet("packfile\n") + packet(PACK)],
  ["a pack that ends early", packet("packfile\n") + packet(PACK) + FLUSH],
  ["half a packet", packet("packfile\n") + packet(PACK).slice(0, -3)],
  ["a failure in the midst of it", packet("packfile\n") + packet(PACK) + packet("\x03secret words") + FLUSH],
])("a remote that sends %s fails the run, changes nothing, and passes", async (_name, text) => {
  await using scene = await stack();
  await scene.upstream.commit("ui");
  scene.host.front = once(say(text));
  const error = await failureOf(scene.refresh());
  expect(error).toMatchObject({
    code: expect.stringMatching(/^sync.remote-(error|unreachable)$/),
    retryable: true,
  });
  expect(error?.message).not.toContain("secret words");
  expect(scene.mirror.snapshot?.generation).toBe(1);
  const run = await scene.refresh();
  expect(run.outcome).toBe("updated");
  expect(run.recloned).toBeUndefined();
  await expectWhole(scene);
});

test("a pack that is not complete moves no ref, and damages nothing", async () => {
  await using scene = await stack();
  const { upstream, host } = scene;
  const before = await scene.refsOf(scene.dir);
  const tree = (await upstream.git("rev-parse", "ui^{tree}")).trim();
  const child = await upstream.commit("ui");
  // The same tip, in a repository that believes its commits to stand on nothing, and so has no need of their parents.
  await upstream.gitIn(upstream.root, "init", "--quiet", "--bare", "poor.git");
  const poor = join(upstream.root, "poor.git");
  const grandchild = (await upstream.git("commit-tree", tree, "-p", child, "-m", "Next")).trim();
  await upstream.git("update-ref", "refs/heads/ui", grandchild);
  await upstream.gitIn(poor, "fetch", "--quiet", "--depth=1", `file://${upstream.path}`, "ui:ui");
  await upstream.gitIn(poor, "update-ref", "refs/heads/main", grandchild);
  await rm(join(poor, "shallow"));
  host.front = on("fetch", answerFrom("poor.git"));
  expect(await failureOf(scene.refresh())).toMatchObject({ code: "sync/remote-error", retryable: true });
  expect(await scene.refsOf(scene.dir)).toBe(before);
  host.front = undefined;
  const run = await scene.refresh();
  expect([run.outcome, run.recloned]).toEqual(["updated", undefined]);
  await expectWhole(scene);
});

test.each([
  ["few", 5],
  ["many", 200],
])("a transfer of %s objects that is cut off leaves nothing that is in the way", async (_name, count) => {
  await using scene = await stack();
  await scene.upstream.commit("ui", { files: heavy("cut", count) });
  scene.host.front = on("fetch", cut(5_000));
  expect(await failureOf(scene.refresh())).toMatchObject({
    code: "sync/remote-unreachable",
    retryable: true,
  });
  scene.host.front = undefined;
  expect((await scene.refresh()).outcome).toBe("updated");
  await expectWhole(scene);
});
