import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { keptPayload } from "./kept-payload.ts";

const require = createRequire(import.meta.url);
const examplesByEvent: { examples: object[] }[] = require("@octokit/webhooks-examples");

test("of a push it is kept what moved, where and by whom, and of the rest only that it was there", () => {
  const payload = {
    ref: "refs/heads/topic",
    before: "b".repeat(40),
    after: "a".repeat(40),
    forced: false,
    repository: { id: 7, full_name: "octo/widget", owner: { email: "octo@example.com" } },
    sender: { login: "ada", email: "ada@example.com" },
    head_commit: { message: "the password is hunter2", author: { email: "ada@example.com" } },
    commits: [{ message: "the password is hunter2" }],
    compare: "https://ada:hunter2@example.com/compare",
  };
  expect(keptPayload(payload)).toEqual({
    payload: {
      ref: "refs/heads/topic",
      before: "b".repeat(40),
      after: "a".repeat(40),
      forced: false,
      repository: { id: 7, full_name: "octo/widget" },
      sender: { login: "ada" },
    },
    omitted: ["head_commit", "commits", "compare"],
  });
});

test.each([[null], ["text"], [7], [[{ ref: "x" }]]])("of %j nothing is kept", (payload) => {
  expect(keptPayload(payload)).toEqual({ payload: {}, omitted: [] });
});

test("a value that has another form than it should is left out, and names like __proto__ are only names", () => {
  const payload = JSON.parse(
    '{"ref": {"deep": 1}, "repository": "octo", "__proto__": {"action": "x"}, "sender": []}',
  );
  expect(keptPayload(payload)).toEqual({
    payload: {},
    omitted: ["ref", "repository", "__proto__", "sender"],
  });
});

test("a value that is not of its kind is not kept, whoever put it there", () => {
  const word = "hunter2 is the password";
  const payload = {
    action: word,
    ref: word,
    before: word,
    deleted: word,
    number: word,
    repository: { id: word, full_name: word },
    sender: { login: word },
    pull_request: { state: word, head: { ref: word, sha: word } },
  };
  expect(JSON.stringify(keptPayload(payload))).not.toContain("hunter2");
});

test("what is kept is small, whatever it was", () => {
  const long = "x".repeat(1_000_000);
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`${n}${long.slice(0, 500)}`, n]));
  const kept = JSON.stringify(
    keptPayload({ ...many, ref: long, action: long, repository: { full_name: long } }),
  );
  expect(kept.length).toBeLessThan(3_000);
  expect(JSON.parse(kept).payload).toEqual({});
});

test("of every payload that GitHub publishes as an example, little is kept, and no address of a person", () => {
  for (const { examples } of examplesByEvent) {
    for (const payload of examples) {
      const kept = JSON.stringify(keptPayload(payload));
      expect(kept.length).toBeLessThan(2_500);
      expect(kept).not.toMatch(/@|https?:/);
    }
  }
});
