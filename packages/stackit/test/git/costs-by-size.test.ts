import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RefLooker } from "../../src/git/wire/ls-refs.ts";
import type { GraphSnapshot } from "../../src/repos/graph-snapshot.ts";
import type { ForgeDesk } from "../../src/submit/forge-desk.ts";
import { readStack } from "../../src/submit/read-stack.ts";
import { submitSource } from "../../src/submit/submit-source.ts";
import { type Cost, costOf, expectNoMore, nothingBehind } from "../support/costs.ts";
import { CountingSpawner } from "../support/counting-spawner.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { type MirroredScene, mirroredScene } from "../support/mirrored-scene.ts";
import { copyOf } from "../support/read-copy.ts";
import limits from "./costs-by-size.json" with { type: "json" };

const MAKE_REPO = fileURLToPath(new URL("../../../../bench/make-repo.mjs", import.meta.url));
/** A short history: how long it is changes none of the numbers. */
const SIZES = [
  { branches: 50, stacks: 12 },
  { branches: 1_000, stacks: 250 },
] as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "stackit-costs-"));
  for (const { branches, stacks } of SIZES) {
    const args = ["--out", join(folder, String(branches)), "--branches", branches, "--stacks", stacks];
    const history = ["--trunk-commits", 600, "--files", 100];
    await promisify(execFile)(process.execPath, [MAKE_REPO, ...args, ...history].map(String));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const fill = (scene: Scene, branches: number) =>
  cp(join(folder, String(branches)), scene.path, { recursive: true });

/** The tallest stack, from below. */
function tallest(snapshot: GraphSnapshot | undefined): { root: string; middle: string; top: string } {
  const stacks = snapshot?.view().stacks.toSorted((a, b) => b.branches.length - a.branches.length) ?? [];
  const names = stacks[0]?.branches.map(({ name }) => name) ?? [];
  return { root: names[0] ?? "", middle: names[Math.floor(names.length / 2)] ?? "", top: names.at(-1) ?? "" };
}

/** Reading a view asks nobody for anything; its bytes are those of the answer. */
async function costOfView(
  spawner: CountingSpawner,
  snapshot: () => GraphSnapshot | undefined,
): Promise<Cost> {
  let bytes = 0;
  const cost = await costOf({ spawner }, async () => {
    bytes = Buffer.byteLength(JSON.stringify(snapshot()?.view()));
  });
  return { ...cost, bytes };
}

test.each(SIZES)(
  "readings of a repository of $branches branches cost no more than what is written down",
  async ({ branches }) => {
    await using scene = await createScene(undefined, { bare: true });
    await fill(scene, branches);
    const spawner = new CountingSpawner();
    await using copy = copyOf(scene.path, spawner, nothingBehind());
    const costs: Record<string, Cost> = {};
    const refresh = () => costOf({ spawner }, () => copy.refresh());
    costs["first snapshot"] = await refresh();
    costs["nothing changed"] = await refresh();
    const { middle, top } = tallest(copy.snapshot);
    await scene.commit(top);
    costs["one branch changed"] = await refresh();
    await scene.commit(middle);
    costs["a parent changed"] = await refresh();
    costs["a view read"] = await costOfView(spawner, () => copy.snapshot);
    expectNoMore(costs, limits.copy[`${branches}`]);
  },
);

test.each(SIZES)(
  "syncs of a mirror of $branches branches cost no more than what is written down",
  async ({ branches }) => {
    await using scene = await mirroredScene(undefined, { ...nothingBehind(), trialsDir: folder });
    const { upstream, spawner, mirror } = scene;
    await fill(upstream, branches);
    const costs: Record<string, Cost> = {};
    const refresh = () => costOf(scene, () => scene.refresh());
    costs["first snapshot"] = await refresh();
    costs["without news"] = await refresh();
    const { root, middle, top } = tallest(mirror.snapshot);
    await upstream.commit(top);
    costs["one branch pushed"] = await refresh();
    await upstream.commit(middle);
    costs["a parent pushed"] = await refresh();
    costs["a view read"] = await costOfView(spawner, () => mirror.snapshot);
    costs["the plan of a submit"] = await costOf(scene, () => plan(scene, root));
    expectNoMore(costs, limits.mirror[`${branches}`]);
  },
);

test.each(SIZES)(
  "what a restack would do costs no more than is written down, of $branches branches",
  async ({ branches }) => {
    await using scene = await createScene(undefined, { bare: true });
    await fill(scene, branches);
    const spawner = new CountingSpawner();
    await using copy = copyOf(scene.path, spawner);
    await copy.refresh();
    await copy.repo.settled();
    const { middle } = tallest(copy.snapshot);
    await scene.commit(middle, { files: { "restack.txt": "meanwhile\n" } });
    const cost = await costOf({ spawner }, async () => {
      await copy.refresh();
      await copy.repo.settled();
    });
    const above = copy.snapshot
      .view()
      .stacks.flatMap((stack) => stack.branches)
      .find(({ parent }) => parent === middle);
    expect(above?.restack).toMatchObject({ state: "parent-moved", preview: { state: "clean" } });
    expectNoMore({ "a parent changed, and its restack tried": cost }, limits.restack[`${branches}`]);
  },
);

/** In the name of somebody who may push, while there are no pull requests. */
async function plan({ mirror, spawner }: MirroredScene, stack: string): Promise<void> {
  const source = submitSource(mirror, spawner);
  if (!source) throw new Error("nothing to submit");
  using looker = new RefLooker();
  const { url } = mirror.place;
  const reader = {
    spawner,
    looker,
    scratchDir: folder,
    forgeOf: () => ({ owner: "octo", name: "shop", url }),
    openForge: () => emptyForge,
    noreplyHost: "users.noreply.example.com",
    wallNow: () => 0,
  };
  await using reading = await readStack(reader, {
    source,
    stack,
    account: { kind: "token", token: "" },
    wishes: { draft: false, ready: false, reviewers: [], labels: [], nativeStack: false },
    signal: AbortSignal.timeout(60_000),
  });
  expect(reading.plan.branches.length).toBeGreaterThan(5);
}

const noWrite = () => Promise.reject(new Error("a plan changes nothing"));
const emptyForge: ForgeDesk = {
  owner: "octo",
  find: async () => ({ login: "mira", mayPush: true, pullRequests: new Map(), guarded: new Map() }),
  create: noWrite,
  update: noWrite,
  markReady: noWrite,
  requestReviewers: noWrite,
  addLabels: noWrite,
  nativeStackOf: noWrite,
  createNativeStack: noWrite,
  extendNativeStack: noWrite,
};
