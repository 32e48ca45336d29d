import { expect, test } from "vitest";
import { parseHead } from "./heads.ts";

const bytes = (text: string): string => Buffer.from(text).toString("latin1");

test("a HEAD names a ref or a commit", () => {
  expect(parseHead("ref: refs/heads/main\n")).toEqual({ kind: "ref", ref: "refs/heads/main" });
  expect(parseHead("ref:refs/heads/main")).toEqual({ kind: "ref", ref: "refs/heads/main" });
  expect(parseHead("ref:\trefs/heads/main \r\n")).toEqual({ kind: "ref", ref: "refs/heads/main" });
  for (const oid of ["0".repeat(40), "a".repeat(64)]) {
    expect(parseHead(`${oid}\n`)).toEqual({ kind: "oid", oid });
  }
});

test("a name in any script is read to its last byte", () => {
  // The last byte of both is what Latin-1 calls a space.
  for (const name of ["voilà", "栠", "été/分支"]) {
    expect(parseHead(bytes(`ref: refs/heads/${name}\n`))).toEqual({ kind: "ref", ref: `refs/heads/${name}` });
  }
  expect(parseHead("ref: refs/heads/x\xe9\n")).toEqual({ kind: "ref", ref: "refs/heads/x\\xe9" });
});

test("what is kept elsewhere, or cut, is unknown", () => {
  for (const text of [
    "ref: refs/heads/.invalid\n",
    "",
    "\n",
    "ref:\n",
    "0".repeat(39),
    "HEAD",
    "A".repeat(40),
  ]) {
    expect(parseHead(text), text).toEqual({ kind: "unknown" });
  }
});
