import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseTrunk, type TrunkHints } from "./choose-trunk.ts";
import type { Head, RefReading } from "./ref-reading.ts";

interface Refs {
  heads?: readonly string[];
  remotes?: readonly string[];
  /** What `origin/HEAD` stands for. */
  remoteHead?: string;
  head?: Head;
}

function readingOf({ heads = [], remotes = [], remoteHead, head }: Refs): RefReading {
  return {
    refs: new Map([
      ...heads.map((name) => [`refs/heads/${name}`, `local ${name}`] as const),
      ...remotes.map((name) => [`refs/remotes/${name}`, `remote ${name}`] as const),
    ]),
    symbolic: new Map(
      remoteHead === undefined ? [] : [["refs/remotes/origin/HEAD", `refs/remotes/${remoteHead}`]],
    ),
    head: head ?? { kind: "detached", oid: "" },
    checkedOut: new Set(),
  };
}

const choose = (refs: Refs, hints: Partial<TrunkHints> = {}) =>
  chooseTrunk(readingOf(refs), { remote: "origin", namedAsRoot: [], ...hints });

test("what is configured is the trunk, whether or not it exists", () => {
  expect(choose({ heads: ["main"] }, { configured: "release" })).toEqual({
    name: "release",
    tips: [],
    reason: "configured",
  });
});

test("the branch that most records name as the lowest is the trunk", () => {
  const heads = ["main", "master", "release", "next"];
  const choiceOf = (...namedAsRoot: string[]) => choose({ heads }, { namedAsRoot })?.name;
  expect(choose({ heads }, { namedAsRoot: ["main", "release", "release"] })).toMatchObject({
    name: "release",
    reason: "named by stack metadata",
  });
  expect(choiceOf("master", "main", "master")).toBe("master");
  expect(choiceOf("master", "main")).toBe("main");
  expect(choiceOf("gone", "gone", "gone", "release", "release")).toBe("release");
});

test("a branch that nothing but few records speak for may be one that its tool does not know", () => {
  const heads = ["main", "master", "release", "next"];
  const choiceOf = (...namedAsRoot: string[]) => choose({ heads }, { namedAsRoot })?.name;
  expect(choiceOf("next")).toBe("main");
  expect(choiceOf("master", "next", "next")).toBe("next");
  expect(choiceOf("master", "next", "next", "release")).toBe("master");
  expect(choose({ heads }, { namedAsRoot: ["next"], initDefault: "next" })?.name).toBe("next");
});

test("then comes the default branch of the remote, if it is here", () => {
  const refs = { heads: ["main", "stable"], remotes: ["origin/stable"], remoteHead: "origin/stable" };
  expect(choose(refs)).toEqual({
    name: "stable",
    tips: ["local stable", "remote origin/stable"],
    tip: "local stable",
    reason: "default branch of the remote",
  });
  expect(choose({ ...refs, remoteHead: "origin/gone" })?.name).toBe("main");
  expect(choose({ ...refs, remoteHead: "fork/stable" })?.name).toBe("main");
});

test("then what the person calls their first branches, then a usual name, a local one first", () => {
  expect(choose({ heads: ["main", "base"] }, { initDefault: "base" })?.reason).toBe("init.defaultBranch");
  expect(choose({ heads: ["x", "trunk"], remotes: ["origin/main"] })?.name).toBe("trunk");
  expect(choose({ heads: ["x", "y"], remotes: ["origin/main"] })).toEqual({
    name: "main",
    tips: ["remote origin/main"],
    tip: "remote origin/main",
    reason: "usual name",
  });
  expect(choose({ heads: ["x", "y"], remotes: ["fork/main"] })).toBeUndefined();
});

test("a branch that is alone is the trunk, and so is one that has no commit yet", () => {
  expect(choose({ heads: ["topic"] })?.reason).toBe("only branch");
  expect(choose({ head: { kind: "branch", name: "topic" } })).toEqual({
    name: "topic",
    tips: [],
    reason: "unborn branch",
  });
  expect(choose({ heads: ["topic", "other"] })).toBeUndefined();
  expect(choose({})).toBeUndefined();
});

test("the order of refs and of records never matters", () => {
  const name = fc.constantFrom("main", "master", "develop", "a", "b", "toString", "__proto__");
  fc.assert(
    fc.property(
      fc.uniqueArray(name),
      fc.uniqueArray(name.map((branch) => `origin/${branch}`)),
      fc.option(name.map((branch) => `origin/${branch}`)),
      fc.array(name),
      fc.option(name),
      fc.infiniteStream(fc.nat()),
      (heads, remotes, remoteHead, namedAsRoot, initDefault, random) => {
        const shuffled = <T>(list: readonly T[]): T[] =>
          list
            .map((value) => ({ value, rank: random.next().value ?? 0 }))
            .sort((a, b) => a.rank - b.rank)
            .map(({ value }) => value);
        const refs = { heads, remotes, ...(remoteHead !== null && { remoteHead }) };
        const hints = { namedAsRoot, ...(initDefault !== null && { initDefault }) };
        expect(
          choose(
            { ...refs, heads: shuffled(heads), remotes: shuffled(remotes) },
            { ...hints, namedAsRoot: shuffled(namedAsRoot) },
          ),
        ).toEqual(choose(refs, hints));
      },
    ),
  );
});
