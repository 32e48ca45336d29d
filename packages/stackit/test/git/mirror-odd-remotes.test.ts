import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { fingerprintTree } from "../support/fingerprint-tree.ts";
import { speakOldProtocol } from "../support/git-host-behaviours.ts";
import { type MirroredScene, mirroredScene } from "../support/mirrored-scene.ts";
import { testGit } from "../support/test-git.ts";

const stack = () =>
  mirroredScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  });

const shownNames = ({ mirror }: MirroredScene) => mirror.snapshot?.branches().map(({ name }) => name);

async function expectEqual({ refsOf, upstream, dir }: MirroredScene): Promise<void> {
  expect(await refsOf(dir)).toBe(await refsOf(upstream.path));
}

/** So many refs that git writes as fast as it writes one. */
async function addPacked({ upstream }: MirroredScene, names: readonly string[], oid: string): Promise<void> {
  await upstream.git("pack-refs", "--all");
  const path = join(upstream.gitDir, "packed-refs");
  const there = (await readFile(path, "utf8")).split("\n").filter((line) => /^[0-9a-f]/.test(line));
  const lines = [...there, ...names.map((name) => `${oid} ${name}`)];
  await writeFile(path, `# pack-refs with:\n${lines.join("\n")}\n`);
}

test("a mirror is bare and has no index, whatever its runs did (B6, B38)", async () => {
  await using scene = await stack();
  await scene.refresh();
  await scene.upstream.commit("ui");
  await scene.refresh();
  expect(await scene.upstream.gitIn(scene.dir, "config", "core.bare")).toBe("true");
  expect(await readdir(scene.dir)).not.toContain("index");
});

test("names that differ in case alone are two branches, and each is followed (B12)", async () => {
  await using scene = await stack();
  const { upstream } = scene;
  await upstream.git("branch", "Feature", "ui");
  await upstream.git("branch", "feature", "api");
  await scene.refresh();
  expect(shownNames(scene)).toEqual(expect.arrayContaining(["Feature", "feature"]));
  const sha = await upstream.commit("feature");
  expect((await scene.refresh()).refs.changes).toMatchObject([{ kind: "forward" }]);
  expect(scene.mirror.snapshot?.branch("feature")?.revision).toBe(sha);
  await expectEqual(scene);
});

test("branches whose names look like options are read, followed and deleted, and nothing is run (B14)", async () => {
  await using scene = await stack();
  const { upstream } = scene;
  const canary = join(upstream.root, "canary");
  const names = ["-x", "--upload-pack=touch_canary", `--output=${canary}`, "--exec=x"];
  const tip = await upstream.sha("ui");
  for (const name of names) await upstream.git("update-ref", `refs/heads/${name}`, tip);
  await scene.refresh();
  expect(shownNames(scene)).toEqual(expect.arrayContaining(names));
  const input = names.map((name) => `update refs/heads/${name} ${tip}~1\n`).join("");
  await testGit(["update-ref", "--stdin"], { cwd: upstream.path, input });
  expect((await scene.refresh()).refs.changes).toHaveLength(names.length);
  await expectEqual(scene);
  for (const name of names) await upstream.git("update-ref", "-d", `refs/heads/${name}`);
  expect((await scene.refresh()).refs.deleted).toBe(names.length);
  await expectEqual(scene);
  expect(await readdir(upstream.root)).not.toContain("canary");
});

test("refs of 20,000 pull requests are neither fetched nor sent (B15)", async () => {
  await using scene = await stack();
  const pulls = Array.from({ length: 20_000 }, (_, number) => `refs/pull/${number}/head`);
  await addPacked(scene, pulls, await scene.upstream.sha("ui"));
  let sentBytes = 0;
  scene.host.front = (_request, response) => {
    const write = response.write.bind(response);
    response.write = (chunk: unknown) => {
      sentBytes += String(chunk).length;
      return write(chunk);
    };
    return false;
  };
  await scene.refresh();
  await expectEqual(scene);
  expect(await scene.upstream.gitIn(scene.dir, "for-each-ref", "refs/pull")).toBe("");
  expect(sentBytes).toBeLessThan(20_000);
});

test("a first fetch of a thousand branches leaves no file for each (B17)", async () => {
  await using scene = await stack();
  const names = Array.from({ length: 1_000 }, (_, number) => `refs/heads/many/${number}`);
  await addPacked(scene, names, await scene.upstream.sha("api"));
  await scene.refresh();
  await expectEqual(scene);
  const files = await readdir(join(scene.dir, "refs"), { recursive: true, withFileTypes: true });
  expect(files.filter((file) => file.isFile())).toEqual([]);
});

