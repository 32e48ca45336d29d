import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { BranchDiff } from "../../src/contract/view.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { serveFolders } from "../support/served-folders.ts";

/** A PNG as far as its head goes. */
function png(width: number, height: number, bytes = 64): Buffer {
  const content = Buffer.alloc(bytes);
  content.write("89504e470d0a1a0a0000000d49484452", "hex");
  content.writeUInt32BE(width, 16);
  content.writeUInt32BE(height, 20);
  return content;
}

async function commitFiles(scene: Scene, branch: string, files: Record<string, Buffer>): Promise<void> {
  await scene.git("switch", "--quiet", "--force-create", branch);
  for (const [name, content] of Object.entries(files)) await writeFile(join(scene.path, name), content);
  await scene.git("add", "--all");
  await scene.git("commit", "--quiet", "--message", `Change ${branch}`);
}

const serve = (scene: Scene) => serveFolders([{ kind: "working-copy", id: "shop", path: scene.path }]);

const imageOf = (url: string, blob: string, headers = {}) =>
  fetch(`${url}/api/v1/repos/shop/branch-image/topic?blob=${blob}`, { headers });

test("an image is answered as what it is, before and after, and as nothing that could run", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  const [before, after] = [png(4, 4), png(8, 8)];
  await commitFiles(scene, "main", { "logo.svg": before });
  await commitFiles(scene, "topic", { "logo.svg": after });
  await using served = await serve(scene);
  for (const [revision, content] of [
    ["main", before],
    ["topic", after],
  ] as const) {
    const blob = await scene.sha(`${revision}:logo.svg`);
    const answer = await imageOf(served.url, blob);
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(content);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "image/png",
      "content-disposition": "attachment",
      "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "cache-control": "no-cache",
    });
    const etag = String(answer.headers.get("etag"));
    expect((await imageOf(served.url, blob, { "if-none-match": etag })).status).toBe(304);
  }
});

test("what is no image by its first bytes, too large, or not in the diff is refused, whatever it is called", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  await commitFiles(scene, "main", { "untouched.png": png(2, 2) });
  await commitFiles(scene, "topic", {
    "page.png": Buffer.from("\0<html><script>alert(1)</script>"),
    "drawing.png": Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    "vast.png": png(100_000, 100_000),
    "heavy.png": png(1, 1, 10 * 1024 * 1024 + 1),
  });
  await using served = await serve(scene);
  const expected = [
    ["topic:page.png", 422, "file/not-image"],
    ["topic:drawing.png", 422, "file/not-image"],
    ["topic:vast.png", 422, "file/too-large"],
    ["topic:heavy.png", 422, "file/too-large"],
    ["main:untouched.png", 404, "file/not-found"],
    ["main", 404, "file/not-found"],
  ] as const;
  for (const [revision, status, code] of expected) {
    const answer = await imageOf(served.url, await scene.sha(revision));
    expect.soft([answer.status, (await answer.json()).code], revision).toEqual([status, code]);
    expect.soft(answer.headers.get("content-type"), revision).toContain("application/problem+json");
  }
});

test("a diff says how large the files are that it does not show, and a text cannot pretend to be one", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  await commitFiles(scene, "main", { "data.bin": Buffer.alloc(100), "gone.bin": Buffer.alloc(7) });
  await scene.git("rm", "--quiet", "gone.bin");
  const pretended = `index ${"1".repeat(40)}..${"2".repeat(40)}\nBinary files a/x and b/x differ\n`;
  await commitFiles(scene, "topic", { "data.bin": Buffer.alloc(300), "note.txt": Buffer.from(pretended) });
  await using served = await serve(scene);
  const { binaries } = await served.get<BranchDiff>("/repos/shop/branch-diff/topic");
  const sizes = new Map(binaries.map(({ blob, bytes }) => [blob, bytes]));
  expect(sizes).toEqual(
    new Map([
      [await scene.sha("main:data.bin"), 100],
      [await scene.sha("topic:data.bin"), 300],
      [await scene.sha("main:gone.bin"), 7],
    ]),
  );
});

test("a diff says what the branch's own attributes tell of generated files", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { ".gitattributes": "*.old linguist-generated\n" } });
  });
  const rules = ["*.gen.ts linguist-generated", "hand.gen.ts -linguist-generated"];
  const attributes = [rules[0], "*.png -diff", rules[1], ""].join("\n");
  await commitFiles(scene, "topic", { ".gitattributes": Buffer.from(attributes) });
  await using served = await serve(scene);
  const { generatedRules } = await served.get<BranchDiff>("/repos/shop/branch-diff/topic");
  expect(generatedRules).toEqual(rules);
});

test("a clone that was made without its files' contents has a diff of those that it holds", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { ".gitattributes": "*.gen.ts linguist-generated\n", "a.txt": "one\n" } });
    s.stacked("topic", "main", { files: { "a.txt": "two\n" } });
  });
  await scene.git("config", "uploadpack.allowFilter", "true");
  const path = join(scene.root, "partial");
  await scene.git("clone", "--quiet", "--no-checkout", "--filter=blob:none", `file://${scene.path}`, path);
  await scene.gitIn(path, "branch", "--quiet", "topic", "origin/topic");
  await scene.gitIn(path, "diff", "--output=/dev/null", "origin/main", "origin/topic");
  await using served = await serveFolders([{ kind: "working-copy", id: "shop", path }]);
  const { patch, generatedRules } = await served.get<BranchDiff>("/repos/shop/branch-diff/topic");
  expect(patch).toContain("+two");
  expect(generatedRules).toEqual([]);
});
