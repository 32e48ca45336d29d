import { expect, test } from "vitest";
import { pullRequestText } from "./pull-request-text.ts";

test("one commit gives its subject and what it says, without what it says to tools", () => {
  const message = `Add the API

It answers
in two lines.

Second paragraph: with a colon.

Signed-off-by: Mira <mira@example.com>
Fixes: #12
Change-Id: I0123
 continued
`;
  expect(pullRequestText([message], "api")).toEqual({
    title: "Add the API",
    body: "It answers\nin two lines.\n\nSecond paragraph: with a colon.\n\nFixes: #12",
  });
  expect(pullRequestText(["Add it\r\n\r\nCo-authored-by: Theo <t@example.com>\r\n"], "api")).toEqual({
    title: "Add it",
    body: "",
  });
});

test("a last paragraph with anything else in it is kept whole", () => {
  expect(pullRequestText(["Add it\n\nNote: this\nSigned-off-by: is no trailer\nhere"], "x").body).toBe(
    "Note: this\nSigned-off-by: is no trailer\nhere",
  );
});

test("several commits give the subject and the words of the oldest, and a list of all", () => {
  const messages = [
    "Add the API\n\nWhy.",
    "Test the API\n\nDetails.",
    "fixup! Add the API",
    "Document\nthe API",
  ];
  expect(pullRequestText(messages, "api")).toEqual({
    title: "Add the API",
    body: "Why.\n\n* Add the API\n* Test the API\n* Document the API",
  });
});

test("without a subject the branch gives its name, and fixups alone are named by what they fix", () => {
  expect(pullRequestText([], "mira/api").title).toBe("mira/api");
  expect(pullRequestText(["\n\n"], "mira/api").title).toBe("mira/api");
  expect(pullRequestText(["fixup! squash! Add it"], "x").title).toBe("Add it");
});

test("a subject that is too long goes on in the text", () => {
  const subject = `${"word ".repeat(50)}🚀🚀🚀🚀🚀🚀🚀🚀`;
  const { title, body } = pullRequestText([`${subject}\n\nWhy.`], "x");
  expect(title.length).toBeLessThanOrEqual(256);
  expect(title.isWellFormed()).toBe(true);
  expect(body.endsWith("\n\nWhy.")).toBe(true);
  expect(title.slice(0, -1) + body.slice(1).replace("\n\nWhy.", "")).toBe(subject);
  expect(pullRequestText([`Add\n\n${"x".repeat(100_000)}`], "x").body.length).toBe(57_344);
});
