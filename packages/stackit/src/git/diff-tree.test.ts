import { expect, test } from "vitest";
import { parseNumstat } from "./diff-tree.ts";

const HEAD = "a".repeat(40);

test("lines are summed for each pair, and binary files count as files", () => {
  const text = `${HEAD}\n1\t2\ta.txt\n-\t-\timage.png\n10\t0\t{old => new}/b\tc.txt\nend\n${HEAD}\nend\n`;
  expect(parseNumstat(text)).toEqual([
    { added: 11, deleted: 2, files: 3 },
    { added: 0, deleted: 0, files: 0 },
  ]);
});

test("a pair that git passed over has no answer, and a cut one is not counted", () => {
  expect(parseNumstat(`end\n${"b".repeat(64)}\n1\t1\tx\nend\n${HEAD}\n5\t5\ty\n`)).toEqual([
    undefined,
    { added: 1, deleted: 1, files: 1 },
  ]);
  expect(parseNumstat("")).toEqual([]);
});

test("no name of a file is taken for a heading or an end", () => {
  expect(parseNumstat(`${HEAD}\n1\t0\tend\n1\t0\t${HEAD}\n1\t0\t"a\\nend\\n"\nend\n`)).toEqual([
    { added: 3, deleted: 0, files: 3 },
  ]);
});
