import { expect, test } from "vitest";
import { formatRoute, parseLocation, plainView, repositoryRoute } from "./location.ts";

function parse(url: string) {
  const [path = "", search = ""] = url.split("?");
  return parseLocation(path, search);
}

test.each([
  "topic",
  "mira/checkout-3-retry",
  "fix#1842",
  "100%",
  "a b",
  "ünï/日本語/🚀",
  "x?y=z&w",
  "-/branch/twice",
  "a".repeat(200),
  "--upload-pack=x",
  "עברית/ענף",
])("the branch name %s survives the address", (branch) => {
  const route = { ...repositoryRoute({ kind: "local", id: "default" }), branch };
  const url = new URL(formatRoute(route), "http://127.0.0.1");
  expect(parseLocation(url.pathname, url.search, url.hash)).toEqual(route);
});

test("a repository of a forge and one without have different addresses", () => {
  expect(formatRoute(repositoryRoute({ kind: "forge", owner: "octo", name: "web" }))).toBe("/r/octo/web");
  expect(formatRoute(repositoryRoute({ kind: "local", id: "my web" }))).toBe("/r/local/my%20web");
});

test("everything that can be chosen is in the address and comes back", () => {
  const route = {
    ...repositoryRoute({ kind: "forge", owner: "octo", name: "web" }),
    list: {
      q: "is:blocked owner:theo",
      state: "blocked",
      group: "stack",
      layout: "table",
      sort: { by: "branch", down: true },
    } as const,
    view: {
      tab: "pushes",
      base: "trunk",
      layout: "split",
      ignoreWhitespace: true,
      wrap: true,
      file: "src/a b.ts",
      line: "L12",
      compare: { from: 5, to: 6, mode: "tree" },
    } as const,
    branch: "x",
    sync: "run_1",
  };
  const url = new URL(formatRoute(route), "http://127.0.0.1");
  expect(parseLocation(url.pathname, url.search, url.hash)).toEqual(route);
});

test("what is not known falls back and is not written again", () => {
  const route = parse(
    "/r/local/default?state=nonsense&view=nonsense&sort=-nonsense&tab=nonsense&d=3&ws=yes&utm=1",
  );
  expect(route).toEqual(repositoryRoute({ kind: "local", id: "default" }));
  expect(formatRoute(route)).toBe("/r/local/default");
});

test.each(["/r", "/r/", "/r/local", "/settings", "//", "/r/a/b/c"])("%s is no page of ours", (path) => {
  expect(parse(path).page).toBe("unknown");
});

test("the sign-in keeps where to go on to, within this page, and takes no sentence from a link", () => {
  const route = parse(
    "/sign-in?refused=not-allowed&login=mira_acme&return=%2Fr%2Foctocat%2Fshop%3Ftab%3Dcommits",
  );
  expect(route).toEqual({
    page: "sign-in",
    refused: "not-allowed",
    login: "mira_acme",
    returnTo: "/r/octocat/shop?tab=commits",
  });
  expect(parse(formatRoute(route))).toEqual(route);
  const madeUp = parse("/sign-in?refused=nonsense&login=call+555-1234&return=https%3A%2F%2Fevil.example");
  expect(madeUp).toEqual({ page: "sign-in", refused: undefined, login: undefined, returnTo: "/" });
  expect(formatRoute(madeUp)).toBe("/sign-in");
});

test("broken percent-encoding gives a route, not an exception", () => {
  expect(parse("/r/local/%E0%A4%A/-/branch/50%")).toMatchObject({ repo: { id: "%E0%A4%A" }, branch: "50%" });
});

test.each(["5f1c0a9b2d3e", "mira/checkout-1", "fix#1842", "-/pr/7"])(
  "the stack %s survives the address",
  (stack) => {
    const route = { ...repositoryRoute({ kind: "forge", owner: "octo", name: "web" }), stack };
    const url = new URL(formatRoute(route), "http://127.0.0.1");
    expect(parseLocation(url.pathname, url.search, url.hash)).toEqual(route);
  },
);

test("a pull request has an address, and what is no number of one leads to the repository", () => {
  const repository = repositoryRoute({ kind: "forge", owner: "octo", name: "web" });
  expect(parse("/r/octo/web/-/pr/1842")).toEqual({ ...repository, pull: 1842 });
  expect(formatRoute({ ...repository, pull: 1842 })).toBe("/r/octo/web/-/pr/1842");
  for (const none of ["0", "-1", "1.5", "01", "x", "9999999999", "1/files", "%E0%A4%A"]) {
    expect(parse(`/r/octo/web/-/pr/${none}`)).toEqual(repository);
  }
  expect(formatRoute(parse("/r/octo/web/-/pr/x"))).toBe("/r/octo/web");
});

test("an open branch is the address, whatever led to it", () => {
  const route = { ...repositoryRoute({ kind: "local", id: "d" }), stack: "s", pull: 7 };
  expect(formatRoute({ ...route, branch: "api" })).toBe("/r/local/d/-/branch/api");
  expect(formatRoute(route)).toBe("/r/local/d/-/stack/s");
});

test("the activity has an address, of all and of one repository, with what is shown of it", () => {
  for (const address of [
    "/activity",
    "/activity?show=mine",
    "/r/octo/web/-/activity?show=failures&sync=all",
  ]) {
    expect(formatRoute(parse(address))).toBe(address);
  }
  expect(parse("/activity?show=nonsense")).toEqual({ page: "activity", show: "all" });
});

test("the deliveries of webhooks have an address, with what is shown of them", () => {
  for (const address of ["/ops/webhooks", "/ops/webhooks?repo=web&result=bad-signature"]) {
    expect(formatRoute(parse(address))).toBe(address);
  }
  expect(formatRoute(parse("/ops/webhooks?repo=a%2Fb&result=good&page=2"))).toBe("/ops/webhooks");
});

test("what operators see of one repository has an address", () => {
  for (const address of ["/ops", "/ops/audit", "/ops/repos/web", "/ops/repos/a%2Fb"]) {
    expect(formatRoute(parse(address))).toBe(address);
  }
  expect(parse("/ops/repos/a%2Fb/")).toEqual({ page: "ops-repo", repo: "a/b" });
  expect(parse("/ops/repos")).toEqual({ page: "unknown", path: "/ops/repos" });
});

test("a file is only part of the address of a branch", () => {
  const route = { ...repositoryRoute({ kind: "local", id: "d" }), view: { ...plainView, file: "a.ts" } };
  expect(formatRoute(route)).toBe("/r/local/d");
});

test("a line is part of the address of a file, and nothing without one", () => {
  const line = (address: string) => {
    const url = new URL(address, "http://stackit.test");
    const route = parseLocation(url.pathname, url.search, url.hash);
    return route.page === "repository" ? route.view.line : undefined;
  };
  expect(line("/r/a/b/-/branch/c?file=src%2Fshop.ts#L12")).toBe("L12");
  expect(line("/r/a/b/-/branch/c?file=src%2Fshop.ts#O3")).toBe("O3");
  expect(line("/r/a/b/-/branch/c?file=src%2Fshop.ts#L0")).toBeUndefined();
  expect(line("/r/a/b/-/branch/c?file=src%2Fshop.ts#top")).toBeUndefined();
  expect(line("/r/a/b/-/branch/c#L12")).toBeUndefined();
});

test("adding a repository has an address, and the one that was added is in it", () => {
  expect(parse("/add")).toEqual({ page: "add", repo: undefined });
  expect(formatRoute(parse("/add?repo=&utm=1"))).toBe("/add");
  expect(formatRoute(parse("/add?repo=octo-widget"))).toBe("/add?repo=octo-widget");
});
