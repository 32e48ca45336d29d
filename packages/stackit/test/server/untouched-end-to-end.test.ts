import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Branch, BranchList, StackList, View } from "../../src/contract/view.ts";
import { fingerprintTree } from "../support/fingerprint-tree.ts";
import { gitHttpHost } from "../support/git-http-host.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { eventThat, type ServedFolders, serveFolder } from "../support/served-folders.ts";
import { avFile, ghStackFile, writeSpiceData, writeToolFile } from "../support/tool-files.ts";

const HOOKS = ["post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc", "fsmonitor"];

/** A clone as people have them: changed files, a stale index, a linked worktree, refs in both storages, hooks that leave a mark, files of tools. */
async function makeLivedIn(scene: Scene, remoteUrl: string): Promise<void> {
  await scene.git("config", "core.logAllRefUpdates", "true");
  await scene.git("pack-refs", "--all");
  await scene.commit("api");
  await scene.addWorktree("ui", "worktree");
  await scene.makeDirty();
  await scene.git("switch", "--quiet", "-c", "loose/branch");
  await scene.git("config", "remote.origin.url", remoteUrl);
  await scene.git("config", "remote.origin.promisor", "true");
  await scene.git("config", "gc.auto", "1");
  await scene.git("config", "git-town-branch.ui.parent", "api");
  await writeSpiceData(scene, { api: "main", ui: "api" });
  await writeToolFile(scene, "gh-stack", ghStackFile("main", "api", "ui"));
  await writeToolFile(scene, "machete", "main\n\tapi\n\t\tui PR #2\n");
  await writeToolFile(scene, "av/av.db", avFile({ api: "main", ui: "api" }));
  await mkdir(join(scene.gitDir, "hooks"), { recursive: true });
  for (const hook of HOOKS) {
    const file = join(scene.gitDir, "hooks", hook);
    await writeFile(file, `#!/bin/sh\necho ran >> "${scene.root}/hook-ran"\n`);
    await chmod(file, 0o755);
  }
  await scene.git("config", "core.fsmonitor", join(scene.gitDir, "hooks", "fsmonitor"));
  await scene.git("config", "diff.external", `touch ${scene.root}/hook-ran`);
  await scene.git("config", "filter.mark.clean", `touch ${scene.root}/hook-ran`);
  await scene.git("config", "diff.mark.textconv", `touch ${scene.root}/hook-ran`);
  await writeFile(join(scene.path, ".gitattributes"), "*.txt filter=mark diff=mark\n");
}

async function syncOften(server: ServedFolders, times: number): Promise<number[]> {
  const kinds: [object, Record<string, string>][] = [
    [{}, {}],
    [{}, { prefer: "respond-async" }],
    [{}, { prefer: "return=minimal" }],
    [{ probe: true }, {}],
  ];
  const statuses: number[] = [];
  let left = times;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      const [body, headers] = kinds[left-- % kinds.length] ?? [{}, {}];
      const response = await server.sync(body, headers);
      await response.arrayBuffer();
      statuses.push(response.status);
    }
  };
  await Promise.all([worker(), worker()]);
  return statuses;
}

async function loadEverything(server: ServedFolders): Promise<number> {
  const encode = encodeURIComponent;
  const { stacks } = await server.get<StackList>("/repos/default/stacks");
  const { branches } = await server.get<BranchList>("/repos/default/branches");
  const names = [...branches.map(({ name }) => name), "main"];
  const { runs } = await server.get<{ runs: { id: string }[] }>("/repos/default/sync-runs");
  const paths = [
    "/config",
    "/repos",
    "/openapi.json",
    "/repos/default",
    "/repos/default/view",
    `/repos/default/sync-runs/${runs[0]?.id}`,
    ...stacks.map(({ rootBranch }) => `/repos/default/stacks/${encode(rootBranch)}`),
    ...names.map((name) => `/repos/default/branches/${encode(name)}`),
    ...branches.flatMap(({ name }) =>
      ["", "?base=trunk", "?w=1"].map((query) => `/repos/default/branch-diff/${encode(name)}${query}`),
    ),
  ];
  for (const path of paths) await server.get(path);
  for (const path of ["/", "/healthz", "/readyz", "/metrics", "/api/v1/docs", "/repos/default"]) {
    const response = await fetch(server.url + path);
    await response.arrayBuffer();
    expect(response.status, path).toBeLessThan(500);
  }
  return paths.length;
}

test("a working copy that is served, read and synced a thousand times is what it was, and its remote hears nothing (B35)", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
    s.stacked("deep/tests", "ui");
    s.commit("without-record", { parent: "api" });
  });
  await scene.addRemote();
  await using host = await gitHttpHost(scene.root);
  await makeLivedIn(scene, `${host.url}/repo-origin.git`);
  const before = await fingerprintTree(scene.root);
  expect((await readdir(join(scene.gitDir, "logs", "refs", "heads"))).length).toBeGreaterThan(0);

  {
    await using server = await serveFolder(scene.path);
    await using events = await server.events("/events");
    await eventThat(events, ({ name }) => name === "connected");
    let view = await server.get<View>("/repos/default/view");
    // What restacks would do is tried behind the first snapshot: that must leave no trace either.
    const awaitsPreview = ({ restack }: Branch): boolean =>
      restack.state === "parent-moved" && !restack.preview;
    while (view.stacks.some(({ branches }) => branches.some(awaitsPreview))) {
      await eventThat(events, ({ name }) => name === "refresh");
      view = await server.get<View>("/repos/default/view");
    }
    expect(view.stacks.flatMap(({ branches }) => branches)).toHaveLength(4);
    const ui = await server.get<Branch>("/repos/default/branches/ui");
    expect(ui.edge.sources.map(({ source }) => source)).toEqual([
      "stackit",
      "gh-stack",
      "git-spice",
      "git-town",
      "git-machete",
      "av",
      "ancestry",
    ]);
    expect(await loadEverything(server)).toBeGreaterThan(20);
    const statuses = await syncOften(server, 1_000);
    expect(statuses).toHaveLength(1_000);
    expect(new Set(statuses)).toEqual(new Set([200, 202, 204]));
    expect((await server.get<View>("/repos/default/view")).generation).toBe(view.generation);
    await loadEverything(server);
  }

  expect(await fingerprintTree(scene.root)).toBe(before);
  expect(host.requests).toEqual([]);
});
