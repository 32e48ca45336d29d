import { expect, test } from "vitest";
import { generatedBy } from "./generated-rules.ts";

/** What one line says of each path. */
function said(line: string, ...paths: readonly string[]) {
  return paths.map(generatedBy([line]));
}

test("a pattern is about what git would say it is about", () => {
  expect(said("*.gen.ts linguist-generated", "a.gen.ts", "src/a.gen.ts", "a.ts")).toEqual([
    true,
    true,
    undefined,
  ]);
  expect(said("/api.ts linguist-generated=true", "api.ts", "src/api.ts")).toEqual([true, undefined]);
  expect(said("src/*.ts linguist-generated", "src/a.ts", "src/b/a.ts", "x/src/a.ts")).toEqual([
    true,
    undefined,
    undefined,
  ]);
  expect(said("src/**/out/** linguist-generated", "src/out/a", "src/a/b/out/c/d", "src/a")).toEqual([
    true,
    true,
    undefined,
  ]);
  expect(said("**/out.[jt]s linguist-generated", "out.js", "a/out.ts", "a/out.cs")).toEqual([
    true,
    true,
    undefined,
  ]);
  expect(said("a?[!0-9].ts linguist-generated", "abc.ts", "ab1.ts")).toEqual([true, undefined]);
  expect(said('"with space.ts" linguist-generated', "with space.ts")).toEqual([true]);
  expect(said("out/ linguist-generated", "out/a", "out")).toEqual([undefined, undefined]);
  expect(said("# *.ts linguist-generated", "a.ts")).toEqual([undefined]);
  expect(said("*.ts text eol=lf linguist-generated -diff", "a.ts")).toEqual([true]);
  expect(said("*.ts linguist-vendored", "a.ts")).toEqual([undefined]);
});

test("the last line about a file holds, also when it takes back what another said", () => {
  const rules = [
    "dist/* linguist-generated",
    "dist/hand.js -linguist-generated",
    "dist/x.js !linguist-generated",
  ];
  expect(["dist/a.js", "dist/hand.js", "dist/x.js"].map(generatedBy(rules))).toEqual([
    true,
    false,
    undefined,
  ]);
  expect(said("a.js linguist-generated=false", "a.js")).toEqual([false]);
});

test("a pattern that was made to be slow is not", () => {
  const hostile = `${"*a".repeat(500)}b linguist-generated`;
  expect(said(hostile, "a".repeat(4000))).toEqual([undefined]);
  expect(said(`${"**/a/".repeat(200)}b linguist-generated`, "a/".repeat(2000))).toEqual([undefined]);
});
