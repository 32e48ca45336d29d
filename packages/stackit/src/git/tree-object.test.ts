import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTree } from "./tree-object.ts";

const OID = "0a".repeat(20);
const entry = (mode: string, name: string, oid: string): Buffer =>
  Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, "hex")]);

test("files and folders of a tree, in both object formats", () => {
  for (const oid of [OID, "0b".repeat(32)]) {
    const content = Buffer.concat([entry("40000", "branches", oid), entry("100644", "a file, ü", oid)]);
    expect(parseTree(oid, content)).toEqual([
      { name: "branches", isFolder: true, oid },
      { name: "a file, ü", isFolder: false, oid },
    ]);
  }
  expect(parseTree(OID, Buffer.alloc(0))).toEqual([]);
});

test("a tree that ends early is refused, and nothing makes the parser stumble", () => {
  const content = entry("100644", "repo", OID);
  for (let length = 1; length < content.length; length++) {
    expect(parseTree(OID, content.subarray(0, length))).toBeUndefined();
  }
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      for (const { oid } of parseTree(OID, Buffer.from(bytes)) ?? []) expect(oid).toHaveLength(40);
    }),
  );
});
