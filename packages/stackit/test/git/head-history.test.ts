import { expect, test } from "vitest";
import type { HeadMoveStore } from "../../src/repos/head-history.ts";
import type { Mirror } from "../../src/repos/mirror.ts";
import { openStore } from "../../src/store/open-store.ts";
import { drawGraph } from "../support/draw-graph.ts";
import { on, refuse } from "../support/git-host-behaviours.ts";
import { type MirroredScene, mirroredScene } from "../support/mirrored-scene.ts";
import type { SceneWriter } from "../support/scene-import.ts";

/** A mirror that remembers in a real database, which counts what is written. */
async function remembering(write: (writer: SceneWriter) => void) {
  const store = await openStore(":memory:");
  const moves = store.headMoves("mirror:shop");
  const writes: string[] = [];
  const headMoves: HeadMoveStore = {
    recall: () => moves.recall(),
    ofBranch: (ref) => moves.ofBranch(ref),
    announce: (leaving) => {
      writes.push("announce");
      return moves.announce(leaving);
    },
    forget: () => moves.forget(),
    drop: (oids) => moves.drop(oids),
    settle: (settled) => {
      writes.push("settle");
      return moves.settle(settled);
    },
  };
  const scene = await mirroredScene(write, { headMoves });
  return {
    ...scene,
    writes,
    moves: async () =>
      (await moves.recall()).moves.map(({ ref, kind }) => `${kind} ${ref.replace("refs/heads/", "")}`),
    leaving: async () => (await moves.recall()).leaving,
    async [Symbol.asyncDispose]() {
      await scene[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** Plain branches, as people without a stacking tool push them. */
const plainStack = (s: SceneWriter) => {
  s.commit("main");
  s.commit("api", { parent: "main" });
  s.commit("ui", { parent: "api" });
};

const work = () => ({ signal: AbortSignal.timeout(60_000), confirmed: new Set<string>(), expected: [] });

function drawn({ snapshot }: Mirror): string {
  return snapshot ? drawGraph(snapshot.parts.graph) : "";
}

async function keptIn({ upstream, dir }: MirroredScene): Promise<string[]> {
  const refs = await upstream.gitIn(
    dir,
    "for-each-ref",
    "--format=%(objectname) %(refname)",
    "refs/stackit-kept",
  );
  return refs.split("\n").filter(Boolean);
}

const kept = (oid: string) => `${oid} refs/stackit-kept/${oid}`;

test("a branch stays on a parent that was rewritten, before and after a restart", async () => {
  await using scene = await remembering(plainStack);
  await scene.refresh();
  const { upstream, mirror } = scene;
  await upstream.amend("api", "Another word");
  await scene.refresh();
  expect(drawn(mirror)).toBe("main\n  api\n    ui  by remembered-tip, parent-moved");
  const [shown, restack] = [drawn(mirror), mirror.snapshot?.branch("ui")?.restack];
  await mirror[Symbol.asyncDispose]();
  await using again = scene.reopen();
  await again.refresh(work());
  expect(drawn(again)).toBe(shown);
  expect(again.snapshot?.branch("ui")?.restack).toEqual(restack);
});

test("a branch stays on a parent that has gone on, push after push, before and after a restart", async () => {
  await using scene = await remembering(plainStack);
  await scene.refresh();
  for (let push = 0; push < 3; push++) {
    await scene.upstream.commit("api");
    await scene.refresh();
    expect(drawn(scene.mirror)).toBe("main\n  api\n    ui  by remembered-tip, parent-moved");
  }
  await using again = scene.reopen();
  await again.refresh(work());
  expect(drawn(again)).toBe(drawn(scene.mirror));
});

test("a branch that was made where another one stood, and left, takes nothing with it", async () => {
  await using scene = await remembering((s) => {
    plainStack(s);
    s.branch("a-new-one", "api");
  });
  await scene.refresh();
  await scene.upstream.commit("a-new-one");
  await scene.refresh();
  await scene.upstream.commit("api");
  await scene.refresh();
  expect(drawn(scene.mirror)).toBe(
    "main\n  api\n    a-new-one  by remembered-tip, parent-moved\n    ui  by remembered-tip, parent-moved",
  );
});

test("a branch that was deleted and made again is another one", async () => {
  await using scene = await remembering((s) => {
    plainStack(s);
    s.commit("other");
  });
  await scene.refresh();
  await scene.upstream.git("update-ref", "-d", "refs/heads/api");
  await scene.refresh();
  await scene.upstream.git("update-ref", "refs/heads/api", "other");
  await scene.upstream.commit("api");
  await scene.refresh();
  expect(drawn(scene.mirror)).toBe("main\n  other\n    api\n  ui");
  await using again = scene.reopen();
  await again.refresh(work());
  expect(drawn(again)).toBe(drawn(scene.mirror));
});

test("what was rewritten or deleted survives the collection of garbage, and nobody sees it", async () => {
  await using scene = await remembering(plainStack);
  await scene.refresh();
  const { upstream, dir } = scene;
  const [api, ui, main] = [await upstream.sha("api"), await upstream.sha("ui"), await upstream.sha("main")];
  await upstream.amend("api", "Another word");
  await upstream.git("update-ref", "-d", "refs/heads/ui");
  await upstream.amend("main", "Another beginning");
  const run = await scene.refresh();
  expect(run.refs.changes.map(({ ref, kind }) => `${kind} ${ref}`)).toEqual([
    "rewritten refs/heads/api",
    "rewritten refs/heads/main",
    "deleted refs/heads/ui",
  ]);
  expect(await keptIn(scene)).toEqual([api, ui, main].map(kept).sort());
  await upstream.gitIn(dir, "gc", "--quiet", "--prune=now");
  for (const oid of [api, ui, main]) expect(await upstream.gitIn(dir, "cat-file", "-t", oid)).toBe("commit");
  expect((await scene.refresh()).outcome).toBe("unchanged");
  expect(scene.mirror.snapshot?.branches().map(({ name }) => name)).toEqual(["api"]);
  expect(scene.mirror.snapshot?.counts.branches).toBe(1);
  await using again = scene.reopen();
  await again.refresh(work());
  expect(again.refOid(`refs/stackit-kept/${api}`)).toBeUndefined();
  expect(drawn(again)).toBe(drawn(scene.mirror));
});

test("a push that goes forward, to a branch or to the trunk, costs no process more and keeps no ref", async () => {
  await using scene = await remembering(plainStack);
  await scene.refresh();
  for (const branch of ["ui", "main"]) {
    scene.spawner.take();
    await scene.upstream.commit(branch);
    await scene.refresh();
    const { commands } = scene.spawner.take();
    expect(commands.filter((command) => command === "update-ref")).toHaveLength(1);
  }
  expect(await keptIn(scene)).toEqual([]);
  expect(await scene.moves()).toEqual(["forward main", "forward ui"]);
});

test("what is deleted is kept by the process that deletes it, once for all branches on one commit", async () => {
  await using scene = await remembering((s) => {
    plainStack(s);
    s.branch("twin", "ui");
  });
  await scene.refresh();
  const ui = await scene.upstream.sha("ui");
  for (const name of ["ui", "twin"]) await scene.upstream.git("update-ref", "-d", `refs/heads/${name}`);
  scene.spawner.take();
  await scene.refresh();
  expect(scene.spawner.take().commands.filter((command) => command === "update-ref")).toHaveLength(1);
  expect(await keptIn(scene)).toEqual([kept(ui)]);
  expect((await scene.moves()).sort()).toEqual(["deleted twin", "deleted ui"]);
});

test("a refresh that finds nothing new writes nothing", async () => {
  await using scene = await remembering(plainStack);
  await scene.refresh();
  await scene.refresh();
  expect(scene.writes).toEqual([]);
  await scene.upstream.metadata("ui", { parentBranchName: "api" });
  await scene.refresh();
  expect(scene.writes).toEqual([]);
});

for (const diesAt of ["diff-tree", "update-ref"]) {
  test(`a tip that a fetch moved away before the process died at ${diesAt} is kept at the next start`, async () => {
    await using scene = await remembering(plainStack);
    await scene.refresh();
    const api = await scene.upstream.sha("api");
    await scene.upstream.amend("api", "Another word");
    scene.spawner.failNext = diesAt;
    await expect(scene.refresh()).rejects.toThrow();
    expect(await scene.leaving()).toMatchObject([{ ref: "refs/heads/api", old: api }]);
    await using again = scene.reopen();
    await again.refresh(work());
    expect(await keptIn(scene)).toEqual([kept(api)]);
    expect(await scene.moves()).toEqual(["rewritten api"]);
    expect(await scene.leaving()).toEqual([]);
    expect(drawn(again)).toBe("main\n  api\n    ui  by remembered-tip, parent-moved");
  });
}

test("a run that broke off while it fetched leaves no move behind", async () => {
  await using scene = await remembering(plainStack);
  await scene.refresh();
  const api = await scene.upstream.sha("api");
  await scene.upstream.amend("api", "Another word");
  scene.spawner.failNext = "unpack-objects";
  await expect(scene.refresh()).rejects.toThrow();
  expect(await scene.leaving()).toMatchObject([{ old: api }]);
  await scene.upstream.git("update-ref", "refs/heads/api", api);
  await using again = scene.reopen();
  await again.refresh(work());
  expect(await scene.moves()).toEqual([]);
  expect(await scene.leaving()).toEqual([]);
  expect(await keptIn(scene)).toEqual([]);
});

test("of two pushes, the first of which was fetched but never shown, both former tips are kept", async () => {
  await using scene = await remembering(plainStack);
  await scene.refresh();
  const first = await scene.upstream.sha("api");
  const second = await scene.upstream.amend("api", "Another word");
  scene.spawner.failNext = "diff-tree";
  await expect(scene.refresh()).rejects.toThrow();
  await scene.upstream.amend("api", "Yet another");
  await scene.refresh();
  expect(await keptIn(scene)).toEqual([first, second].map(kept).sort());
  expect(await scene.moves()).toEqual(["rewritten api", "rewritten api"]);
});

test("what is announced again and again, since fetches fail, is written down once", async () => {
  await using scene = await remembering(plainStack);
  await scene.refresh();
  const { upstream, host } = scene;
  await upstream.amend("api", "Another word");
  host.front = on("fetch", refuse(500));
  for (let attempt = 0; attempt < 3; attempt++) await expect(scene.refresh()).rejects.toThrow();
  expect(await scene.leaving()).toHaveLength(1);
  await upstream.amend("ui", "Another word too");
  await expect(scene.refresh()).rejects.toThrow();
  expect((await scene.leaving()).map(({ ref }) => ref)).toEqual(["refs/heads/api", "refs/heads/ui"]);
  host.front = undefined;
  await scene.refresh();
  expect(await scene.leaving()).toEqual([]);
  expect((await scene.moves()).sort()).toEqual(["rewritten api", "rewritten ui"]);
});
