import { createHash } from "node:crypto";
import { access, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Mirror } from "../../src/repos/mirror.ts";
import type { MirrorOptions } from "../../src/repos/mirror-options.ts";
import type { Snapshot } from "../../src/repos/served-repo.ts";
import { type MirroredScene, mirroredScene } from "../support/mirrored-scene.ts";

const shop = (): Promise<MirroredScene> =>
  mirroredScene((writer) => {
    writer.commit("main");
    writer.commit("main");
    writer.stacked("api", "main");
    writer.stacked("ui", "api");
    writer.stacked("docs", "main");
    writer.branch("loose", "main");
    writer.commit("loose");
  });

const work = () => ({ signal: AbortSignal.timeout(60_000), confirmed: new Set<string>(), expected: [] });
const fileOf = (scene: MirroredScene): string => join(scene.dir, "stackit-snapshot");

/** All that readers can ask of a snapshot. */
function told(snapshot: Snapshot): string {
  const view = snapshot.view();
  const branches = snapshot.branches();
  const names = [...branches.map(({ name }) => name), snapshot.trunk, "no such"];
  const stacks = view.stacks.flatMap(({ id, rootBranch }) => [id ?? "", rootBranch]);
  const { generation, fingerprint, trunk, currentBranch, notes, counts } = snapshot;
  return JSON.stringify({
    ...{ generation, fingerprint, trunk, currentBranch, notes, counts, view, branches },
    summaries: snapshot.stackSummaries(),
    stacks: [...stacks, "no such"].map((name) => snapshot.stack(name) ?? null),
    details: names.map((name) => snapshot.branch(name) ?? null),
    ranges: names.map((name) => [
      snapshot.diffRange(name, "parent") ?? null,
      snapshot.diffRange(name, "trunk") ?? null,
    ]),
  });
}

/** What the mirror told when it stopped. */
async function stopped(scene: MirroredScene): Promise<string> {
  await using before = scene.reopen();
  await before.refresh(work());
  await before.settled();
  if (!before.snapshot) throw new Error("nothing was shown");
  return told(before.snapshot);
}

/** Seen by the next process. */
async function restarted(scene: MirroredScene, options: Partial<MirrorOptions> = {}): Promise<Mirror> {
  const after = scene.reopen(options);
  await after.recall();
  scene.spawner.take();
  return after;
}

test("after a restart readers are told the same, byte by byte, for one process and without asking the remote", async () => {
  await using scene = await shop();
  const before = await stopped(scene);
  await using after = await restarted(scene);
  const asked = scene.host.requests.length;
  expect(after.kept).toBeUndefined();
  await Promise.all([after.recallSnapshot(), after.recallSnapshot()]);
  await after.recallSnapshot();
  expect(after.kept && told(after.kept)).toBe(before);
  expect(after.snapshot).toBeUndefined();
  expect(scene.spawner.take().commands).toEqual(["for-each-ref"]);
  // A look that finds nothing new leaves it as it is.
  expect(await after.refresh(work())).toMatchObject({ outcome: "unchanged" });
  expect(scene.spawner.take().commands).toEqual([]);
  expect(after.kept && told(after.kept)).toBe(before);
  expect(scene.host.requests.length - asked).toBe(1);
});

test("what is read after that takes its place, with a generation above it", async () => {
  await using scene = await shop();
  await stopped(scene);
  await using after = await restarted(scene);
  await after.recallSnapshot();
  const generation = after.kept?.generation ?? Number.NaN;
  await scene.upstream.commit("ui");
  expect(await after.refresh(work())).toMatchObject({ outcome: "updated", refs: { updated: 1 } });
  expect(after.kept).toBeUndefined();
  expect(after.snapshot?.branch("ui")?.revision).toBe(await scene.upstream.sha("ui"));
  expect(after.snapshot?.generation).toBeGreaterThan(generation);
});

test("what is kept is for the server's own user alone, and is exchanged when something else is shown", async () => {
  await using scene = await shop();
  const first = await stopped(scene);
  const { mode } = await stat(fileOf(scene));
  expect(mode & 0o777).toBe(0o600);
  await scene.upstream.commit("ui");
  const second = await stopped(scene);
  expect(second).not.toBe(first);
  await using after = await restarted(scene);
  await after.recallSnapshot();
  expect(after.kept && told(after.kept)).toBe(second);
});

