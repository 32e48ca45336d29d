import { expect, test } from "vitest";
import { buildTree, flattenTree, treeOrder } from "./file-tree.ts";

function drawn(paths: string[], folded: string[] = []) {
  return flattenTree(buildTree(paths), new Set(folded)).map(
    ({ node, depth }) => `${"  ".repeat(depth)}${node.name}`,
  );
}

test("folders come before files, and a folder in a folder is one line", () => {
  expect(drawn(["z.md", "src/a/b/two.ts", "src/a/b/one.ts", "a.md"])).toEqual([
    "src/a/b",
    "  one.ts",
    "  two.ts",
    "a.md",
    "z.md",
  ]);
});

test("a folded folder hides what is in it", () => {
  expect(drawn(["src/a.ts", "b.ts"], ["src"])).toEqual(["src", "b.ts"]);
});

test("files are read in the order of the tree", () => {
  expect(treeOrder(["b.ts", "src/x.ts", "a.ts"])).toEqual([1, 2, 0]);
});
