import { expect, test } from "vitest";
import type { StackDetail } from "../../src/contract/view.ts";
import type { GraphSnapshot } from "../../src/repos/graph-snapshot.ts";
import type { Departed } from "../../src/stacks/departed.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import type { Scene } from "../support/git-scene.ts";
import { begun, goOn, land } from "../support/landings.ts";
import { mirroredScene } from "../support/mirrored-scene.ts";
import { copyOf } from "../support/read-copy.ts";
import type { SceneWriter } from "../support/scene-import.ts";

const METHODS = ["merge", "squash", "rebase"] as const;

const stackOf = (snapshot: GraphSnapshot | undefined, root: string): StackDetail | undefined =>
  snapshot?.stack(root);
const layersOf = (snapshot: GraphSnapshot | undefined, root: string): string[] | undefined =>
  stackOf(snapshot, root)?.landed?.map(({ name, how }) => `${name} ${how}`);

const landingsOf = (store: Store) => ({
  patchIds: store.patchIds,
  landed: store.landed("one"),
  departed: store.departed("one"),
});

/** As most forges do once a pull request has landed, with what a tool recorded of it. */
async function remove(scene: Scene, branch: string): Promise<void> {
  await scene.git("update-ref", "-d", `refs/heads/${branch}`);
  await scene.git("update-ref", "-d", `refs/stackit/metadata/${branch}`);
}

test.each(METHODS.flatMap((method) => [true, false].map((recorded) => ({ method, recorded }))))(
  "a branch that landed by $method and was deleted at once stays a layer of the stack, recorded $recorded",
  async ({ method, recorded }) => {
    await using scene = await begun({ commits: 3, recorded, child: true });
    await using store = await openStore(":memory:");
    await using copy = copyOf(scene.path, undefined, { landings: landingsOf(store) });
    await copy.refresh();
    const revision = await scene.sha("api");
    const commit = await land(scene, method);
    await remove(scene, "api");
    await copy.refresh();
    await expect.poll(() => layersOf(copy.snapshot, "ui")).toEqual([`api ${method}`]);
    expect(stackOf(copy.snapshot, "ui")?.landed).toMatchObject([{ name: "api", revision, commit }]);
    expect(copy.snapshot.view().stacks.map(({ landed }) => landed?.length)).toEqual([1]);
    expect(copy.published.at(-1)?.stacks.changed).toEqual(["ui"]);
    const ui = copy.snapshot.branch("ui");
    expect(ui).toMatchObject({ parent: "main", commitCount: 1, needsRestack: method !== "merge" });
    expect(ui?.problems).toBeUndefined();
    if (recorded) expect(ui?.edge.agreed).toBe(true);

    // Also once the child stands on the trunk, and after a restart.
    await goOn(scene, "on the same lines");
    await scene.git("update-ref", "refs/heads/ui", "main");
    await scene.commit("ui", { files: { "ui.txt": "on main\n" } });
    await copy.refresh();
    expect(layersOf(copy.snapshot, "ui")).toEqual([`api ${method}`]);
    await using again = copyOf(scene.path, undefined, { landings: landingsOf(store) });
    await again.refresh();
    expect(layersOf(again.snapshot, "ui")).toEqual([`api ${method}`]);
  },
);

test("what was taken away without having landed leaves no layer, and shows up once its commits land", async () => {
  await using scene = await begun({ commits: 3, recorded: true, child: true });
  await using store = await openStore(":memory:");
  await using copy = copyOf(scene.path, undefined, { landings: landingsOf(store) });
  await copy.refresh();
  const tip = await scene.sha("api");
  await remove(scene, "api");
  await copy.refresh();
  // Another one lands, so that its mark tells when all have been looked at.
  await scene.commit("sure", { parent: "main", files: { "sure.txt": "1\n" } });
  const main = await scene.git("commit-tree", "-m", "Sure", "-p", "main", "sure^{tree}");
  await scene.git("update-ref", "refs/heads/main", main);
  await copy.refresh();
  await expect.poll(() => copy.snapshot.branch("sure")?.landed?.how).toBe("squash");
  expect(layersOf(copy.snapshot, "ui")).toBeUndefined();

  await scene.git("update-ref", "refs/heads/api", tip);
  await land(scene, "squash");
  await remove(scene, "api");
  await copy.refresh();
  await expect.poll(() => layersOf(copy.snapshot, "ui")).toEqual(["api squash"]);
});

