import { expect, test } from "vitest";
import { type CommitTrailers, edgesOfCommits, isOfCommits, readTrailers } from "./commit-trailers.ts";

const SPR = `Say it louder

Since nobody listens.

commit-id:0a1b2c3d
`;
const STACK_PR = `Say it louder

stack-info: PR: https://github.com/modular/hello/pull/30, branch: ann/stack/7
`;

test("the trailers of spr and stack-pr are read", () => {
  expect(readTrailers(SPR)).toEqual({ sprId: "0a1b2c3d" });
  expect(readTrailers(SPR.replaceAll("\n", "\r\n"))).toEqual({ sprId: "0a1b2c3d" });
  expect(readTrailers(STACK_PR)).toEqual({ stackPrBranch: "ann/stack/7" });
});

test.each([
  "no trailer",
  "commit-id:0a1b2c3",
  "commit-id:0a1b2c3d4e",
  "see commit-id:0a1b2c3d",
  "stack-info: PR: https://x/pull/30",
  "stack-info: PR: https://x/pull/30, branch: two words",
])("%j is no trailer", (message) => {
  expect(readTrailers(message)).toEqual({});
});

test("branches of spr and stack-pr are told by their names", () => {
  const names = [
    "spr/main/0a1b2c3d",
    "ann/spr/v1/0a1b2c3d",
    "ann/stack/7",
    "spr/ann/fix",
    "ann/stack",
    "fix",
  ];
  expect(names.map(isOfCommits)).toEqual([true, true, true, false, false, false]);
});

interface Made {
  readonly below?: string;
  readonly trailers?: CommitTrailers;
}

const edges = (commits: Record<string, Made>, tips: Record<string, string>): unknown => {
  const commit = (oid: string) => {
    const made = commits[oid];
    if (!made) return undefined;
    const rest = { author: "", authorEmail: "", committedAtMs: 0, subject: "" };
    return { oid, parents: made.below === undefined ? [] : [made.below], ...rest };
  };
  const read = (order: [string, string][]): unknown =>
    edgesOfCommits(new Map(order), { commit }, (oid) => commits[oid]?.trailers).map(
      ({ source, parents, boundaries }) => ({
        source,
        parents: Object.fromEntries(parents),
        boundaries: Object.fromEntries(boundaries),
      }),
    );
  const order = Object.entries(tips);
  expect(read(order.toReversed())).toEqual(read(order));
  return read(order);
};

const id = (digit: string): string => digit.repeat(8);
const spr = (digit: string): string => `spr/main/${id(digit)}`;

test("each commit of spr is a branch, and the one below it its parent, also after that was amended", () => {
  const commits = {
    a1: { below: "trunk", trailers: { sprId: id("a") } },
    b1: { below: "a1", trailers: { sprId: id("b") } },
    fixup: { below: "b1" },
    c1: { below: "fixup", trailers: { sprId: id("c") } },
    a2: { below: "trunk", trailers: { sprId: id("a") } },
  };
  expect(edges(commits, { [spr("a")]: "a2", [spr("b")]: "b1", [spr("c")]: "c1" })).toEqual([
    {
      source: "spr",
      parents: { [spr("b")]: spr("a"), [spr("c")]: spr("b") },
      boundaries: { [spr("b")]: "a1", [spr("c")]: "b1" },
    },
  ]);
});

test("a branch in between that is gone is spoken for by the one above it", () => {
  const commits = {
    a1: { below: "trunk", trailers: { stackPrBranch: "ann/stack/1" } },
    b1: { below: "a1", trailers: { stackPrBranch: "ann/stack/2" } },
    c1: { below: "b1", trailers: { stackPrBranch: "ann/stack/3" } },
  };
  expect(edges(commits, { "ann/stack/1": "a1", "ann/stack/3": "c1" })).toEqual([
    {
      source: "stack-pr",
      parents: { "ann/stack/3": "ann/stack/2", "ann/stack/2": "ann/stack/1" },
      boundaries: { "ann/stack/3": "b1", "ann/stack/2": "a1" },
    },
  ]);
});

test("the lowest branch of a stack and branches without trailers name nobody", () => {
  const commits = { a1: { below: "trunk", trailers: { sprId: id("a") } }, b1: { below: "trunk" } };
  expect(edges(commits, { [spr("a")]: "a1", [spr("b")]: "b1", other: "a1" })).toEqual([]);
});
