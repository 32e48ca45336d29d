import fc from "fast-check";
import { expect, test } from "vitest";
import type { ParsedRecord } from "../recorded-edges.ts";
import { parseAv } from "./av.ts";
import { parseGhStack } from "./gh-stack.ts";
import { parseMachete } from "./git-machete.ts";
import { isKnownSpiceVersion, parseSpiceBranch } from "./git-spice.ts";
import { readGitTown } from "./git-town.ts";

const HASH = "aaa1".repeat(10);

const said = (parsed: ParsedRecord): unknown =>
  parsed.ok
    ? {
        parents: Object.fromEntries(parsed.record.parents),
        boundaries: Object.fromEntries(parsed.record.boundaries),
      }
    : parsed.detail;

test("gh-stack's file tells the order of each stack, and where each branch was put", () => {
  const file = {
    schemaVersion: 1,
    repository: "github.com:octo/hello",
    stacks: [
      {
        id: "9876543",
        number: 42,
        trunk: { branch: "main", head: "def4".repeat(10) },
        branches: [
          { branch: "user-model", base: "def4".repeat(10), pullRequest: { number: 101, merged: false } },
          { branch: "user-api", base: HASH, pullRequest: { number: 102 } },
        ],
      },
      { trunk: { branch: "main" }, branches: [{ branch: "alone" }] },
    ],
  };
  expect(said(parseGhStack(JSON.stringify(file)))).toEqual({
    parents: { "user-model": "main", "user-api": "user-model", alone: "main" },
    boundaries: { "user-model": "def4".repeat(10), "user-api": HASH },
  });
});

test("a stack of gh-stack with a nameless member is left out, and the others stand", () => {
  const stacks = [
    { trunk: { branch: "main" }, branches: [{ branch: "a" }, {}, { branch: "c" }] },
    { branches: [{ branch: "without-trunk" }] },
    { trunk: { branch: "main" }, branches: [{ branch: "b" }] },
    null,
  ];
  expect(said(parseGhStack(JSON.stringify({ schemaVersion: 1, stacks })))).toEqual({
    parents: { b: "main" },
    boundaries: {},
  });
});

test.each([
  ['{"schemaVersion":1,"stacks":[{"id"', "is no JSON object"],
  ["", "is no JSON object"],
  ["[]", "is no JSON object"],
  ['{"schemaVersion":2,"stacks":[]}', "has a version that is not known here"],
  ['{"schemaVersion":1,"stacks":{}}', "has no list of stacks"],
])("gh-stack's file %s cannot be read", (text, detail) => {
  expect(said(parseGhStack(text))).toBe(detail);
});

test("git-machete's layout tells parents by indentation, whatever follows the names", () => {
  const layout = `develop
    adjust-reads-prec PR #234 rebase=no push=no
        block-cancel-order PR #235 rebase=no
            change-table
        drop-constraint # PR #236

master
    hotfix/receipt-trigger PR #236
`;
  const parents = {
    "adjust-reads-prec": "develop",
    "block-cancel-order": "adjust-reads-prec",
    "change-table": "block-cancel-order",
    "drop-constraint": "adjust-reads-prec",
    "hotfix/receipt-trigger": "master",
  };
  expect(said(parseMachete(layout))).toEqual({ parents, boundaries: {} });
  expect(said(parseMachete(layout.replaceAll("    ", "\t").replaceAll("\n", "\r\n")))).toEqual({
    parents,
    boundaries: {},
  });
  expect(said(parseMachete(""))).toEqual({ parents: {}, boundaries: {} });
});

test.each([
  ["main\n    a\n      b\n", "is indented unevenly in line 3"],
  ["main\n  a\n      c\n", "is indented unevenly in line 3"],
  ["  main\n", "is indented unevenly in line 1"],
  ["main\n  a\n\tb\n", "is indented unevenly in line 3"],
  ["main\n  a\n  b\n    a\n", "names a branch again in line 4"],
])("git-machete's layout %j cannot be read", (text, detail) => {
  expect(said(parseMachete(text))).toBe(detail);
});

