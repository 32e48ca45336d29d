import { expect, test } from "vitest";
import { fileSentences, foldReasons } from "./file-facts.ts";
import { generatedBy } from "./generated-rules.ts";
import { parsePatch } from "./parse-patch.ts";

function sentences(patch: string): string[] {
  const [file] = parsePatch(`diff --git a/x b/x\n${patch}`);
  if (!file) throw new Error("no file");
  return fileSentences(file);
}

test.each([
  ["new file mode 100644\n", ["An empty file was added."]],
  ["deleted file mode 100644\n", ["An empty file was deleted."]],
  ["old mode 100644\nnew mode 100755\n", ["Made executable."]],
  ["old mode 100755\nnew mode 100644\n", ["No longer executable."]],
  ["similarity index 100%\nrename from y\nrename to x\n", ["Renamed from y, without a change."]],
  ["index 1..2 100644\nBinary files a/x and b/x differ\n", ["A binary file changed."]],
  [
    "new file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+target\n\\ No newline at end of file\n",
    ["A symbolic link; the line is the path it points to."],
  ],
  [
    `index 1..2 160000\n@@ -1 +1 @@\n-Subproject commit ${"1".repeat(40)}\n+Subproject commit ${"2".repeat(40)}\n`,
    ["Submodule moved from 1111111 to 2222222."],
  ],
  ["index 1..2 100644\n@@ -1 +1 @@\n-a\n+b\n", []],
  ["index 1..2 100644\n@@ -1 +1 @@\n-a\n+a\r\n", ["Only line endings differ: LF became CRLF."]],
  ["index 1..2 100644\n@@ -1 +1 @@\n-a\n+b\r\n", []],
  [
    "index 1..2 100644\n@@ -1 +1 @@\n-a\n+<<<<<<< HEAD\n",
    ["Conflict markers were left in, first in line 1."],
  ],
  [
    "index 1..2 100644\n@@ -1 +1 @@\n-a\n+\ufffd\n",
    ["Not all of it is UTF-8; what cannot be read is shown as \ufffd."],
  ],
  [
    "index 1..2 100644\n@@ -1,2 +1,2 @@\n version https://git-lfs.github.com/spec/v1\n-size 2048\n+size 4096\n",
    ["Stored with Git LFS: 2\u202fKiB, now 4\u202fKiB."],
  ],
])("%j is told as %j", (patch, told) => {
  expect(sentences(patch)).toEqual(told);
});

function fileOf(path: string, lines: number): string {
  const body = Array.from({ length: lines }, (_, i) => `+${i}`).join("\n");
  return `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${lines} @@\n${body}\n`;
}

test("lock files, generated and vendored ones, and very long ones start folded with a reason", () => {
  const files = ["package-lock.json", "a/vendor/x.go", "api.pb.go", "src/a.ts"].map((path) =>
    fileOf(path, 2),
  );
  const reasons = foldReasons(
    parsePatch([...files, fileOf("long.txt", 2001), fileOf("huge.txt", 20_001)].join("")),
  );
  expect(reasons).toEqual([
    "A lock file",
    "Vendored code",
    "A generated file",
    undefined,
    "A long diff, 2,001 changed lines",
    "A large diff, 20,001 lines",
  ]);
});

test("what the repository itself says is generated is folded, and what it says is not stays open", () => {
  const files = parsePatch(["api.ts", "dist/a.js"].map((path) => fileOf(path, 2)).join(""));
  const isGenerated = generatedBy(["api.ts linguist-generated", "dist/* -linguist-generated"]);
  expect(foldReasons(files, isGenerated)).toEqual(["A generated file", undefined]);
});

test("a file of few lines with very many letters is a large one", () => {
  const [file] = parsePatch(fileOf("bundle.js", 1));
  const line = { kind: "add", text: "x".repeat(2 ** 20 + 1), old: 0, new: 1, noNewline: false } as const;
  const hunk = { context: "", oldStart: 0, newStart: 1, lines: [line] };
  expect(foldReasons(file ? [{ ...file, hunks: [hunk] }] : [])).toEqual([
    "A large diff, more than a million letters",
  ]);
});

test("after four thousand lines the next files start folded, however small", () => {
  const reasons = foldReasons(parsePatch(["a", "b", "c"].map((path) => fileOf(path, 1500)).join("")));
  expect(reasons.map((reason) => reason !== undefined)).toEqual([false, false, true]);
});

test("an image is called one", () => {
  const [file] = parsePatch(
    "diff --git a/x.png b/x.png\nindex 1..2 100644\nBinary files a/x.png and b/x.png differ\n",
  );
  expect(file && fileSentences(file)).toEqual(["An image changed."]);
});

test("with more than 500 files all start folded", () => {
  const patch = Array.from(
    { length: 501 },
    (_, index) => `diff --git a/${index} b/${index}\n@@ -0,0 +1 @@\n+a\n`,
  );
  expect(new Set(foldReasons(parsePatch(patch.join(""))))).toEqual(new Set(["One of 501 files"]));
});
