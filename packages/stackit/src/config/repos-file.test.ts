import { expect, test } from "vitest";
import { parseReposFile } from "./repos-file.ts";

const parse = (value: unknown) => parseReposFile(JSON.stringify(value), "repos.json", "/etc/stackit");

test("paths start from the file's folder", () => {
  expect(parse({ repos: [{ id: "mine", path: "../mine", displayName: "Mine" }] })).toEqual([
    { kind: "working-copy", id: "mine", path: "/etc/mine", displayName: "Mine" },
  ]);
});

const good = { id: "a", path: "a" };

test.each<[unknown, string]>([
  [[], 'repos.json: the file is []; it must be an object such as {"repos": [ … ]}.'],
  [{}, 'repos.json: the file lacks "repos".'],
  [{ repos: {} }, "repos.json: repos is {}; it must be a list with at least one repository."],
  [{ repos: [] }, "repos.json: repos is []; it must be a list with at least one repository."],
  [{ repos: [good], extra: 1 }, 'repos.json: the file has the unknown key "extra"; allowed are repos.'],
  [{ repos: [good, 5] }, "repos.json: repos[1] is 5; it must be an object such as"],
  [{ repos: [{ id: "a" }] }, 'repos.json: repos[0] lacks "path".'],
  [
    { repos: [{ ...good, id: "a b" }] },
    'repos[0].id is "a b"; it must be text of 1 to 64 letters, digits, _ or -.',
  ],
  [{ repos: [{ ...good, path: 7 }] }, "repos[0].path is 7; it must be the folder of a working copy."],
  [
    { repos: [{ ...good, pth: 1 }] },
    'repos[0] has the unknown key "pth"; allowed are id, path, displayName, owner',
  ],
  [
    { repos: [good, { ...good, path: "b" }] },
    'repos[1].id is "a", as is repos[0].id; each id must be given once.',
  ],
  [
    { repos: [{ id: "m", url: "https://x/y.git" }] },
    "repos[0].url cannot be used: mirrors of a remote are not served yet",
  ],
  [
    { repos: [{ ...good, managed: true }] },
    "repos[0].managed cannot be used: clones that the server may fetch into",
  ],
])("%j stops the start with the place, what was found and what is allowed", (value, sentence) => {
  expect(() => parse(value)).toThrow(sentence);
});

test("broken JSON is told with where it breaks", () => {
  expect(() => parseReposFile('{"repos": [}', "repos.json", "/")).toThrow(
    "repos.json is not valid JSON: Unexpected token",
  );
});
