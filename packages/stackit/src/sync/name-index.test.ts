import fc from "fast-check";
import { expect, test } from "vitest";
import { NameIndex } from "./name-index.ts";
import { type KnownNames, type NamedRepo, recognize } from "./recognize.ts";

const anyName = fc.constantFrom("octo/widget", "Octo/Widget", "octo/gear", "ACME/gear", "acme/cog");
const anyNumber = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });
const anyOrigin = fc.constantFrom("https://github.com", "https://git.example.com", "ssh://github.com:22");
const anyKnown: fc.Arbitrary<KnownNames> = fc.record({
  origin: anyOrigin,
  fullName: fc.oneof(anyName, fc.constant("")),
  formerNames: fc.array(anyName, { maxLength: 2 }),
  forgeRepoId: anyNumber,
  deletedAtMs: fc.option(fc.constant(1), { nil: undefined }),
});
const anyNamed: fc.Arbitrary<NamedRepo> = fc
  .tuple(anyName, anyNumber, fc.array(anyOrigin, { maxLength: 2 }))
  .map(([fullName, forgeRepoId, origins]) => {
    return { fullName, origins, ...(forgeRepoId !== undefined && { forgeRepoId }) };
  });

test("whatever is known and becomes known, nobody is missed whom a message is about, or whose name it has", () => {
  const anyHistory = fc.array(fc.tuple(fc.nat({ max: 4 }), anyKnown), { maxLength: 12 });
  fc.assert(
    fc.property(anyHistory, anyNamed, (history, named) => {
      const index = new NameIndex<number>();
      for (const [entry, known] of history) index.set(entry, known);
      const concerned = (entries: Iterable<number>) =>
        [...entries].filter((entry) => recognize(knownOf(entry), named) !== "another").sort();
      const all = new Map(history);
      const knownOf = (entry: number) => all.get(entry) ?? expect.unreachable();
      expect(concerned(index.find(named))).toEqual(concerned(all.keys()));
    }),
  );
});

test("what bears neither the name nor the number is not found, nor what bore them before it was learned better", () => {
  const index = new NameIndex<string>();
  const known = { fullName: "octo/widget", formerNames: ["octo/old"], forgeRepoId: 7 };
  index.set("widget", known);
  index.set("gear", { fullName: "octo/gear", formerNames: [], forgeRepoId: 8 });
  const find = (fullName: string, forgeRepoId?: number) =>
    index.find({ fullName, origins: [], ...(forgeRepoId !== undefined && { forgeRepoId }) });
  expect(find("OCTO/Gear", 7)).toEqual(["widget", "gear"]);
  expect(find("octo/OLD")).toEqual(["widget"]);
  expect(find("octo/other", 9)).toEqual([]);
  index.set("widget", { fullName: "octo/new", formerNames: ["octo/widget"], forgeRepoId: 9 });
  expect([find("octo/old", 7), find("octo/widget", 9), find("octo/new")]).toEqual([
    [],
    ["widget"],
    ["widget"],
  ]);
});
