import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { GraphSnapshot } from "../../src/repos/graph-snapshot.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { truncatePacks } from "../support/mirror-damages.ts";
import { mirroredScene } from "../support/mirrored-scene.ts";
import { copyOf, edgesOf, noteCodes, problemsOf } from "../support/read-copy.ts";
import type { SceneWriter } from "../support/scene-import.ts";

const RECORD = "refs/stackit/metadata/sk/b";
const NOWHERE = "1234567890123456789012345678901234567890";

/** A stack of two that only its metadata tells: by their commits both stand on the trunk. */
function recordedStack(writer: SceneWriter): void {
  writer.commit("main");
  for (const name of ["sk/a", "sk/b", "other"]) writer.commit(name, { parent: "main" });
  writer.metadata("sk/a", { parentBranchName: "main" });
  writer.metadata("sk/b", { parentBranchName: "sk/a", prInfo: { number: 7, state: "OPEN" } });
}

async function nameNothing(scene: Scene): Promise<void> {
  const file = join(scene.gitDir, RECORD);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${NOWHERE}\n`);
}

const DAMAGES: readonly (readonly [string, (scene: Scene) => Promise<unknown>])[] = [
  ["is no JSON any more", (scene) => scene.metadata("sk/b", '{"parentBranchName": "sk')],
  ["names an object that is missing", nameNothing],
  ["names a commit", (scene) => scene.git("update-ref", RECORD, "main")],
];

/** What the branch shows of its record, and when it says that this was read. */
function toldOf(snapshot: GraphSnapshot | undefined) {
  const { parent, pr, edge, problems } = snapshot?.branch("sk/b") ?? expect.fail("the branch is not shown");
  const source = edge.sources.find((one) => one.source === "stackit");
  return { parent, pr: pr?.number, readAt: source?.observedAt, prReadAt: pr?.observedAt, problems };
}

const isoWords = (instant: string | undefined) => instant?.replace(/\.\d+Z$/, "Z") ?? expect.fail("no time");

test.each(DAMAGES)(
  "a record that %s is shown as it was, with the time at which it was read",
  async (_, harm) => {
    await using scene = await createScene(recordedStack);
    await using copy = copyOf(scene.path);
    await copy.refresh();
    const whole = edgesOf(copy.snapshot).toSorted();
    const damagedAtMs = Date.now();
    await harm(scene);
    // Whatever else changes, also the branch itself, makes it no newer.
    await scene.commit("sk/b");
    await copy.refresh();
    await scene.commit("sk/b");
    await copy.refresh();

    expect(edgesOf(copy.snapshot).toSorted()).toEqual(whole);
    const told = toldOf(copy.snapshot);
    expect(told).toMatchObject({ parent: "sk/a", pr: 7, prReadAt: told.readAt });
    expect(Date.parse(told.readAt ?? "")).toBeLessThanOrEqual(damagedAtMs);
    expect(told.problems).toEqual([
      {
        code: "metadata-unreadable",
        detail: expect.stringContaining(`is shown as it was read at ${isoWords(told.readAt)}.`),
      },
    ]);
    expect(copy.snapshot.notes).toEqual([
      {
        code: "source-unreadable",
        detail: `The metadata of sk/b cannot be read. It is shown as it was read at ${isoWords(told.readAt)}.`,
      },
    ]);

    await scene.metadata("sk/b", { parentBranchName: "other" });
    await copy.refresh();
    expect(toldOf(copy.snapshot)).toMatchObject({ parent: "other", pr: undefined, problems: undefined });
    expect(copy.snapshot.notes).toEqual([]);
  },
);

test("a record that is gone is gone, also when it was damaged before", async () => {
  await using scene = await createScene(recordedStack);
  await using copy = copyOf(scene.path);
  await copy.refresh();
  await scene.metadata("sk/b", "no record");
  await copy.refresh();
  await scene.git("update-ref", "-d", RECORD);
  await copy.refresh();
  expect(toldOf(copy.snapshot)).toMatchObject({ parent: "main", pr: undefined, problems: undefined });
  expect(copy.snapshot.notes).toEqual([]);

  await scene.metadata("sk/b", "no record");
  await copy.refresh();
  expect(toldOf(copy.snapshot)).toMatchObject({ parent: "main", pr: undefined });
});

test("where no record could ever be read, the branch and the page say that stacks may be incomplete", async () => {
  await using scene = await createScene((writer) => {
    writer.commit("main");
    for (const name of ["sk/a", "sk/b"]) {
      writer.commit(name, { parent: "main" });
      writer.metadata(name, "no record");
    }
    // Of a branch that is no more.
    writer.metadata("gone", "no record");
  });
  await using copy = copyOf(scene.path);
  await copy.refresh();
  const { problems = [] } = toldOf(copy.snapshot);
  expect(problems).toEqual([
    {
      code: "metadata-unreadable",
      detail: "The metadata is not JSON. What it said is not known, so its stack may be incomplete.",
    },
  ]);
  expect(copy.snapshot.notes).toEqual([
    {
      code: "source-unreadable",
      detail:
        "The metadata of sk/a and of 1 branch more cannot be read, and what it said is not known. Stacks may be incomplete.",
    },
  ]);
});

test("a mirror keeps the last readable record, also when it is cloned anew", async () => {
  await using scene = await mirroredScene(recordedStack);
  const { mirror, upstream } = scene;
  await scene.refresh();
  const whole = edgesOf(mirror.snapshot ?? expect.fail("nothing is shown")).toSorted();
  await upstream.metadata("sk/b", "no record");
  await scene.refresh();
  const told = toldOf(mirror.snapshot);
  expect(told).toMatchObject({ parent: "sk/a", pr: 7 });

  await truncatePacks(scene);
  await upstream.commit("other");
  const { outcome } = await scene.refresh();
  expect(outcome).toBe("updated");
  expect(toldOf(mirror.snapshot)).toEqual(told);
  expect(edgesOf(mirror.snapshot ?? expect.fail()).toSorted()).toEqual(whole);
  expect(noteCodes(mirror.snapshot ?? expect.fail())).toEqual(["source-unreadable"]);
});

test("a damaged record still says what the trunk is", async () => {
  await using scene = await createScene((writer) => {
    writer.commit("main");
    writer.commit("next", { parent: "main" });
    for (const name of ["a", "b"]) {
      writer.commit(name, { parent: "next" });
      writer.metadata(name, { parentBranchName: "next" });
    }
  });
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(copy.snapshot.trunk).toBe("next");
  await scene.metadata("a", "no record");
  await copy.refresh();
  expect(copy.snapshot.trunk).toBe("next");
  expect(edgesOf(copy.snapshot).toSorted()).toEqual(["a<next", "b<next"]);
});

test("what a gone branch's record said still leads those above it to a living parent", async () => {
  await using scene = await createScene((writer) => {
    recordedStack(writer);
    writer.metadata("gone", { parentBranchName: "sk/a" });
    writer.metadata("other", { parentBranchName: "gone" });
  });
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(copy.snapshot.branch("other")?.parent).toBe("sk/a");
  await scene.metadata("gone", "no record");
  await copy.refresh();
  expect(copy.snapshot.branch("other")?.parent).toBe("sk/a");
  expect(problemsOf(copy.snapshot, "other")).toEqual(["parent-missing"]);
});