test("a branch that is back is a branch, and no layer beside it", async () => {
  await using scene = await begun({ commits: 1, recorded: true, child: true });
  await using copy = copyOf(scene.path);
  await copy.refresh();
  const tip = await scene.sha("api");
  await land(scene, "squash");
  await scene.git("update-ref", "-d", "refs/heads/api");
  await copy.refresh();
  await expect.poll(() => layersOf(copy.snapshot, "ui")).toEqual(["api squash"]);
  await scene.git("update-ref", "refs/heads/api", tip);
  await copy.refresh();
  expect(copy.snapshot.view().stacks.map(({ landed }) => landed)).toEqual([undefined]);
  expect(copy.snapshot.branch("api")?.landed?.how).toBe("squash");
});

/** `api`, `ui` on it, and on that `docs` and `shop`. */
const threeLayers = (s: SceneWriter): void => {
  s.commit("main", { files: { "shop.txt": "one\n" } });
  s.commit("api", { files: { "api.txt": "new\n" } });
  s.commit("ui", { parent: "api", files: { "ui.txt": "new\n" } });
  s.commit("docs", { parent: "ui", files: { "docs.txt": "new\n" } });
  s.commit("shop", { parent: "ui", files: { "more.txt": "new\n" } });
};

test("a mirror tells of a landing that came with the deletion, layer by layer, in each stack that stood on it", async () => {
  await using store = await openStore(":memory:");
  const headMoves = store.headMoves("one");
  await using scene = await mirroredScene(threeLayers, { landings: landingsOf(store), headMoves });
  await scene.refresh();
  const { upstream } = scene;
  await land(upstream, "squash");
  await remove(upstream, "api");
  await scene.refresh();
  await expect.poll(() => layersOf(scene.mirror.snapshot, "ui")).toEqual(["api squash"]);

  const onMain = await upstream.git("commit-tree", "-m", "Land ui", "-p", "main", "ui^{tree}");
  await upstream.git("update-ref", "refs/heads/main", onMain);
  await remove(upstream, "ui");
  await scene.refresh();
  for (const root of ["docs", "shop"]) {
    await expect.poll(() => layersOf(scene.mirror.snapshot, root)).toEqual(["api squash", "ui squash"]);
  }
  await using again = scene.reopen();
  await again.refresh({ signal: AbortSignal.timeout(60_000), confirmed: new Set(), expected: [] });
  expect(layersOf(again.snapshot, "docs")).toEqual(["api squash", "ui squash"]);

  // With the last that stood on them the story ends.
  await remove(upstream, "docs");
  await scene.refresh();
  expect(layersOf(scene.mirror.snapshot, "shop")).toEqual(["api squash", "ui squash"]);
  expect(stackOf(scene.mirror.snapshot, "docs")).toBeUndefined();
});

test("of commits that were collected since their branch left nothing is said, and of others all", async () => {
  await using scene = await begun({ commits: 3, recorded: false, child: true });
  await using store = await openStore(":memory:");
  const tip = "1".repeat(40);
  const question = { tip, base: await scene.sha("main"), commits: [tip], grounds: [await scene.sha("main")] };
  await store
    .departed("one")
    .remember([{ name: "old", tip, title: "Old", children: ["ui"], question, leftAtMs: Date.now() }]);
  await land(scene, "squash");
  await using copy = copyOf(scene.path, undefined, { landings: landingsOf(store) });
  await copy.refresh();
  await expect.poll(() => copy.snapshot.branch("api")?.landed?.how).toBe("squash");
  expect(layersOf(copy.snapshot, "api")).toBeUndefined();
  expect(await store.patchIds.getMany([tip])).toEqual(new Map());
});

test("of the branches that left, the newest are remembered, and none for ever", async () => {
  const leftAtMs = Date.now();
  const departed = (name: string, ageMs = 0): Departed => {
    return { name, tip: "a".repeat(40), title: name, children: ["ui"], leftAtMs: leftAtMs - ageMs };
  };
  const many = Array.from({ length: 1_000 }, (_, index) => departed(`gone-${index}`));
  const recall = async () => [departed("long-gone", 91 * 86_400_000), ...many];
  const store = { recall, remember: async () => {}, forget: async () => {} };
  await using scene = await mirroredScene(
    (s) => {
      s.commit("main");
      s.stacked("api", "main");
      s.stacked("ui", "api");
    },
    { landings: { departed: store } },
  );
  await scene.refresh();
  await scene.upstream.git("branch", "-D", "api");
  await scene.refresh();
  const names = scene.mirror.snapshot?.parts.departed.map(({ name }) => name);
  expect(names).toHaveLength(1_000);
  expect(names?.at(-1)).toBe("api");
  expect(names).not.toContain("long-gone");
});
