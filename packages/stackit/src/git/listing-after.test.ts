import fc from "fast-check";
import { expect, test } from "vitest";
import { listingAfter, type RefMove } from "./listing-after.ts";
import { displayName } from "./ref-name.ts";

const oids = [1, 2, 3].map((digit) => String(digit).repeat(40));

function listing(refs: ReadonlyMap<string, string>): Buffer {
  const lines = [...refs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([ref, oid]) => `${oid} ${ref} \n`);
  return Buffer.from(lines.join(""), "latin1");
}

const name = fc
  .string({ unit: fc.constantFrom("a", "b", "/", "\xc3\xa9", "\xfc"), minLength: 1, maxLength: 5 })
  .map((text) => `refs/heads/${text}`);
const refs = fc
  .array(fc.tuple(name, fc.constantFrom(...oids)), { maxLength: 30 })
  .map((entries) => new Map(entries));

test("a listing after moves is the one that would be read", () => {
  fc.assert(
    fc.property(refs, refs, (before, after) => {
      const moves = [...new Set([...before.keys(), ...after.keys()])].flatMap((ref): RefMove[] => {
        const [old, now] = [before.get(ref), after.get(ref)];
        return old === now ? [] : [{ ref: displayName(ref), old, new: now }];
      });
      expect(listingAfter(listing(before), moves).toString("latin1")).toBe(listing(after).toString("latin1"));
    }),
    { numRuns: 500 },
  );
});

test("a listing that is not what was there before is refused", () => {
  const [one = "", two = ""] = oids;
  const raw = listing(new Map([["refs/heads/a", one]]));
  for (const move of [
    { ref: "refs/heads/a", old: two, new: one },
    { ref: "refs/heads/a", new: two },
    { ref: "refs/heads/b", old: one, new: two },
    { ref: "refs/heads/b", old: one },
  ]) {
    expect(() => listingAfter(raw, [move])).toThrow("as it was");
  }
});