/** What git and what it started by itself were called with, of all processes that wrote there. */
async function tracedCommands(file: string): Promise<string[]> {
  const events = (await readFile(file, "utf8")).split("\n").filter(Boolean);
  return events.flatMap((line) => {
    const { event, argv }: { event: string; argv?: string[] } = JSON.parse(line);
    return (event === "start" || event === "child_start") && argv ? [argv.join(" ")] : [];
  });
}

test("no fetch, large, small or by an old protocol, lets git begin maintenance (B28)", async () => {
  await using scene = await stack();
  const { upstream, spawner } = scene;
  spawner.traceTo = join(upstream.root, "trace");
  await scene.refresh();
  // Whatever is due by git's own lights.
  for (const [name, value] of [
    ["gc.auto", "1"],
    ["maintenance.auto", "true"],
  ] as const)
    await upstream.gitIn(scene.dir, "config", name, value);
  await upstream.commit("ui");
  expect((await scene.refresh()).outcome).toBe("updated");
  await using old = await mirroredScene((s) => s.commit("main"));
  old.host.front = speakOldProtocol();
  old.spawner.traceTo = spawner.traceTo;
  await old.refresh();
  await old.upstream.commit("main");
  expect((await old.refresh()).outcome).toBe("updated");
  const commands = await tracedCommands(spawner.traceTo);
  expect(commands.filter((command) => / fetch /.test(command)).length).toBeGreaterThanOrEqual(3);
  expect(commands.filter((command) => / (gc|maintenance|repack|prune)( |$)/.test(command))).toEqual([]);
});

test("a tag of a branch's name is not taken for it when either moves or goes (B18)", async () => {
  await using scene = await stack();
  const { upstream } = scene;
  await upstream.git("tag", "ui", "main");
  await scene.refresh();
  const tip = await upstream.sha("refs/heads/ui");
  expect(scene.mirror.snapshot?.branch("ui")?.revision).toBe(tip);
  await upstream.git("tag", "-f", "ui", "api");
  expect(await scene.refresh()).toMatchObject({ outcome: "unchanged" });
  await upstream.git("update-ref", "-d", "refs/heads/ui");
  expect((await scene.refresh()).refs.deleted).toBe(1);
  await expectEqual(scene);
});

test("a broken mirror within another repository leads no command there (B26)", async () => {
  await using scene = await stack();
  await scene.refresh();
  const around = dirname(dirname(scene.dir));
  await testGit(["init", "--quiet", around], { cwd: around });
  const before = await fingerprintTree(join(around, ".git"));
  await rm(join(scene.dir, "HEAD"));
  await scene.upstream.commit("ui");
  expect(await scene.refresh()).toMatchObject({ recloned: true });
  await expectEqual(scene);
  expect(await fingerprintTree(join(around, ".git"))).toEqual(before);
});

test("what a failed maintenance of git's own has noted keeps ours from nothing (B29)", async () => {
  await using scene = await mirroredScene((s) => s.commit("main"), { upkeep: { looseObjects: 1 } });
  await scene.refresh();
  await writeFile(join(scene.dir, "gc.log"), "warning: There are too many unreachable loose objects\n");
  await scene.upstream.commit("main");
  await scene.refresh();
  const tended = await scene.mirror.maintain({ signal: AbortSignal.timeout(60_000) });
  expect(tended).toMatchObject({ steps: expect.arrayContaining(["repack"]) });
  await scene.upstream.gitIn(scene.dir, "fsck", "--no-dangling");
});

test("an old commit that strict checks reject is mirrored, and so are those of 1970 and 2038 (B30, B32)", async () => {
  await using scene = await stack();
  const { upstream } = scene;
  const tree = await upstream.sha("ui^{tree}");
  const parent = await upstream.sha("main");
  const commits: readonly (readonly [branch: string, author: string])[] = [
    ["nameless", "author <> 1 +0000\ncommitter  <nobody> 1 +0000"],
    ["first-second", "author A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000"],
    ["far", "author A <a@b> 4102444800 +0000\ncommitter A <a@b> 4102444800 +0000"],
  ];
  for (const [branch, people] of commits) {
    const input = `tree ${tree}\nparent ${parent}\n${people}\n\nodd\n`;
    const args = ["hash-object", "-t", "commit", "-w", "--stdin", "--literally"];
    const oid = (await testGit(args, { cwd: upstream.path, input })).trim();
    await upstream.git("update-ref", `refs/heads/${branch}`, oid);
  }
  await scene.refresh();
  await expectEqual(scene);
  expect(shownNames(scene)).toEqual(expect.arrayContaining(commits.map(([branch]) => branch)));
  await upstream.commit("far");
  expect(await scene.refresh()).toMatchObject({ outcome: "updated" });
  await expectEqual(scene);
});
