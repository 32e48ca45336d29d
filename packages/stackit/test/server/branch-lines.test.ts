import { expect, test } from "vitest";
import type { FileLines } from "../../src/contract/view.ts";
import { createScene } from "../support/git-scene.ts";
import { type PushedBranch, pushedBranch } from "../support/pushed-branch.ts";
import { serveFolders } from "../support/served-folders.ts";
import { startServer } from "../support/started-server.ts";

const numbered = (count: number) => Array.from({ length: count }, (_, n) => `line ${n + 1}\n`).join("");
const shop = { message: "Open the shop", files: { "shop.txt": numbered(100) } };
const longer = { message: "Open it longer", files: { "shop.txt": numbered(120) } };

const path = (blob: string, start: number, end: number, more = "", branch = "topic") =>
  `/repos/shop/branch-lines/${branch}?blob=${blob}&start=${start}&end=${end}${more}`;

const blobOf = ({ upstream }: PushedBranch, revision: string) => upstream.scene.sha(revision);

async function refused(url: string, path: string): Promise<unknown[]> {
  const response = await fetch(`${url}/api/v1${path}`);
  const { code } = await response.json();
  return [response.status, code];
}

test("lines of a file are read from before and after the change", async () => {
  await using branch = await pushedBranch(shop);
  await branch.upstream.scene.write((s) => s.commit("child", { parent: "topic", files: longer.files }));
  await branch.upstream.scene.metadata("child", { parentBranchName: "topic" });
  await branch.served.sync({}, {}, "shop");
  const [before, after] = [await blobOf(branch, "topic:shop.txt"), await blobOf(branch, "child:shop.txt")];
  expect(await branch.served.get<FileLines>(path(before, 98, 103, "", "child"))).toEqual({
    branch: "child",
    blob: before,
    start: 98,
    lines: ["line 98", "line 99", "line 100"],
    lineCount: 100,
  });
  expect(await branch.served.get<FileLines>(path(after, 119, 119, "", "child"))).toMatchObject({
    lines: ["line 119"],
    lineCount: 120,
  });
  expect((await branch.served.get<FileLines>(path(after, 200, 300, "", "child"))).lines).toEqual([]);
  expect(await refused(branch.served.url, path(before, 1, 2, "&base=trunk", "child"))).toEqual([
    404,
    "file/not-found",
  ]);
});

test("only what the branch's own diff changes is found, whatever else the repository holds", async () => {
  await using branch = await pushedBranch(shop);
  const { scene } = branch.upstream;
  const rewritten = await blobOf(branch, "topic:shop.txt");
  await scene.write((s) => s.commit("other", { parent: "main", files: { "secret.txt": "secret\n" } }));
  await branch.push(longer);
  const others = [
    rewritten,
    await blobOf(branch, "main:README.md"),
    await blobOf(branch, "other:secret.txt"),
    await blobOf(branch, "topic:"),
    await blobOf(branch, "topic"),
    await blobOf(branch, "main"),
    "0".repeat(40),
    "0".repeat(64),
  ];
  for (const blob of others) {
    const expected = [404, "file/not-found"];
    expect.soft(await refused(branch.served.url, path(blob, 1, 10)), blob).toEqual(expected);
  }
  const own = await blobOf(branch, "topic:shop.txt");
  expect((await branch.served.get<FileLines>(path(own, 1, 1))).lines).toEqual(["line 1"]);
  // A tree of which the diff changes something is no file.
  await branch.push({ message: "Move in", files: { "folder/shop.txt": "open\n" } });
  const folder = await blobOf(branch, "topic:folder");
  expect(await refused(branch.served.url, path(folder, 1, 1))).toEqual([404, "file/not-found"]);
  const malformed = [
    own.slice(1),
    own.toUpperCase(),
    `${own}^{tree}`,
    "topic:shop.txt",
    "--help",
    "HEAD",
    "",
  ];
  for (const blob of malformed) {
    const asked = path(encodeURIComponent(blob), 1, 1);
    expect.soft(await refused(branch.served.url, asked), blob).toEqual([400, "request/invalid"]);
  }
});

test("a submodule's commit is no file, though the repository may hold it", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
  });
  const held = await scene.sha("main");
  await scene.git("switch", "--quiet", "--create", "topic", "main");
  await scene.git("update-index", "--add", "--cacheinfo", `160000,${held},lib`);
  await scene.git("commit", "--quiet", "--message", "Use a library");
  await using served = await serveFolders([{ kind: "working-copy", id: "shop", path: scene.path }]);
  expect(await refused(served.url, path(held, 1, 1))).toEqual([404, "file/not-found"]);
});

test("an answer has 5,000 lines at most, and a file beyond 4 MiB none", async () => {
  const rows = 6000;
  await using branch = await pushedBranch({
    message: "Write much",
    files: { "rows.txt": numbered(rows), "large.txt": "x".repeat(4 * 1024 * 1024 + 1) },
  });
  const { lines, lineCount } = await branch.served.get<FileLines>(
    path(await blobOf(branch, "topic:rows.txt"), 1, 9_999_999),
  );
  expect([lines.length, lines.at(-1), lineCount]).toEqual([5000, "line 5000", rows]);
  const large = await blobOf(branch, "topic:large.txt");
  expect(await refused(branch.served.url, path(large, 1, 1))).toEqual([422, "file/too-large"]);
});

test("lines end where git ends them, and keep all that is not their line feed", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("topic", "main", { files: { "ends.txt": "a\r\n\r\n\u2028b\n\nlast", "empty.txt": "" } });
  });
  await using served = await serveFolders([{ kind: "working-copy", id: "shop", path: scene.path }]);
  const ends = await scene.sha("topic:ends.txt");
  const empty = await scene.sha("topic:empty.txt");
  expect(await served.get<FileLines>(path(ends, 1, 9))).toMatchObject({
    lines: ["a\r", "\r", "\u2028b", "", "last"],
    lineCount: 5,
  });
  expect(await served.get<FileLines>(path(empty, 1, 9))).toMatchObject({ lines: [], lineCount: 0 });
});

test("lines are read in the turns of diffs, once for all who ask, and not again by who has them", async () => {
  await using server = await startServer({ config: { limits: { diffs: 1, diffWaitMs: 50 } } });
  const { repo, app } = server;
  const asked = (start: number, headers = {}) =>
    app.inject({
      url: `/api/v1/repos/default/branch-lines/ui?blob=${repo.file.blob}&start=${start}&end=2`,
      headers,
    });
  const first = await asked(1);
  expect(first.json()).toMatchObject({ lines: ["one", "two"] });
  expect((await asked(1, { "if-none-match": String(first.headers.etag) })).statusCode).toBe(304);
  expect((await asked(3)).json()).toMatchObject({ code: "request/invalid" });
  const held = Promise.withResolvers<string>();
  repo.makeDiff = () => held.promise;
  const diff = app.inject("/api/v1/repos/default/branch-diff/ui");
  await expect.poll(() => repo.diffs.length).toBe(1);
  expect((await asked(1)).statusCode).toBe(200);
  const late = await asked(2);
  expect([late.statusCode, late.headers["retry-after"], late.json().code]).toEqual([503, "2", "server/busy"]);
  held.resolve("");
  await diff;
});
