import { expect, test } from "vitest";
import { parsePatch } from "./parse-patch.ts";
import { createSurfaceLayout, fileAt, visibleRows } from "./surface-layout.ts";

const file = (path: string, lines: number) =>
  `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${lines} @@\n${"+x\n".repeat(lines)}`;

function laidOut(open: (path: string) => boolean = () => true) {
  const files = parsePatch(["a", "b", "c"].map((path) => file(path, 10)).join("")).map((parsed) => ({
    ...parsed,
    foldReason: undefined,
    sizes: { before: undefined, after: undefined },
    picture: undefined,
    isCut: false,
    gaps: [],
    gapFailure: undefined,
  }));
  const options = {
    layout: "unified",
    wrapAt: undefined,
    fits: 80,
    isOpen: ({ path }: { path: string }) => open(path),
  } as const;
  return createSurfaceLayout()(files, options);
}

test("files follow each other, with their head, their rows and a gap", () => {
  const { placed, height } = laidOut();
  expect(placed.map(({ top }) => top)).toEqual([0, 280, 560]);
  expect(height).toBe(840);
});

test("a folded file is its head", () => {
  expect(laidOut((path) => path !== "a").placed.map(({ top }) => top)).toEqual([0, 52, 332]);
});

test("only rows between top and bottom are visible, and none of a file elsewhere", () => {
  const { placed } = laidOut();
  const [a, b, c] = placed.map((one) => visibleRows(one, 100, 400));
  expect(a).toEqual({ start: 2, end: 11 });
  expect(b).toEqual({ start: 0, end: 4 });
  expect(c).toEqual({ start: 0, end: 0 });
});

test("the file at a place is the one that began last", () => {
  const { placed } = laidOut();
  expect([0, 279, 280, 9999].map((top) => fileAt(placed, top))).toEqual([0, 0, 1, 2]);
});