test("av's records tell parents, and the parent's commit unless that is the trunk", () => {
  const file = {
    repository: { id: "R_1", owner: "octo", name: "hello" },
    branches: {
      foo: { parent: { name: "main", trunk: true }, pullRequest: { id: "PR_1", number: 1, state: "OPEN" } },
      "bar/baz": { parent: { name: "foo", head: HASH } },
      orphan: { mergeCommit: HASH },
      odd: { parent: { name: 5, head: "no object id" } },
    },
  };
  expect(said(parseAv(JSON.stringify(file)))).toEqual({
    parents: { foo: "main", "bar/baz": "foo" },
    boundaries: { "bar/baz": HASH },
  });
  expect(said(parseAv("{}"))).toEqual({ parents: {}, boundaries: {} });
});

test.each([
  ['{"branches":{"foo":{"par', "is no JSON object"],
  ['{"branches":[]}', "has no list of branches"],
])("av's records %s cannot be read", (text, detail) => {
  expect(said(parseAv(text))).toBe(detail);
});

test("git-spice's file of a branch tells its base and where the branch was put", () => {
  const file = {
    base: { name: "main", hash: HASH },
    upstream: { branch: "feature1" },
    change: { github: { pr: { number: 12, gqlID: "PR_1" } } },
    merged: [],
  };
  expect(parseSpiceBranch(JSON.stringify(file))).toEqual({ parent: "main", boundary: HASH });
  expect(parseSpiceBranch('{"base":{"name":"a","hash":"2ff5"}}')).toEqual({ parent: "a" });
  for (const broken of ["", "[]", "{}", '{"base":"main"}', '{"base":{"name":""}}', '{"base":{"na']) {
    expect(parseSpiceBranch(broken)).toBeUndefined();
  }
  expect([undefined, "1", "2\n", "3", ""].map(isKnownSpiceVersion)).toEqual([true, true, true, false, false]);
});

test("git-town's configuration tells parents, also of branches with dots and slashes", () => {
  const config = new Map([
    ["git-town-branch.feature.parent", "main"],
    ["git-town-branch.team/v1.2.parent", "feature"],
    ["git-town-branch.feature.branchtype", "feature"],
    ["git-town-branch.empty.parent", ""],
    ["git-town-branch.parent", "nobody"],
    ["git-town.main-branch", "main"],
  ]);
  const { parents, boundaries } = readGitTown(config);
  expect([...parents]).toEqual([
    ["feature", "main"],
    ["team/v1.2", "feature"],
  ]);
  expect(boundaries.size).toBe(0);
});

test("whatever a file holds is either read or refused", () => {
  const name = fc.constantFrom("main", "a", "b/c", "__proto__", "", "constructor");
  const noise = fc.oneof(fc.jsonValue(), name, fc.constant(null));
  const parent = fc.oneof(fc.record({ name: noise, head: noise }, { requiredKeys: [] }), noise);
  const branch = fc.oneof(fc.record({ parent, branch: noise, base: noise }, { requiredKeys: [] }), noise);
  const branches = fc.oneof(fc.dictionary(name, branch), fc.array(branch), noise);
  const trunk = fc.oneof(fc.record({ branch: noise }), noise);
  const stacks = fc.oneof(fc.array(fc.oneof(fc.record({ trunk, branches }), noise)), noise);
  const file = fc.record({ schemaVersion: fc.constant(1), branches, stacks }, { requiredKeys: [] });
  const layout = fc.array(fc.constantFrom(" ", "\t", "\n", "\r", "a", "b", "\u2003", "PR"), {
    maxLength: 40,
  });
  const text = fc.oneof(
    file.map((value) => JSON.stringify(value)),
    layout.map((parts) => parts.join("")),
    fc.string({ unit: "binary" }),
    fc.json(),
  );
  fc.assert(
    fc.property(text, fc.nat(), (whole, cut) => {
      for (const shown of [whole, whole.slice(0, cut % (whole.length + 1))]) {
        expect(parseSpiceBranch(shown)?.parent).not.toBe("");
        for (const parse of [parseAv, parseGhStack, parseMachete]) {
          const parsed = parse(shown);
          if (!parsed.ok) continue;
          const { parents, boundaries } = parsed.record;
          for (const named of parents.values()) expect(named).not.toBe("");
          for (const child of boundaries.keys()) expect(parents.has(child)).toBe(true);
        }
      }
    }),
    { numRuns: 500 },
  );
});
