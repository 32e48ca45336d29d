import { expect, test } from "vitest";
import type { View, ViewChanges } from "../../src/contract/view.ts";
import { type StartedServer, startServer, widget } from "../support/started-server.ts";

const API = "/api/v1/repos/default";

async function read({ app }: StartedServer) {
  const answer = await app.inject(`${API}/view`);
  return { etag: String(answer.headers.etag), view: answer.json<View>() };
}

async function changesSince({ app }: StartedServer, since: string, repo = API): Promise<ViewChanges> {
  const answer = await app.inject({ url: `${repo}/view-changes`, query: { since } });
  expect(answer.statusCode).toBe(200);
  return answer.json();
}

const roots = ({ stacks }: Pick<View, "stacks">) => stacks.map(({ rootBranch }) => rootBranch);

test("only the stacks that differ are told, and where all stand only when that is another", async () => {
  await using server = await startServer();
  const { etag, view } = await read(server);
  expect(roots(view)).toEqual(["api", "feat/login"]);

  server.repo.publish({ api: "main", ui: "api", docs: "ui", "feat/login": "main" });
  const more = await changesSince(server, etag);
  expect(more).toMatchObject({ generation: view.generation + 1, isWhole: false, repo: view.repo });
  const now = (await read(server)).view;
  expect(more.stacks).toEqual(now.stacks.filter(({ rootBranch }) => rootBranch === "api"));
  expect(more.order).toBeUndefined();

  server.repo.publish({ api: "main", ui: "api", docs: "ui" });
  const fewer = await changesSince(server, more.tag);
  expect([fewer.stacks, fewer.order, fewer.isWhole]).toEqual([[], ["api"], false]);

  // The page may have missed what was between.
  const both = await changesSince(server, etag);
  expect([roots(both), both.order]).toEqual([["api"], ["api"]]);
  expect(await changesSince(server, both.tag)).toEqual({
    generation: view.generation + 2,
    tag: both.tag,
    isWhole: false,
    repo: view.repo,
    stacks: [],
  });
});

test("since a view that nobody remembers everything has changed", async () => {
  await using server = await startServer();
  const { etag, view } = await read(server);
  const { recentlyMerged, unstacked, generation, repo, stacks } = view;
  const whole = { generation, repo, stacks, recentlyMerged, unstacked, order: roots(view), isWhole: true };
  for (const since of ["", "none", `"${"x".repeat(22)}"`]) {
    expect(await changesSince(server, since)).toMatchObject(whole);
  }
  for (let round = 1; round <= 8; round++) {
    server.repo.publish({ api: "main" }, round);
    await read(server);
  }
  expect(await changesSince(server, etag)).toMatchObject({ isWhole: true, order: ["api"] });
});

test("a view is known by its tag, in whatever coding it came, and in its own repository alone", async () => {
  const [one, other] = [widget("default"), widget("other", "octo/other")];
  await using server = await startServer({ repos: [one, other] });
  other.publish({ web: "main" });
  const { etag } = await read(server);
  expect((await changesSince(server, etag)).isWhole).toBe(false);
  expect((await changesSince(server, etag.replace('"', 'W/"'))).isWhole).toBe(false);
  expect((await changesSince(server, etag.replace(/"$/, '-gz"'))).isWhole).toBe(false);
  expect((await changesSince(server, etag, "/api/v1/repos/other")).isWhole).toBe(true);
});
