import { expect, test } from "vitest";
import { parsePatch, unquote } from "./parse-patch.ts";

function only(patch: string) {
  const files = parsePatch(patch);
  expect(files).toHaveLength(1);
  const [file] = files;
  if (!file) throw new Error("no file");
  return file;
}

test("a changed file has its lines with both numbers, and counts", () => {
  const file = only(`diff --git a/src/a.ts b/src/a.ts
index 1111111..2222222 100644
--- a/src/a.ts
+++ b/src/a.ts
@@ -1,3 +1,4 @@ function a() {
 one
-two
+2
+2.5
 three
`);
  expect(file).toMatchObject({
    path: "src/a.ts",
    kind: "modified",
    oldPath: undefined,
    added: 2,
    deleted: 1,
  });
  expect(file.hunks[0]?.context).toBe("function a() {");
  expect(file.hunks[0]?.lines.map((line) => [line.kind, line.old, line.new, line.text])).toEqual([
    ["same", 1, 1, "one"],
    ["del", 2, 0, "two"],
    ["add", 0, 2, "2"],
    ["add", 0, 3, "2.5"],
    ["same", 3, 4, "three"],
  ]);
});

test("lines that look like headers are content while the hunk lasts", () => {
  const file = only(`diff --git a/a b/a
--- a/a
+++ b/a
@@ -1,2 +1,2 @@
--- a/b
-diff --git a/x b/x
+++ b/b
+@@ -1 +1 @@
`);
  expect(file.hunks[0]?.lines.map((line) => line.text)).toEqual([
    "-- a/b",
    "diff --git a/x b/x",
    "++ b/b",
    "@@ -1 +1 @@",
  ]);
});

test("two files, one added and one deleted", () => {
  const files = parsePatch(`diff --git a/new b/new
new file mode 100755
index 0000000..2222222
--- /dev/null
+++ b/new
@@ -0,0 +1 @@
+x
diff --git a/old b/old
deleted file mode 100644
index 1111111..0000000
--- a/old
+++ /dev/null
@@ -1 +0,0 @@
-x
`);
  expect(files.map((file) => [file.kind, file.path, file.added, file.deleted])).toEqual([
    ["added", "new", 1, 0],
    ["deleted", "old", 0, 1],
  ]);
});

test("a rename without a change keeps both names", () => {
  const file = only(`diff --git a/a b.txt b/c d.txt
similarity index 100%
rename from a b.txt
rename to c d.txt
`);
  expect(file).toMatchObject({
    kind: "renamed",
    oldPath: "a b.txt",
    path: "c d.txt",
    similarity: 100,
    hunks: [],
  });
});

test("a file of which only the mode changed has both modes", () => {
  const file = only("diff --git a/run me.sh b/run me.sh\nold mode 100644\nnew mode 100755\n");
  expect(file).toMatchObject({ path: "run me.sh", oldMode: "100644", newMode: "100755", hunks: [] });
});

test("a binary file is known as one, in either form", () => {
  const binary = only(
    "diff --git a/x.png b/x.png\nindex 1..2 100644\nBinary files a/x.png and b/x.png differ\n",
  );
  expect(binary).toMatchObject({ binary: true, path: "x.png" });
});

test("the end without a line break belongs to its line", () => {
  const file = only(`diff --git a/a b/a
--- a/a
+++ b/a
@@ -1 +1 @@
-x
\\ No newline at end of file
+y
`);
  expect(file.hunks[0]?.lines.map((line) => line.noNewline)).toEqual([true, false]);
});

test("quoted paths of other alphabets are read as what they are", () => {
  expect(unquote('"\\303\\244 \\"q\\" \\t\\\\.txt"')).toBe('ä "q" \t\\.txt');
  const file = only(`diff --git "a/\\346\\227\\245.txt" "b/\\346\\227\\245.txt"
new file mode 100644
`);
  expect(file.path).toBe("日.txt");
});

test("a submodule is a file of mode 160000", () => {
  const file = only(`diff --git a/lib b/lib
index 1111111..2222222 160000
--- a/lib
+++ b/lib
@@ -1 +1 @@
-Subproject commit 1111111111111111111111111111111111111111
+Subproject commit 2222222222222222222222222222222222222222
`);
  expect(file).toMatchObject({ newMode: "160000", added: 1, deleted: 1 });
});

test("a patch that is cut off anywhere gives what was whole", () => {
  const patch = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n-x\n+y\n z\n";
  for (let length = 0; length <= patch.length; length += 1) parsePatch(patch.slice(0, length));
  expect(parsePatch("")).toEqual([]);
  expect(parsePatch("nonsense\n@@ -1 +1 @@\n+x")).toEqual([]);
});