test("whoever was killed while writing leaves the one before, and what is half written is never read", async () => {
  await using scene = await shop();
  const before = await stopped(scene);
  const bytes = await readFile(fileOf(scene));
  await writeFile(`${fileOf(scene)}.new`, bytes.subarray(0, bytes.length / 2));
  await using after = await restarted(scene);
  await after.recallSnapshot();
  expect(after.kept && told(after.kept)).toBe(before);
});

test("where refs moved while the server was off, what is kept is not served, is removed, and the log is told", async () => {
  await using scene = await shop();
  await stopped(scene);
  await scene.upstream.gitIn(scene.dir, "update-ref", "refs/heads/ui", "refs/heads/main");
  const dropped: string[] = [];
  await using after = await restarted(scene, { onKeptDropped: (why) => dropped.push(why) });
  await after.recallSnapshot();
  expect(after.kept).toBeUndefined();
  expect(dropped).toEqual(["somebody else has moved its refs"]);
  await expect(access(fileOf(scene))).rejects.toThrow("ENOENT");
});

test("a run that moves refs keeps what is kept from readers from then on, also when it breaks off", async () => {
  await using scene = await shop();
  await stopped(scene);
  await scene.upstream.commit("ui");
  {
    await using broken = scene.reopen({
      beforePublishing: () => Promise.reject(new Error("broken off")),
    });
    await broken.recall();
    await expect(broken.refresh(work())).rejects.toThrow("broken off");
  }
  await using after = await restarted(scene);
  await after.recallSnapshot();
  expect(after.kept).toBeUndefined();
});

/** The file with another first line. */
function withHead(bytes: Buffer, change: (head: object) => object): Buffer {
  const [first = "", ...lines] = String(gunzipSync(bytes.subarray(32))).split("\n");
  const packed = gzipSync([JSON.stringify(change(JSON.parse(first))), ...lines].join("\n"));
  return Buffer.concat([createHash("sha256").update(packed).digest(), packed]);
}

const UNFIT: Record<string, { spoil: (bytes: Buffer) => Buffer; why: string }> = {
  empty: { spoil: () => Buffer.alloc(0), why: "it is damaged" },
  "cut off": { spoil: (bytes) => bytes.subarray(0, -1), why: "it is damaged" },
  "cut off within its checksum": { spoil: (bytes) => bytes.subarray(0, 7), why: "it is damaged" },
  damaged: {
    spoil: (bytes) => Buffer.from(bytes.map((byte, index) => (index === 100 ? byte ^ 1 : byte))),
    why: "it is damaged",
  },
  "of another format": {
    spoil: (bytes) => withHead(bytes, (head) => ({ ...head, format: 0 })),
    why: "it has another format",
  },
  "of another version": {
    spoil: (bytes) => withHead(bytes, (head) => ({ ...head, product: "0.0.0-before" })),
    why: "another version wrote it",
  },
  "of another repository": {
    spoil: (bytes) => withHead(bytes, (head) => ({ ...head, repoId: "another" })),
    why: "it is of another repository",
  },
  "of another name": {
    spoil: (bytes) => withHead(bytes, (head) => ({ ...head, fullName: "octo/another" })),
    why: "it is of another repository",
  },
  "of other refs": {
    spoil: (bytes) => withHead(bytes, (head) => ({ ...head, refs: "other" })),
    why: "it is of other refs",
  },
  "with what a forge said that is asked no more": {
    spoil: (bytes) => withHead(bytes, (head) => ({ ...head, hasForge: true })),
    why: "its forge is not asked any more",
  },
};

test.for(Object.entries(UNFIT))(
  "a file that is %s is not served, and is removed",
  async ([, { spoil, why }]) => {
    await using scene = await shop();
    await stopped(scene);
    await writeFile(fileOf(scene), spoil(await readFile(fileOf(scene))));
    const dropped: string[] = [];
    await using after = await restarted(scene, { onKeptDropped: (reason) => dropped.push(reason) });
    await after.recallSnapshot();
    expect(after.kept).toBeUndefined();
    expect(dropped).toEqual([why]);
    await expect(access(fileOf(scene))).rejects.toThrow("ENOENT");
    // The mirror itself is as readable as ever.
    await after.wake();
    expect(after.snapshot?.branches()).toHaveLength(4);
  },
);
