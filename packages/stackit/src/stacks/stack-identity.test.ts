import fc from "fast-check";
import { expect, test } from "vitest";
import { findStack, identifyStacks, type KnownStack, type SeenStack } from "./stack-identity.ts";

/** `a b:2 c`: the first is the root; a tip is called as its branch, unless it is told. */
const stack = (text: string): SeenStack => {
  const members = new Map(
    text.split(" ").map((part) => {
      const [name = "", tip = name] = part.split(":");
      return [name, tip] as const;
    }),
  );
  const [root = ""] = members.keys();
  return { root, members };
};

/** Sees one state after the other. */
const after = (...states: readonly string[][]): readonly KnownStack[] =>
  states.reduce<readonly KnownStack[]>((known, state, index) => {
    const stacks = identifyStacks(known, state.map(stack), index);
    expect(identifyStacks(known, state.toReversed().map(stack), index)).toEqual(stacks);
    return stacks;
  }, []);

const idOf = (stacks: readonly KnownStack[], root: string): string | undefined =>
  stacks.find(({ roots, goneAtMs }) => goneAtMs === undefined && roots[0] === root)?.id;

const first = ["a b c", "x y"];
const id = idOf(after(first), "a") ?? "none";

test.each([
  ["its root landed", ["b c", "x y"], "b"],
  ["its root was renamed", ["new:a b c", "x y"], "new"],
  ["all of its branches were rebased", ["a:1 b:2 c:3", "x y"], "a"],
  ["its root landed and the others were rebased", ["b:2 c:3", "x y"], "b"],
  ["a branch was renamed and the root landed", ["new:b c", "x y"], "new"],
  ["it got a new root", ["z a b c", "x y"], "z"],
  ["its top went to another stack", ["a b", "x y c"], "a"],
  ["its root alone was split off", ["a", "b c", "x y"], "b"],
])("a stack is the same after %s", (_, then, root) => {
  const stacks = after(first, then);
  expect(idOf(stacks, root)).toBe(id);
  expect(findStack(stacks, id)?.roots[0]).toBe(root);
  expect(new Set(stacks.map((one) => one.id)).size).toBe(stacks.length);
});

test("links by a root that has landed lead to the stack, and a branch that is a root now comes first", () => {
  const stacks = after(first, ["b c", "x y"]);
  expect(findStack(stacks, "a")?.id).toBe(id);
  expect(findStack(after(first, ["b c", "x y"], ["b c", "x y", "a:new"]), "a")?.id).not.toBe(id);
  expect(findStack(stacks, "nobody")).toBeUndefined();
});

test("a stack that takes in another one answers for both, also after it is split again", () => {
  const other = idOf(after(first), "x") ?? "none";
  const together = after(first, ["a b c x y"]);
  expect(idOf(together, "a")).toBe(id);
  expect(findStack(together, other)?.id).toBe(id);
  expect(findStack(together, "x")?.id).toBe(id);
  const apart = after(first, ["a b c x y"], first);
  expect(idOf(apart, "a")).toBe(id);
  expect(idOf(apart, "x")).not.toBe(id);
});

test("a stack that comes back is what it was", () => {
  const stacks = after(first, ["x y"], first);
  expect(idOf(stacks, "a")).toBe(id);
  expect(stacks).toHaveLength(2);
  expect(after(first, ["x y"]).find((one) => one.id === id)?.goneAtMs).toBe(1);
  expect(findStack(after(first, ["x y"]), id)).toBeUndefined();
});

test("another stack of a root that is taken gets another id", () => {
  const stacks = after(["a b"], ["b", "a:fresh"]);
  expect(new Set(stacks.map((one) => one.id)).size).toBe(2);
});

test("without memory the same roots get the same ids", () => {
  expect(after(first)).toEqual(after(first));
});

test("whatever happens, each stack has one id of its own", () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  const state = fc
    .tuple(
      fc.shuffledSubarray(names, { minLength: 1 }),
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 6 }),
    )
    .map(([members, cuts]) => {
      const stacks: string[] = [];
      for (let from = 0, index = 0; from < members.length; index++) {
        const size = cuts[index] ?? 1;
        stacks.push(members.slice(from, from + size).join(" "));
        from += size;
      }
      return stacks;
    });
  fc.assert(
    fc.property(fc.array(state, { minLength: 1, maxLength: 6 }), (states) => {
      const stacks = after(...states);
      const present = stacks.filter(({ goneAtMs }) => goneAtMs === undefined);
      expect(present.map(({ roots }) => roots[0]).sort()).toEqual(
        states
          .at(-1)
          ?.map((text) => text.split(" ")[0])
          .sort(),
      );
      const all = stacks.flatMap((one) => [one.id, ...one.formerIds]);
      expect(new Set(all).size).toBe(all.length);
    }),
  );
});
