import { expect, test } from "vitest";
import { parseCommitLines } from "./rev-list.ts";

test("a line for each commit is read, roots and empty fields included", () => {
  const text = "c\0a b\0Ada\0ada@x\x0010\0Merge\n\nr\0\0\0\0\0\n";
  expect(parseCommitLines(text)).toEqual([
    {
      oid: "c",
      parents: ["a", "b"],
      author: "Ada",
      authorEmail: "ada@x",
      committedAtMs: 10_000,
      subject: "Merge",
    },
    { oid: "r", parents: [], author: "", authorEmail: "", committedAtMs: 0, subject: "" },
  ]);
});

test("a date beyond any calendar is the last day of it", () => {
  const [commit] = parseCommitLines("c\0\0A\0a\x0099999999999999999999\0x\n");
  expect(new Date(commit?.committedAtMs ?? 0).toISOString()).toBe("9999-12-31T23:59:59.000Z");
});

test("another line than was asked for is an error", () => {
  expect(() => parseCommitLines("commit 1234\n")).toThrow("unexpected rev-list line");
});
