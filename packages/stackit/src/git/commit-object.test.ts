import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCommit, subjectOf } from "./commit-object.ts";

const PARENT = "b".repeat(40);
const PERSON = "Ada Lovelace <ada@example.com> 1700000000 +0100";

function commit(header: readonly string[], message: string | Buffer = "Subject\n"): Buffer {
  return Buffer.concat([Buffer.from(`${header.join("\n")}\n\n`, "latin1"), Buffer.from(message)]);
}
const parse = (header: readonly string[], message?: string | Buffer) =>
  parseCommit("id", commit(header, message));

test("a commit's header and message are read", () => {
  expect(
    parse(
      [
        `tree ${PARENT}`,
        `parent ${PARENT}`,
        `parent ${"c".repeat(40)}`,
        `author ${PERSON}`,
        `committer ${PERSON}`,
      ],
      "One line\n\nMore.\n",
    ),
  ).toEqual({
    oid: "id",
    parents: [PARENT, "c".repeat(40)],
    author: "Ada Lovelace",
    authorEmail: "ada@example.com",
    committedAtMs: 1_700_000_000_000,
    subject: "One line",
    message: "One line\n\nMore.\n",
  });
});

test("lines that continue a field, such as a signature or a merged tag, are not taken for fields", () => {
  const parsed = parse([
    `parent ${PARENT}`,
    `author ${PERSON}`,
    `committer ${PERSON}`,
    "gpgsig -----BEGIN PGP SIGNATURE-----",
    " ",
    ` parent ${"d".repeat(40)}`,
    " author Mallory <m@example.com> 1 +0000",
    " -----END PGP SIGNATURE-----",
    "mergetag object 1234",
    ` committer Mallory <m@example.com> 1 +0000`,
    " ",
    " encoding latin1",
  ]);
  expect(parsed).toMatchObject({
    parents: [PARENT],
    author: "Ada Lovelace",
    committedAtMs: 1_700_000_000_000,
  });
  expect(parsed.subject).toBe("Subject");
});

test("text is read in the encoding that the commit names, and as UTF-8 when nobody knows that", () => {
  const latin = Buffer.from("Déjà vu\n", "latin1");
  const author = `author ${Buffer.from("René <r@é>", "latin1").toString("latin1")} 1 +0000`;
  expect(parse([author, "encoding ISO-8859-1"], latin)).toMatchObject({
    subject: "Déjà vu",
    author: "René",
    authorEmail: "r@é",
  });
  expect(parse(["encoding klingon"], "Été\n").subject).toBe("Été");
  expect(parse(["encoding UTF8"], "Été\n").subject).toBe("Été");
  expect(parse([`author ${Buffer.from("René <r@x> 1 +0000").toString("latin1")}`]).author).toBe("René");
  // Bytes that are no UTF-8 do not stop anything.
  expect(parse([], latin).subject).toMatch(/^D.j. vu$/);
});

test("a commit without a message, or without anything, is empty", () => {
  expect(parse([`author ${PERSON}`], "")).toMatchObject({ subject: "", message: "" });
  expect(parseCommit("id", Buffer.from(`tree x\nauthor ${PERSON}`))).toMatchObject({
    author: "Ada Lovelace",
    message: "",
  });
  expect(parseCommit("id", Buffer.alloc(0))).toEqual({
    oid: "id",
    parents: [],
    author: "",
    authorEmail: "",
    committedAtMs: 0,
    subject: "",
    message: "",
  });
});

test.each([
  ["Ada <ada@x> 1 +0000", "Ada", "ada@x"],
  ["<ada@x> 1 +0000", "", "ada@x"],
  ["Ada <> 1 +0000", "Ada", ""],
  ["Ada", "Ada", ""],
  ["Ada <ada@x", "Ada", "ada@x"],
  ["Ada > Eve <a@x> 1 +0000", "Ada > Eve", "a@x"],
  ["Ada <a<b>@x> 1 +0000", "Ada", "a<b>@x"],
  ["", "", ""],
])("the author %j is %j with %j", (line, author, authorEmail) => {
  expect(parse([`author ${line}`])).toMatchObject({ author, authorEmail });
});

test("a date is one that can be shown, whatever is written there", () => {
  const dateOf = (text: string): string =>
    new Date(parse([`committer A <a@x> ${text}`]).committedAtMs).toISOString();
  expect(dateOf("0 +0000")).toBe("1970-01-01T00:00:00.000Z");
  expect(dateOf("99999999999999999999 +0000")).toBe("9999-12-31T23:59:59.000Z");
  expect(dateOf("-99999999999999999999 +0000")).toBe("0001-01-01T00:00:00.000Z");
  expect(dateOf("-86400 +0000")).toBe("1969-12-31T00:00:00.000Z");
  expect(dateOf("yesterday")).toBe("1970-01-01T00:00:00.000Z");
  expect(dateOf("")).toBe("1970-01-01T00:00:00.000Z");
  // Without a committer the author's date has to do.
  expect(parse([`author ${PERSON}`]).committedAtMs).toBe(1_700_000_000_000);
});

test.each([
  ["one\n", "one"],
  ["one\ntwo\n\nthree\n", "one two"],
  ["\n\n  \none\n", "one"],
  ["one  \n  two\t\n", "one   two"],
  ["one\r\n\r\ntwo\r\n", "one"],
  ["one\n \t\ntwo", "one"],
  ["\u00a0\n\nx", "\u00a0"],
  ["", ""],
  ["\n \n", ""],
])("of %j the subject is %j", (message, subject) => {
  expect(subjectOf(message)).toBe(subject);
});

test("no bytes are too strange to read", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isHeader) => {
      const content = isHeader ? Buffer.concat([Buffer.from("author "), bytes]) : Buffer.from(bytes);
      expect(new Date(parseCommit("id", content).committedAtMs).toISOString()).toMatch(/Z$/);
    }),
  );
});
