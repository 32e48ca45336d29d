import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { refuse } from "../support/git-host-behaviours.ts";
import { type MirroredScene, mirroredScene } from "../support/mirrored-scene.ts";

const stack = () =>
  mirroredScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  });

const work = () => ({ signal: AbortSignal.timeout(30_000), confirmed: new Set<string>(), expected: [] });

/** Starts anew while the remote does not answer. */
async function shownAtStart({ host, reopen }: MirroredScene): Promise<Record<string, string> | undefined> {
  host.front = refuse(503);
  await using again = reopen();
  await expect(again.refresh(work())).rejects.toThrow();
  host.front = undefined;
  const branches = again.snapshot?.branches();
  return branches && Object.fromEntries(branches.map(({ name, revision }) => [name, revision]));
}

async function expectEqual({ refsOf, upstream, dir }: MirroredScene): Promise<void> {
  expect(await refsOf(dir)).toBe(await refsOf(upstream.path));
}

test("a server that is killed while refs move starts with the state before, never with half of a push", async () => {
  await using scene = await stack();
  await scene.refresh();
  const { upstream, dir } = scene;
  const before = await scene.refsOf(dir);
  const [api, ui] = [await upstream.sha("api"), await upstream.sha("ui")];
  const moved = await upstream.commit("api");
  await upstream.git("update-ref", "-d", "refs/heads/ui");
  await upstream.git("update-ref", "refs/heads/ui/next", moved);
  await upstream.git("symbolic-ref", "HEAD", "refs/heads/api");
  scene.spawner.failNext = "update-ref";
  await expect(scene.refresh()).rejects.toThrow();
  await upstream.gitIn(dir, "update-ref", "-d", "refs/heads/ui");
  await upstream.gitIn(dir, "update-ref", "refs/heads/ui/next", moved);

  for (let start = 0; start < 2; start++) expect(await shownAtStart(scene)).toEqual({ api, ui });
  expect(await scene.refsOf(dir)).toBe(before);
  await using again = scene.reopen();
  expect((await again.refresh(work())).outcome).toBe("updated");
  await expectEqual(scene);
  expect(await shownAtStart(scene)).not.toHaveProperty("ui");
});

test("a state that was fetched, and that readers were not to see, is not shown after a restart either", async () => {
  let isRefused = false;
  await using scene = await mirroredScene(
    (s) => {
      s.commit("main");
      s.stacked("api", "main");
    },
    {
      beforePublishing: async () => {
        if (isRefused) throw new Error("not now");
      },
    },
  );
  await scene.refresh();
  const api = await scene.upstream.sha("api");
  await scene.upstream.commit("api");
  isRefused = true;
  await expect(scene.refresh()).rejects.toThrow("not now");
  expect(await shownAtStart(scene)).toEqual({ api });
  isRefused = false;
  await using again = scene.reopen();
  expect((await again.refresh(work())).outcome).toBe("updated");
  await expectEqual(scene);
});

test("a change that failed twice is still undone to where it began", async () => {
  await using scene = await stack();
  await scene.refresh();
  const { upstream, dir } = scene;
  const [api, ui] = [await upstream.sha("api"), await upstream.sha("ui")];
  const moved = await upstream.commit("api");
  scene.spawner.failNext = "update-ref";
  await expect(scene.refresh()).rejects.toThrow();
  await upstream.gitIn(dir, "update-ref", "refs/heads/api", moved);
  await upstream.commit("ui");
  scene.spawner.failNext = "update-ref";
  await expect(scene.refresh()).rejects.toThrow();
  expect(await shownAtStart(scene)).toEqual({ api, ui });
});

test("half of a first clone is shown to nobody, and is completed", async () => {
  await using scene = await stack();
  scene.spawner.failNext = "pack-refs";
  await expect(scene.refresh()).rejects.toThrow();
  await scene.upstream.gitIn(scene.dir, "update-ref", "-d", "refs/heads/ui");
  expect(await shownAtStart(scene)).toBeUndefined();
  await using again = scene.reopen();
  expect((await again.refresh(work())).outcome).toBe("updated");
  await expectEqual(scene);
  expect(Object.keys((await shownAtStart(scene)) ?? {})).toEqual(["api", "ui"]);
});

test("the locks of a server that was killed a moment ago do not keep the next one from going back", async () => {
  await using scene = await stack();
  await scene.refresh();
  const { upstream, dir } = scene;
  const [api, ui] = [await upstream.sha("api"), await upstream.sha("ui")];
  const moved = await upstream.commit("api");
  scene.spawner.failNext = "update-ref";
  await expect(scene.refresh()).rejects.toThrow();
  await upstream.gitIn(dir, "update-ref", "refs/heads/api", moved);
  for (const lock of ["refs/heads/api.lock", "packed-refs.lock"]) await writeFile(join(dir, lock), "");
  expect(await shownAtStart(scene)).toEqual({ api, ui });
});

for (const [what, text] of [
  ["empty", ""],
  ["of something else", '{"version":2}'],
] as const) {
  test(`a note of moving refs that is ${what} makes the mirror be cloned anew`, async () => {
    await using scene = await stack();
    await scene.refresh();
    await writeFile(join(scene.dir, "stackit-moving-refs.json"), text);
    await using again = scene.reopen();
    expect(await again.refresh(work())).toMatchObject({ recloned: true });
    await expectEqual(scene);
    expect(await again.refresh(work())).toMatchObject({ outcome: "unchanged" });
  });
}

test("a note of moving refs that cannot be read hides the state rather than showing it", async () => {
  await using scene = await stack();
  await scene.refresh();
  const note = join(scene.dir, "stackit-moving-refs.json");
  await mkdir(note);
  await using again = scene.reopen();
  await expect(again.refresh(work())).rejects.toThrow();
  expect(again.snapshot).toBeUndefined();
  await rm(note, { recursive: true });
  await again.refresh(work());
  expect(again.snapshot).toBeDefined();
});
