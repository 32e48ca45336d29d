import { expect, test } from "vitest";
import { rewriteMetadata } from "./rewrite-metadata.ts";

const news = { parent: "api", parentRevision: "b".repeat(40) };

test("fields that nobody here knows stay, in their order, also within what is known of the pull request", () => {
  const text = JSON.stringify({
    future: { a: [1] },
    parentBranchName: "main",
    parentBranchRevision: "a".repeat(40),
    prInfo: { lockReason: "user", number: 7, mergeBranch: "x" },
    scope: "none",
  });
  const pullRequest = {
    number: 7,
    url: "https://g/7",
    base: "api",
    title: "T",
    state: "OPEN",
    isDraft: true,
  };
  expect(rewriteMetadata(text, { ...news, pullRequest })).toBe(
    JSON.stringify({
      future: { a: [1] },
      parentBranchName: "api",
      parentBranchRevision: "b".repeat(40),
      prInfo: {
        lockReason: "user",
        number: 7,
        mergeBranch: "x",
        url: "https://g/7",
        base: "api",
        title: "T",
        state: "OPEN",
        isDraft: true,
      },
      scope: "none",
    }),
  );
});

test("what says all of it already stays as it was written, and what is no object is left alone", () => {
  const text = `{ "parentBranchName": "api",  "parentBranchRevision": "${"b".repeat(40)}" }\n`;
  expect(rewriteMetadata(text, news)).toBe(text);
  for (const broken of ["", "{", "[]", "null", "7"]) expect(rewriteMetadata(broken, news)).toBeUndefined();
});
