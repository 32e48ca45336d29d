import { expect, test } from "vitest";
import { type FileWithGaps, type KnownLines, withKnownLines } from "./file-context.ts";
import { type FileDiff, parsePatch } from "./parse-patch.ts";

/** Lines 10 and 40 were added, so that old numbers are one less behind the first, and two less behind the second. */
const patch = `diff --git a/a b/a
index 1111111111111111111111111111111111111111..2222222222222222222222222222222222222222 100644
--- a/a
+++ b/a
@@ -7,6 +7,7 @@ head
 7
 8
 9
+10
 11
 12
 13
@@ -36,6 +37,7 @@ foot
 37
 38
 39
+40
 41
 42
 43
`;

function fileOf(text: string): FileDiff {
  const [file] = parsePatch(text);
  if (!file) throw new Error("no file");
  return file;
}

function known(numbers: readonly number[], lineCount?: number): KnownLines {
  const lines = numbers.map((n) => {
    const line = { kind: "same", text: `${n}`, old: n, new: n, noNewline: false } as const;
    return [n, line] as const;
  });
  return { lines: new Map(lines), lineCount, failure: undefined };
}

const upTo = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

const told = ({ hunks, gaps }: FileWithGaps) => ({
  hunks: hunks.map(({ newStart, context, lines }) => `${newStart} ${context} ${lines.length}`),
  gaps: gaps.map((gap) => gap && `${gap.place} ${gap.start}-${gap.end ?? ""} ${gap.shift}`),
});

test("before anything is read, all that the patch leaves out is a gap", () => {
  expect(told(withKnownLines(fileOf(patch), undefined))).toEqual({
    hunks: ["7 head 7", "37 foot 7"],
    gaps: ["top 1-6 0", "between 14-36 -1", "bottom 44- -2"],
  });
});

test("lines that are known join the hunk that they follow or precede, and others wait", () => {
  const lines = known([5, 6, 14, 15, 20, 36, 44], 60);
  expect(told(withKnownLines(fileOf(patch), lines))).toEqual({
    hunks: ["5  11", "36  9"],
    gaps: ["top 1-4 0", "between 16-35 -1", "bottom 45-60 -2"],
  });
});

test("hunks that meet become one, and a file that is known whole has no gap", () => {
  const lines = known([...upTo(1, 6), ...upTo(14, 36), ...upTo(44, 60)], 60);
  const { hunks, gaps } = withKnownLines(fileOf(patch), lines);
  expect(hunks.map((hunk) => hunk.lines.map((line) => line.new))).toEqual([upTo(1, 60)]);
  expect(gaps).toEqual([undefined, undefined]);
  const file = fileOf(patch);
  withKnownLines(file, lines);
  expect(file).toEqual(fileOf(patch));
});

test("a change near the end says that the file ends there", () => {
  const short = patch.replace(" 42\n 43\n", "").replace("-36,6 +37,7", "-36,4 +37,5");
  expect(told(withKnownLines(fileOf(short), undefined)).gaps.at(-1)).toBeUndefined();
  expect(told(withKnownLines(fileOf(patch), known([], 43))).gaps.at(-1)).toBeUndefined();
});

test("where ignored white space changes the number of lines, the old numbers of a gap are not known", () => {
  const uneven = patch.replace("-36,6 +37,7", "-35,6 +37,7");
  expect(told(withKnownLines(fileOf(uneven), undefined)).gaps[1]).toBe("between 14-36 undefined");
});

test("files that are whole in the patch, or are no text, have no gaps", () => {
  const added = patch.replace("index", "new file mode 100644\nindex");
  const link = patch.replace("100644", "120000");
  for (const text of [added, link]) expect(withKnownLines(fileOf(text), undefined).gaps).toEqual([]);
});
