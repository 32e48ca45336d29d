import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Mirror } from "../../src/repos/mirror.ts";
import type { MirrorOptions } from "../../src/repos/mirror-options.ts";
import { refuse } from "../support/git-host-behaviours.ts";
import { type MirroredScene, mirroredScene } from "../support/mirrored-scene.ts";

const shop = (options: Partial<MirrorOptions> = {}): Promise<MirroredScene> =>
  mirroredScene((writer) => {
    writer.commit("main");
    writer.stacked("api", "main");
    writer.stacked("ui", "api");
  }, options);

const work = () => ({ signal: AbortSignal.timeout(60_000), confirmed: new Set<string>(), expected: [] });

/** The mirror as a process that stopped has left it, seen by the next one. */
async function restarted(scene: MirroredScene, options: Partial<MirrorOptions> = {}): Promise<Mirror> {
  {
    await using before = scene.reopen();
    await before.refresh(work());
  }
  const after = scene.reopen(options);
  await after.recall();
  scene.spawner.take();
  return after;
}

test("a mirror in which nothing is new is not read after a restart: each look costs one request and no process", async () => {
  await using scene = await shop();
  await using after = await restarted(scene);
  const asked = scene.host.requests.length;
  for (let n = 0; n < 2; n++) expect(await after.refresh(work())).toMatchObject({ outcome: "unchanged" });
  expect(scene.host.requests.length - asked).toBe(2);
  expect(scene.spawner.take().commands).toEqual([]);
  expect(after.snapshot).toBeUndefined();
  expect(after.lastShown).toMatchObject({
    trunk: "main",
    counts: { branches: 2, stacks: 1, needsRestack: 0 },
    notes: [],
  });
});

test("a mirror that was left unread is read for the first who needs more, once for many", async () => {
  await using scene = await shop();
  await using after = await restarted(scene);
  const published: number[] = [];
  after.onPublished(({ by, generation }) => by === "reading" && published.push(generation));
  await Promise.all([after.wake(), after.refresh(work()), after.wake(), after.wake()]);
  expect(after.snapshot?.branches()).toHaveLength(2);
  expect(after.lastShown).toBeUndefined();
  expect(scene.spawner.take().commands.filter((name) => name === "for-each-ref")).toHaveLength(1);
  expect(published[0]).toBe(1);
  expect(await after.refresh(work())).toMatchObject({ outcome: "unchanged" });
});

test("a mirror that was left unread is read when its remote has something new, and tells what that is", async () => {
  await using scene = await shop();
  await using after = await restarted(scene);
  expect(await after.refresh(work())).toMatchObject({ outcome: "unchanged" });
  await scene.upstream.commit("ui");
  expect(await after.refresh(work())).toMatchObject({ outcome: "updated", refs: { updated: 1 } });
  expect(after.refOid("refs/heads/ui")).toBe(await scene.upstream.sha("ui"));
});

test("what was expected of a run is looked for in a mirror that was left unread", async () => {
  await using scene = await shop();
  await using after = await restarted(scene);
  const sha = await scene.upstream.sha("ui");
  const result = await after.refresh({ ...work(), expected: [{ ref: "refs/heads/ui", sha }] });
  expect(result.unmet).toBeUndefined();
  expect(after.refOid("refs/heads/ui")).toBe(sha);
});

test("what was shown last is forgotten before refs move, so that who is killed then reads all at the next start", async () => {
  await using scene = await shop();
  await using after = await restarted(scene);
  await scene.upstream.commit("ui");
  scene.host.front = (request, response, ask) => ask === "fetch" && refuse(503)(request, response, ask);
  await expect(after.refresh(work())).rejects.toThrow();
  await using next = scene.reopen();
  await next.recall();
  expect(next.lastShown).toBeUndefined();
});

test("what cannot be read after all is forgotten and told, and the next refresh mends it", async () => {
  await using scene = await shop();
  let told = 0;
  await using after = await restarted(scene, { onUnreadable: () => told++ });
  await rm(join(scene.dir, "packed-refs"), { force: true });
  await writeFile(join(scene.dir, "HEAD"), "junk");
  await after.wake();
  expect([after.snapshot, after.lastShown, told]).toEqual([undefined, undefined, 1]);
  scene.spawner.take();
  await after.wake();
  expect([scene.spawner.take().commands, told]).toEqual([[], 1]);
  expect(await after.refresh(work())).toMatchObject({ recloned: true });
  expect(after.snapshot?.branches()).toHaveLength(2);
});

test("what is kept and cannot be understood counts as nothing", async () => {
  await using scene = await shop();
  await using after = await restarted(scene);
  for (const text of ["", "{}", "[", '{"version":2}']) {
    await writeFile(join(scene.dir, "stackit-last-shown.json"), text);
    await after.recall();
    expect(after.lastShown).toBeUndefined();
  }
});
