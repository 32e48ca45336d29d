import fc from "fast-check";
import { expect, test } from "vitest";
import { differingLines, parseRefLine, RefListing } from "./for-each-ref.ts";
import { displayName, refBytes } from "./ref-name.ts";

const OID = "0123456789abcdef0123456789abcdef01234567";
const OTHER = "f".repeat(40);

test("a line names a commit, a ref, and what that ref stands for", () => {
  expect(parseRefLine(`${OID} refs/heads/main `)).toEqual({ oid: OID, ref: "refs/heads/main" });
  expect(parseRefLine(`${"a".repeat(64)} refs/remotes/origin/HEAD refs/remotes/origin/main`)).toEqual({
    oid: "a".repeat(64),
    ref: "refs/remotes/origin/HEAD",
    target: "refs/remotes/origin/main",
  });
});

test("anything else is not taken for a line", () => {
  for (const line of ["", OID, `${OID} refs/heads/main`, "warning: ignoring broken ref", ` ${OID} x `]) {
    expect(() => parseRefLine(line), line).toThrow("unexpected for-each-ref line");
  }
});

test("a name is shown as UTF-8 where it is, and else by its bytes", () => {
  const bytes = (...numbers: number[]) => String.fromCharCode(...numbers);
  expect(displayName("refs/heads/plain")).toBe("refs/heads/plain");
  expect(displayName(`refs/heads/${Buffer.from("été/分支/😀").toString("latin1")}`)).toBe(
    "refs/heads/été/分支/😀",
  );
  expect(displayName(`x${bytes(0xe9)}y`)).toBe("x\\xe9y");
  // An overlong form, half a pair and a cut sequence are not UTF-8.
  expect(displayName(bytes(0xc0, 0xaf))).toBe("\\xc0\\xaf");
  expect(displayName(bytes(0xed, 0xa0, 0x80))).toBe("\\xed\\xa0\\x80");
  expect(displayName(bytes(0xc3))).toBe("\\xc3");
});

test("a name as it is shown gives its bytes again", () => {
  for (const bytes of [[0x78], [0xc3, 0xa9], [0x6d, 0xfc, 0x6c], [0xc0, 0xaf], [0xff, 0x78, 0x66]]) {
    const name = Buffer.from([...Buffer.from("refs/heads/"), ...bytes]);
    expect(refBytes(displayName(name.toString("latin1")))).toEqual(name);
  }
});

const listing = (...lines: string[]): Buffer =>
  Buffer.from(lines.map((line) => `${line}\n`).join(""), "latin1");
const at = (name: string, oid = OID): string => `${oid} refs/heads/${name} `;

test("only lines that are not in both listings differ", () => {
  const differences = (before: Buffer, after: Buffer) => [...differingLines(before, after)];
  const none = Buffer.alloc(0);
  expect(differences(none, none)).toEqual([]);
  expect(differences(listing(at("a")), listing(at("a")))).toEqual([]);
  expect(differences(none, listing(at("a")))).toEqual([{ come: at("a") }]);
  expect(differences(listing(at("a")), none)).toEqual([{ gone: at("a") }]);
  expect(
    differences(listing(at("a"), at("b"), at("c")), listing(at("a", OTHER), at("b"), at("c", OTHER))),
  ).toEqual([
    { gone: at("a"), come: at("a", OTHER) },
    { gone: at("c"), come: at("c", OTHER) },
  ]);
  expect(differences(listing(at("a"), at("b")), listing(at("b"), at("c")))).toEqual([
    { gone: at("a") },
    { come: at("c") },
  ]);
});

test("a name that is the beginning of another one is another name", () => {
  const [before, after] = [listing(at("a"), at("ab"), at("abc")), listing(at("a"), at("abc"))];
  expect([...differingLines(before, after)]).toEqual([{ gone: at("ab") }]);
  expect([...differingLines(after, before)]).toEqual([{ come: at("ab") }]);
  expect([...differingLines(listing(at("ab")), listing(at("a")))]).toEqual([
    { come: at("a") },
    { gone: at("ab") },
  ]);
});

