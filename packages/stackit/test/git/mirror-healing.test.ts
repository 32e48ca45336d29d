import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { Mirror } from "../../src/repos/mirror.ts";
import { mirrorFailure } from "../../src/sync/mirror-target.ts";
import { answerFrom, on, refuse } from "../support/git-host-behaviours.ts";
import { land } from "../support/landings.ts";
import { DAMAGES, expectWhole, removeObject, truncatePacks } from "../support/mirror-damages.ts";
import { mirroredScene } from "../support/mirrored-scene.ts";

const stack = () =>
  mirroredScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  });

const work = (confirmed: string[] = []) => ({
  signal: AbortSignal.timeout(60_000),
  confirmed: new Set(confirmed),
  expected: [],
});

async function failureOf(run: Promise<unknown>) {
  return run.then(
    () => undefined,
    (error: unknown) => mirrorFailure(error),
  );
}

for (const [name, harm] of DAMAGES) {
  test(`${name} is found at the next start and healed by cloning anew (B24, B25)`, async () => {
    await using scene = await stack();
    await scene.refresh();
    await harm(scene);
    await using again = scene.reopen();
    const runs = [await again.refresh(work()), await again.refresh(work())];
    expect(runs.map(({ recloned }) => recloned)).toContain(true);
    expect(shown(again)).toEqual(shown(scene.mirror));
    await expectWhole(scene);
    expect(await again.refresh(work())).toMatchObject({ outcome: "unchanged" });
  });

  test(`${name} under a running server is healed at the next push, and the last state is shown until then`, async () => {
    await using scene = await stack();
    await scene.refresh();
    await harm(scene);
    const sha = await scene.upstream.commit("ui");
    const run = await scene.refresh();
    expect(run.outcome).toBe("updated");
    expect(run.refs.changes).toMatchObject([{ ref: "refs/heads/ui", kind: "forward", new: sha }]);
    expect(scene.published).toHaveLength(2);
    expect(scene.mirror.snapshot?.branch("ui")?.revision).toBe(sha);
    // What this push did not meet is met by those who read what was there before.
    if (!run.recloned) {
      await using again = scene.reopen();
      await again.refresh(work());
      await again.refresh(work());
    }
    await expectWhole(scene);
  });
}

function shown(mirror: Mirror) {
  return mirror.snapshot
    ?.branches()
    .map(({ name, revision, parent, linesAdded }) => [name, revision, parent, linesAdded]);
}

test("a folder that is removed under a running server is cloned anew", async () => {
  await using scene = await stack();
  await scene.refresh();
  await rm(scene.dir, { recursive: true });
  await scene.upstream.commit("ui");
  expect(await scene.refresh()).toMatchObject({ outcome: "updated", recloned: true });
  await expectWhole(scene);
});

test("what a diff misses is healed by the next sync", async () => {
  await using scene = await stack();
  await scene.refresh();
  const range = { base: await scene.upstream.sha("api"), head: await scene.upstream.sha("ui") };
  await removeObject(scene, "refs/heads/ui^{tree}");
  const options = { signal: AbortSignal.timeout(10_000), ignoreWhitespace: false };
  await expect(scene.mirror.diff(range, options)).rejects.toThrow();
  expect(await scene.refresh()).toMatchObject({ recloned: true });
  expect((await scene.mirror.diff(range, options)).patch).toContain("diff --git");
  await expectWhole(scene);
});

test("what could not be told of a branch whose files were missing is told once they are there", async () => {
  await using scene = await mirroredScene((s) => {
    s.commit("main");
    for (const name of ["api", "sure"]) s.commit(name, { parent: "main", files: { [name]: `${name}\n` } });
  });
  for (const branch of ["sure", "api"]) await land(scene.upstream, "squash", `Land ${branch}`, branch);
  await scene.refresh();
  await removeObject(scene, "refs/heads/api:api");
  await using again = scene.reopen();
  await again.refresh(work());
  const howOf = (name: string) => again.snapshot?.branch(name)?.landed?.how;
  await expect.poll(() => howOf("sure")).toBe("squash");
  expect(howOf("api")).toBeUndefined();
  expect(await again.refresh(work())).toMatchObject({ recloned: true });
  await expect.poll(() => howOf("api")).toBe("squash");
});

