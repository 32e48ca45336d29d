import { expect, test } from "vitest";
import { readLandings, type TrunkCommitFacts } from "./trunk-log.ts";

let made = 0;
function commit(message: string, parents = 1): TrunkCommitFacts {
  made++;
  return {
    oid: String(made),
    parents: Array.from({ length: parents }, (_, index) => `parent ${index}`),
    subject: message.split("\n")[0] ?? "",
    message,
    author: "Ada",
    committedAtMs: 1_000,
  };
}

const read = (commits: readonly TrunkCommitFacts[], limit = 10) =>
  readLandings(commits, limit).map(({ oid: _, author: _a, committedAtMs: _c, ...rest }) => rest);

test("a squashed pull request is known by the number that ends its subject", () => {
  expect(read([commit("Add the cart (#12)"), commit("Mention (#12) in passing"), commit("Plain")])).toEqual([
    { message: "Add the cart (#12)", kind: "regular", prNumber: 12 },
    { message: "Mention (#12) in passing", kind: "regular" },
    { message: "Plain", kind: "regular" },
  ]);
});

test("a merge is told by its first line of text, its number by its subject", () => {
  expect(
    read([
      commit("Merge pull request #7 from ada/cart\n\n\nAdd the cart\n\nMore.", 2),
      commit("Merge branch 'cart'\n\nSigned-off-by: Ada\n", 2),
      commit("Merge branch 'cart'", 2),
    ]),
  ).toEqual([
    { message: "Add the cart", kind: "regular", prNumber: 7 },
    { message: "Merge branch 'cart'", kind: "regular" },
    { message: "Merge branch 'cart'", kind: "regular" },
  ]);
});

test("a stack merge says its size, its pull requests and its scope, however they are written", () => {
  const message =
    "Merge stack\n\nThe shop\n\nstackit-stack-size:  3\nStackit-PRs: 5, #6,x,0,7\nSTACKIT-SCOPE: SHOP\nStackit-Stack-Size: 4\n";
  expect(read([commit(message, 2)])).toEqual([
    { message: "The shop", kind: "stack-merge", stackSize: 4, stackPRs: [5, 6, 7], stackScope: "SHOP" },
  ]);
});

test("trailers without a value say nothing", () => {
  const message = "Land it\n\nStackit-Stack-Size: many\nStackit-PRs: none\nStackit-Scope:\n";
  expect(read([commit(message)])).toEqual([{ message: "Land it", kind: "regular" }]);
});

test("what came in with a stack is not told a second time, and the rest is cut at the limit", () => {
  const commits = [
    commit("Merge stack\n\nStackit-PRs: 1,2", 2),
    commit("One (#1)"),
    commit("Two (#2)"),
    commit("Three (#3)"),
    commit("Four"),
  ];
  expect(read(commits).map(({ message }) => message)).toEqual(["Merge stack", "Three (#3)", "Four"]);
  expect(read(commits, 2)).toHaveLength(2);
  expect(read([])).toEqual([]);
});
