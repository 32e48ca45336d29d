import fc from "fast-check";
import { expect, test } from "vitest";
import { parseBranchMetadata, parseStackMetadata } from "./branch-metadata.ts";

const OID = "0123456789abcdef0123456789abcdef01234567";
const parse = (value: unknown) => parseBranchMetadata(JSON.stringify(value));
const NOTHING = { frozen: false, kind: "user" };

test("everything that is understood is read", () => {
  const pullRequest = {
    number: 42,
    title: "Add it",
    state: "OPEN",
    url: "https://example.com/pull/42",
    base: "main",
    isDraft: false,
  };
  expect(
    parse({
      parentBranchName: "api/été",
      parentBranchRevision: OID,
      prInfo: { ...pullRequest, body: "long", lockReason: "user" },
      scope: "PROJ-123",
      lockReason: "draining",
      branchType: "worktree-anchor",
      stackId: "17-x",
      frozen: true,
      mergedDownstack: [{}],
    }),
  ).toEqual({
    ok: true,
    metadata: {
      parent: "api/été",
      parentRevision: OID,
      pullRequest,
      scope: "PROJ-123",
      lockReason: "draining",
      kind: "worktree-anchor",
      stackId: "17-x",
      frozen: true,
    },
  });
});

test("a field of the wrong type or without content is not recorded", () => {
  const wrong = {
    parentBranchName: ["main"],
    parentBranchRevision: "HEAD",
    scope: "",
    lockReason: null,
    branchType: "admin",
    stackId: {},
    frozen: "yes",
    locked: 1,
  };
  expect(parse({ ...wrong, prInfo: { number: "7" } })).toEqual({ ok: true, metadata: NOTHING });
  for (const number of [0, -1, 1.5, 2 ** 60, null]) {
    expect(parse({ prInfo: { number } })).toEqual({ ok: true, metadata: NOTHING });
  }
  expect(parse({ prInfo: { number: 7, title: 1, isDraft: "no", base: "" } })).toEqual({
    ok: true,
    metadata: { ...NOTHING, pullRequest: { number: 7 } },
  });
});

test("ids of either kind are revisions, nothing shorter and nothing in capitals", () => {
  const revisionOf = (parentBranchRevision: string) => {
    const parsed = parse({ parentBranchRevision });
    return parsed.ok && parsed.metadata.parentRevision;
  };
  expect(revisionOf(OID)).toBe(OID);
  expect(revisionOf("a".repeat(64))).toBe("a".repeat(64));
  for (const text of [OID.slice(1), OID.toUpperCase(), `${OID}\n`, "a".repeat(41)]) {
    expect(revisionOf(text)).toBeUndefined();
  }
});

test("an older lock without a reason is a person's", () => {
  expect(parse({ locked: true })).toMatchObject({ metadata: { lockReason: "user" } });
  expect(parse({ locked: true, lockReason: "consolidating" })).toMatchObject({
    metadata: { lockReason: "consolidating" },
  });
});

test("only addresses that a page may link to are kept", () => {
  const urlOf = (url: string) => {
    const parsed = parse({ prInfo: { number: 1, url } });
    return parsed.ok && parsed.metadata.pullRequest?.url;
  };
  expect(urlOf("http://git.example.com/1")).toBe("http://git.example.com/1");
  for (const url of ["javascript:alert(1)", " https://x", "//x/y", "data:text/html,x"]) {
    expect(urlOf(url)).toBeUndefined();
  }
});

test("text that is no object is a failure with a sentence", () => {
  for (const text of ["", "{", "undefined", '{"a":1}}', "\u0000"]) {
    expect(parseBranchMetadata(text)).toEqual({ ok: false, detail: "The metadata is not JSON." });
  }
  for (const text of ["[]", "null", "7", '"text"', "true"]) {
    expect(parseBranchMetadata(text)).toEqual({ ok: false, detail: "The metadata is not a JSON object." });
  }
});

test("keys that JavaScript gives a meaning to have none here", () => {
  const text = '{"__proto__":{"parentBranchName":"evil","frozen":true},"constructor":{"scope":"evil"}}';
  expect(parseBranchMetadata(text)).toEqual({ ok: true, metadata: NOTHING });
});

test("whatever is written there, reading it never throws", () => {
  const field = fc.constantFrom(
    "parentBranchName",
    "parentBranchRevision",
    "prInfo",
    "scope",
    "lockReason",
    "locked",
    "branchType",
    "stackId",
    "frozen",
    "number",
    "url",
    "__proto__",
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(fc.jsonValue(), fc.dictionary(field, tie("value"), { maxKeys: 5 })),
  }));
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.json(),
    value.map((any) => JSON.stringify(any)),
  );
  fc.assert(
    fc.property(text, (written) => {
      const parsed = parseBranchMetadata(written);
      if (parsed.ok) expect(parsed.metadata.kind).toMatch(/^(user|utility|worktree-anchor)$/);
      else expect(parsed.detail).toMatch(/^The metadata is not .*\.$/);
      parseStackMetadata(written);
    }),
    { numRuns: 1_000 },
  );
});

test("a hundred thousand brackets are read, or refused", () => {
  expect(parseBranchMetadata("[".repeat(100_000)).ok).toBe(false);
  const deep = `${'{"prInfo":'.repeat(50_000)}{}${"}".repeat(50_000)}`;
  expect(() => parseBranchMetadata(deep)).not.toThrow();
});

test("what is recorded about a stack is its title and description", () => {
  expect(parseStackMetadata('{"id":"1","title":"Shop","description":"All of it","createdAt":"x"}')).toEqual({
    title: "Shop",
    description: "All of it",
  });
  expect(parseStackMetadata('{"title":7,"description":""}')).toEqual({});
  expect(parseStackMetadata("nonsense")).toEqual({});
});