test("while the remote is away, a damaged mirror stays as it is, says so, and shows its last state", async () => {
  await using scene = await stack();
  await scene.refresh();
  await truncatePacks(scene);
  await scene.upstream.commit("ui");
  await using again = scene.reopen();
  for (const mirror of [scene.mirror, again]) {
    scene.host.front = refuse(503);
    const failure = await failureOf(mirror.refresh(work()));
    expect(failure?.retryable).toBe(true);
    expect(failure?.code).toBe(mirror === again ? "sync/mirror-corrupt" : "sync/remote-error");
  }
  expect(scene.mirror.snapshot?.generation).toBe(1);
  expect(await readdir(dirname(scene.dir))).toEqual([basename(scene.dir)]);
  scene.host.front = undefined;
  expect(await again.refresh(work())).toMatchObject({ recloned: true });
  await expectWhole(scene);
});

test("a mirror that is damaged again at once is not cloned again and again", async () => {
  await using scene = await stack();
  await scene.refresh();
  await writeFile(join(scene.dir, "HEAD"), "junk");
  await scene.upstream.commit("ui");
  expect(await scene.refresh()).toMatchObject({ recloned: true });
  await writeFile(join(scene.dir, "HEAD"), "junk");
  await scene.upstream.commit("ui");
  const failure = await failureOf(scene.refresh());
  expect(failure).toMatchObject({ code: "sync/mirror-corrupt", retryable: true });
  expect(failure?.retryAfterMs).toBeGreaterThan(500_000);
  expect(await readFile(join(scene.dir, "HEAD"), "utf8")).toBe("junk");
  expect(scene.mirror.snapshot?.generation).toBe(2);
});

test("a remote that lost most of its branches is held also when the mirror is damaged", async () => {
  await using scene = await mirroredScene((s) => {
    s.commit("main");
    for (let branch = 0; branch < 12; branch++) s.stacked(`b${branch}`, "main");
  });
  await scene.refresh();
  for (let branch = 0; branch < 12; branch++)
    await scene.upstream.git("update-ref", "-d", `refs/heads/b${branch}`);
  await writeFile(join(scene.dir, "HEAD"), "junk");
  // The remote's HEAD is compared first, so that the damage is met before the loss.
  await scene.upstream.git("symbolic-ref", "HEAD", "refs/heads/other");
  const held = await scene.refresh();
  expect(held.outcome).toBe("held");
  expect(scene.mirror.snapshot?.counts.branches).toBe(12);
  const confirmed = await scene.mirror.refresh(work([held.hold?.id ?? ""]));
  expect(confirmed.outcome).toBe("updated");
  await expectWhole(scene);
});

test("whoever is killed while mirrors are exchanged leaves one of the two, which is used", async () => {
  await using scene = await stack();
  await scene.refresh();
  const half = `${scene.dir}.new-aaaaaaaa`;
  const whole = `${scene.dir}.new-bbbbbbbb`;
  await cp(scene.dir, whole, { recursive: true });
  await cp(scene.dir, half, { recursive: true });
  await rm(join(half, "stackit-mirror.json"));
  await rename(scene.dir, `${scene.dir}.old-cccccccc`);
  const asked = scene.host.requests.length;
  await using again = scene.reopen();
  expect((await again.refresh(work())).outcome).toBe("updated");
  expect(scene.host.requests.slice(asked)).toEqual(["POST /repo.git/git-upload-pack"]);
  await expectWhole(scene);
});

test("a lock that another process has just left does not fail a sync (B2, B3)", async () => {
  await using scene = await stack();
  await scene.refresh();
  await mkdir(join(scene.dir, "refs", "heads"), { recursive: true });
  await writeFile(join(scene.dir, "refs", "heads", "ui.lock"), "");
  await writeFile(join(scene.dir, "packed-refs.lock"), "");
  await scene.upstream.commit("ui");
  await scene.upstream.git("update-ref", "-d", "refs/heads/api");
  expect(await scene.refresh()).toMatchObject({ outcome: "updated" });
  await expectWhole(scene);
});

test("a replica that lacks what another one announced costs a run, and no clone", async () => {
  await using scene = await stack();
  await scene.refresh();
  const { upstream, host } = scene;
  await upstream.gitIn(upstream.root, "clone", "--quiet", "--bare", "repo.git", "lagging.git");
  await upstream.commit("ui");
  host.front = on("fetch", answerFrom("lagging.git"));
  expect(await failureOf(scene.refresh())).toMatchObject({ code: "sync/remote-error", retryable: true });
  host.front = undefined;
  const run = await scene.refresh();
  expect(run.outcome).toBe("updated");
  expect(run.recloned).toBeUndefined();
  await expectWhole(scene);
});