test("a last line without its end is a line", () => {
  const cut = (buffer: Buffer): Buffer => buffer.subarray(0, -1);
  const listed = new RefListing(cut(listing(at("a"), at("b"))), new RefListing(listing(at("a"))));
  expect([...listed.refs.keys()]).toEqual(["refs/heads/a", "refs/heads/b"]);
  expect(new RefListing(listing(at("a")), listed).deltas).toEqual([{ ref: "refs/heads/b", old: OID }]);
});

test("a listing says what came, went and moved since the one before", () => {
  const before = new RefListing(listing(at("a"), at("b"), at("c")));
  expect(before.deltas.map(({ ref }) => ref)).toEqual(["refs/heads/a", "refs/heads/b", "refs/heads/c"]);
  const after = new RefListing(listing(at("b", OTHER), at("c"), at("d")), before);
  expect(after.deltas).toEqual([
    { ref: "refs/heads/a", old: OID },
    { ref: "refs/heads/b", old: OID, new: OTHER },
    { ref: "refs/heads/d", new: OID },
  ]);
  expect([...before.refs.keys()]).toEqual(["refs/heads/a", "refs/heads/b", "refs/heads/c"]);
});

test("a ref that stands for another one than before is no move", () => {
  const head = (target: string): string => `${OID} refs/remotes/origin/HEAD ${target}`;
  const before = new RefListing(listing(head("refs/remotes/origin/main")));
  const after = new RefListing(listing(head("refs/remotes/origin/next")), before);
  expect(after.deltas).toEqual([]);
  expect(after.symbolic).toEqual(new Map([["refs/remotes/origin/HEAD", "refs/remotes/origin/next"]]));
  expect(new RefListing(listing(head("")), after).symbolic.size).toBe(0);
});

/** Sorted as git sorts: by byte. */
const rawListing = fc
  .uniqueArray(
    fc.tuple(
      fc.string({ unit: fc.constantFrom("a", "b", "/", "é", "\u00a0", "ÿ"), minLength: 1, maxLength: 6 }),
      fc.constantFrom(OID, OTHER),
      fc.constantFrom("", "", "", "refs/heads/target", "refs/heads/other"),
    ),
    { selector: ([name]) => name, maxLength: 25 },
  )
  .map((refs) =>
    listing(
      ...refs
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, oid, target]) => `${oid} refs/heads/${name} ${target}`),
    ),
  );

test("a listing that reads on from any other is the one that is read alone", () => {
  fc.assert(
    fc.property(fc.array(rawListing, { minLength: 2, maxLength: 4 }), (raws) => {
      let before: RefListing | undefined;
      for (const raw of raws) {
        const [fresh, after] = [new RefListing(raw), new RefListing(raw, before)];
        expect(after.refs).toEqual(fresh.refs);
        expect(after.symbolic).toEqual(fresh.symbolic);
        const old = before?.refs ?? new Map<string, string>();
        const names = new Set([...old.keys(), ...fresh.refs.keys()]);
        const moved = [...names].filter((ref) => old.get(ref) !== fresh.refs.get(ref));
        expect(after.deltas.map(({ ref }) => ref).sort()).toEqual(moved.sort());
        for (const { ref, old: from, new: to } of after.deltas) {
          expect([from, to]).toEqual([old.get(ref), fresh.refs.get(ref)]);
        }
        before = after;
      }
    }),
    { numRuns: 500 },
  );
});

test("changes far apart in a long listing are found, whatever lies between", () => {
  const names = Array.from({ length: 2_000 }, (_, index) => `branch-${String(index).padStart(5, "0")}`);
  const before = new RefListing(listing(...names.map((name) => at(name))));
  const edits = fc.array(
    fc.tuple(fc.nat({ max: names.length - 1 }), fc.constantFrom("move", "delete", "insert")),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(
    fc.property(edits, (changes) => {
      const lines = new Map(names.map((name) => [name, at(name)]));
      for (const [index, kind] of changes) {
        const name = names[index] ?? "";
        if (kind === "delete") lines.delete(name);
        else if (kind === "move") lines.set(name, at(name, OTHER));
        else lines.set(`${name}-more`, at(`${name}-more`));
      }
      const raw = listing(...[...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line));
      const after = new RefListing(raw, before);
      expect(after.refs).toEqual(new RefListing(raw).refs);
      expect(after.deltas.length).toBeLessThanOrEqual(changes.length);
    }),
    { numRuns: 30 },
  );
});
