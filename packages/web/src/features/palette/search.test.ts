import { expect, test } from "vitest";
import { repositoryRoute } from "../../routes/location.ts";
import { branch, stack, view } from "../../testing/made-up.ts";
import { actionItems, viewItems } from "./items.ts";
import { findItems, type Group } from "./search.ts";

const route = repositoryRoute({ kind: "forge", owner: "acme", name: "web" });
const pr = {
  number: 1842,
  title: "Retry declined payments once",
  state: "open",
  url: "",
  isDraft: false,
  base: "main",
};
const shop = view([
  stack("checkout", [
    branch("checkout"),
    branch("checkout-retry", { parent: "checkout", revision: `0123456${"a".repeat(33)}`, pr }),
  ]),
  stack("search", [branch("search")], { owner: "Theo Blum" }),
]);
const items = [...actionItems(["sync", "help", "nextRow"]), ...viewItems(shop, route)];
const labels = (groups: Group[]) =>
  groups.map(({ kind, items }) => [kind, ...items.map(({ label }) => label)]);
const find = (question: string, recent: string[] = []) => labels(findItems(items, question, recent));

test("a number finds its pull request first, with and without its sign", () => {
  expect(find("1842")[0]).toEqual(["pull request", "#1842 Retry declined payments once"]);
  expect(find("#18")).toEqual([["pull request", "#1842 Retry declined payments once"]]);
});

test("a question of actions finds nothing else, and what only moves in lists is not offered", () => {
  expect(find(">")).toEqual([["action", "Sync now", "Keyboard help"]]);
  expect(find("> sy")).toEqual([["action", "Sync now"]]);
});

test("words are found in any order, beginnings before what lies within", () => {
  expect(find("retry checkout")[0]?.slice(0, 2)).toEqual(["branch", "checkout-retry"]);
  expect(find("search")[0]).toEqual(["branch", "search"]);
  expect(find("nothing like it")).toEqual([]);
});

test("seven characters of a commit find the branch at it, six do not", () => {
  expect(find("0123456")).toEqual([["branch", "checkout-retry"]]);
  expect(find("012345")).toEqual([]);
});

test("a person leads to their stacks", () => {
  expect(findItems(items, "theo", [])[0]?.items[0]?.goal).toMatchObject({
    route: { list: { q: 'owner:"Theo Blum"' } },
  });
});

test("before anything is asked, what was gone to lately comes first, and what is gone is left out", () => {
  expect(find("", ["branch:search", "branch:long gone"])).toEqual([
    ["recent", "search"],
    ["action", "Sync now", "Keyboard help"],
  ]);
});

test("of many branches the best few are found at once", () => {
  const many = view([
    stack(
      "root",
      Array.from({ length: 5000 }, (_, index) => branch(`topic-${index}`)),
    ),
  ]);
  const groups = findItems(viewItems(many, route), "topic-4999", []);
  expect(labels(groups)[0]).toEqual(["branch", "topic-4999"]);
  expect(findItems(viewItems(many, route), "topic", []).every((group) => group.items.length <= 8)).toBe(true);
});
