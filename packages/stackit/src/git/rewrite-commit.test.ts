import { expect, test } from "vitest";
import { rewriteCommit } from "./rewrite-commit.ts";

const [TREE, PARENT] = ["1".repeat(40), "2".repeat(40)];

/** The line of the committer in a commit that has these fields, a character for each byte. */
function committerLine(name: string, email: string, fields = ""): string {
  const content = Buffer.from(
    `tree 0\nparent 0\nauthor A <a> 1 +0000\ncommitter B <b> 1 +0000\n${fields}\nm`,
  );
  const committer = { name, email, atMs: 1_800_000_000_999 };
  const text = rewriteCommit(content, { tree: TREE, parent: PARENT, committer }).toString("latin1");
  return text.split("\n").find((line) => line.startsWith("committer ")) ?? "";
}

const latin = (text: string): string => Buffer.from(text).toString("latin1");

test.each([
  ["a name", "Jörg", "j@x.org", "", `${latin("Jörg")} <j@x.org>`],
  ["what would end the line or the name", " J<\n>\0ö, ", "<j@x.org>\n", "", `${latin("Jö")} <j@x.org>`],
  ["no name", " . ", "j@x.org", "", "j@x.org <j@x.org>"],
  ["a commit in Latin 1", "Jörg Čapek 名", "j@x.org", "encoding ISO-8859-1\n", "J\xf6rg Capek ? <j@x.org>"],
  ["a commit in another encoding", "Jörg", "j@x.org", "encoding Shift_JIS\n", "Jorg <j@x.org>"],
  ["a commit in UTF-8 that says so", "Jörg", "j@x.org", "encoding utf8\n", `${latin("Jörg")} <j@x.org>`],
])("the committer is written as git takes it: %s", (_, name, email, fields, line) => {
  expect(committerLine(name, email, fields)).toBe(`committer ${line} 1800000000 +0000`);
});

test("a commit without a message, and without the line before it, gets that line", () => {
  const content = Buffer.from("tree 0\nauthor A <a> 1 +0000\ncommitter B <b> 1 +0000");
  const committer = { name: "C", email: "c", atMs: 0 };
  expect(rewriteCommit(content, { tree: TREE, parent: PARENT, committer }).toString()).toBe(
    `tree ${TREE}\nparent ${PARENT}\nauthor A <a> 1 +0000\ncommitter C <c> 0 +0000\n\n`,
  );
});
