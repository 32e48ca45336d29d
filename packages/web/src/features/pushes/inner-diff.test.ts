import { expect, test } from "vitest";
import { type InnerLine, messageParts, patchLines } from "./inner-diff.ts";

const told = (lines: readonly InnerLine[]) =>
  lines.map(({ kind, outer, inner, text }) => [kind, outer, inner, text].filter(Boolean).join(" "));

test("the heads of files and hunks of a patch are told whole, and its lines by both markers", () => {
  const diff = [
    "@@ src/a.ts: export function total() {",
    "  ## src/a.ts ##",
    " @@ src/a.ts: export function total() {",
    "-@@",
    "   const sum = 1;",
    " -const tax = 2;",
    "-+const all = 3;",
    "++const all = 4;",
    " +",
    "",
  ].join("\n");
  expect(told(patchLines(diff))).toEqual([
    "gap src/a.ts: export function total() {",
    "file src/a.ts",
    "hunk @@ src/a.ts: export function total() {",
    "hunk - @@",
    "line  const sum = 1;",
    "line - const tax = 2;",
    "line - + const all = 3;",
    "line + + const all = 4;",
    "line +",
  ]);
});

test("a gap says where its lines are, unless that was said already", () => {
  const diff = ["  ## a.ts ##", " @@", "-+a", "@@ a.ts", "-+b", "@@ a.ts", "-+c", "@@ b.ts", "-+d"].join(
    "\n",
  );
  const gaps = patchLines(diff).filter(({ kind }) => kind === "gap");
  expect(gaps.map(({ text }) => text)).toEqual(["", "", "b.ts"]);
});

test("a run of lines knows what took its place when it is as long", () => {
  const pairs = (diff: readonly string[]) => patchLines(diff.join("\n")).map(({ pair }) => pair);
  expect(pairs(["-+a", "-+b", "++c", "++d", "++e"])).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(pairs(["-+a", "-+b", "++c", "++d", "  e"])).toEqual(["c", "d", "a", "b", undefined]);
});

const head = ["@@ Metadata", "  ## Metadata ##"];

test("of two messages only what changed and what is around it is told, without what git puts before", () => {
  const diff = [
    ...head,
    " Author: Robin <robin@example.com>",
    " ",
    "  ## Commit message ##",
    "-    Count",
    "+    Count all",
    " ",
    "     See below",
    " ",
  ].join("\n");
  const { author, message } = messageParts(diff);
  expect(author).toEqual([]);
  expect(told(message)).toEqual(["line - Count", "line + Count all", "line", "line See below"]);
});

test("an author is told apart from the message", () => {
  const diff = [
    ...head,
    "-Author: Robin <robin@example.com>",
    "+Author: Kim <kim@example.com>",
    " ",
    "  ## Commit message ##",
    "     Count",
  ].join("\n");
  const { author, message } = messageParts(diff);
  expect(told(author)).toEqual([
    "line - Author: Robin <robin@example.com>",
    "line + Author: Kim <kim@example.com>",
  ]);
  expect(message).toEqual([]);
});

test("a message that begins like the head of a patch is a message", () => {
  const diff = [
    ...head,
    " Author: Robin <r@example.com>",
    " ",
    "  ## Commit message ##",
    "-    Author: x",
    "+    @@ y",
  ];
  const { author, message } = messageParts(diff.join("\n"));
  expect(author).toEqual([]);
  expect(told(message)).toEqual(["line - Author: x", "line + @@ y"]);
});

test("lines that are left out between two changes of a message leave a gap", () => {
  const diff = ["@@ Commit message", "-    a", "+    b", "@@ Commit message", "-    c", "+    d"].join("\n");
  expect(told(messageParts(diff).message)).toEqual(["line - a", "line + b", "gap", "line - c", "line + d"]);
});
