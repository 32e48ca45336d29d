import { expect, test } from "vitest";
import { failureOf, GitError } from "../git/git-error.ts";
import { whatItSaysOfFiles } from "./mirror-damage.ts";

const said = (stderr: string) =>
  whatItSaysOfFiles(new GitError(failureOf(stderr), { args: ["fetch"], exitCode: 128, stderr }));

const OID = "0123456789012345678901234567890123456789";

for (const words of [
  `fatal: remote error: upload-pack: not our ref ${OID}\n`,
  `remote: fatal: bad object ${OID}\nfatal: remote error: upload-pack: not our ref ${OID}\n`,
  "fatal: couldn't find remote ref refs/heads/ui\n",
  "fatal: repository 'https://git.example.com/shop.git/' not found\n",
  "fatal: Authentication failed for 'https://git.example.com/shop.git/'\n",
]) {
  test(`a remote's doing says nothing of the mirror's files: ${words.trim().split("\n").at(-1)}`, () => {
    expect(said(words)).toBe("sound");
  });
}

test("what git misses without a word is missing here", () => {
  expect(said(`fatal: bad object ${OID}\n`)).toBe("damaged");
  expect(whatItSaysOfFiles(new GitError("missing-object", { args: ["cat-file"] }))).toBe("damaged");
});

test("what nothing explains is looked into", () => {
  expect(said("fatal: it was not to be\n")).toBe("unclear");
});
