import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { BranchList } from "../../src/contract/view.ts";
import { openScratchFolder } from "../../src/store/scratch-folder.ts";
import { fingerprintTree } from "../support/fingerprint-tree.ts";
import { gitHttpHost } from "../support/git-http-host.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { standInForGit, stillRunning } from "../support/processes.ts";
import { serveFolders } from "../support/served-folders.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "stackit-data-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const scratches = async (dataDir: string): Promise<string[]> =>
  (await readdir(join(dataDir, "scratch"))).filter((name) => name !== "lock.sqlite");

const restackable = (): Promise<Scene> =>
  createScene((s) => {
    s.commit("main", { files: { "a.txt": "1\n" } });
    s.stacked("api", "main");
    s.stacked("ui", "api", { files: { "a.txt": "2\n" } });
    s.commit("api", { files: { "a.txt": "3\n" } });
  });

test("each has a folder of its own, which the end of it removes, and nobody else", async () => {
  const dataDir = await dataFolder();
  const one = await openScratchFolder(dataDir);
  await writeFile(join(one.path, "file"), "");
  const other = await openScratchFolder(dataDir);
  expect(other.path).not.toBe(one.path);
  expect(await readdir(one.path)).toContain("file");
  await one[Symbol.asyncDispose]();
  expect((await scratches(dataDir)).map((name) => join(dataDir, "scratch", name))).toEqual([other.path]);
  await other[Symbol.asyncDispose]();
  expect(await scratches(dataDir)).toEqual([]);
});

test("of several that start at once, none takes another's folder for one that nobody uses", async () => {
  const dataDir = await dataFolder();
  const program = `
    import { existsSync } from "node:fs";
    import { openScratchFolder } from ${JSON.stringify(new URL("../../src/store/scratch-folder.ts", import.meta.url).href)};
    for (let round = 0; round < 100; round++) {
      const scratch = await openScratchFolder(${JSON.stringify(dataDir)});
      await new Promise((done) => setTimeout(done, Math.random() * 3));
      if (!existsSync(scratch.path + "/lock.sqlite")) throw new Error("it was removed in round " + round);
      await scratch[Symbol.asyncDispose]();
    }`;
  const ends = Array.from({ length: 4 }, async () => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [code] = await once(child, "close");
    return code === 0 ? "" : said;
  });
  expect(await Promise.all(ends)).toEqual(["", "", "", ""]);
  await (await openScratchFolder(dataDir))[Symbol.asyncDispose]();
  expect(await scratches(dataDir)).toEqual([]);
});

test("what a server that was killed in the midst of a trial has left is removed by the next one, and no other's", async () => {
  await using scene = await restackable();
  const before = await fingerprintTree(scene.path);
  const dataDir = await dataFolder();
  await using git = await standInForGit(`
PATH=\${PATH#*:}
case "$*" in *merge-tree*) note $$; exec sleep 600;; esac
exec git "$@"`);
  const serve = (env?: Record<string, string>): Promise<ServerProcess> =>
    startServerProcess(["--cwd", scene.path, "--data-dir", dataDir], env);
  const trials = async (): Promise<string[]> =>
    (await readdir(join(dataDir, "scratch"), { recursive: true })).filter((name) => name.endsWith("HEAD"));
  const inTheMidst = async (count: number): Promise<void> => {
    await expect.poll(async () => (await git.pids()).length, { timeout: 20_000 }).toBe(count);
    expect(await trials()).toHaveLength(count);
  };
  await using living = await serve(git.env);
  await inTheMidst(1);
  const [ofLiving] = await trials();
  await using killed = await serve(git.env);
  await inTheMidst(2);
  killed.signal("SIGKILL");
  await killed.ended;
  expect(await scratches(dataDir)).toHaveLength(2);
  await using next = await serve();
  expect(await scratches(dataDir)).toHaveLength(2);
  expect(await trials()).toContain(ofLiving);
  for (const server of [living, next]) {
    server.signal("SIGTERM");
    expect(await server.ended, server.log).toBe(0);
  }
  expect(await scratches(dataDir)).toEqual([]);
  await expect.poll(async () => stillRunning(await git.pids())).toEqual([]);
  expect(await fingerprintTree(scene.path)).toEqual(before);
});

test("restacks of a mirror are tried too", async () => {
  await using scene = await restackable();
  await using host = await gitHttpHost(scene.root);
  await using server = await serveFolders([
    { kind: "mirror", id: "shop", url: new URL(`${host.url}/${scene.path.slice(scene.root.length + 1)}`) },
  ]);
  const preview = async () => {
    const { branches } = await server.get<BranchList>("/repos/shop/branches");
    return branches.find(({ name }) => name === "ui")?.restack.preview;
  };
  await expect.poll(preview).toMatchObject({ state: "conflicts", files: ["a.txt"] });
});
