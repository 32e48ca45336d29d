import { expect, test } from "vitest";
import { openStore } from "./open-store.ts";

test("a login is kept for who took it first, until it is listed no more", async () => {
  await using store = await openStore(":memory:");
  const { listedLogins } = store;
  expect(await listedLogins.take("ada", "github.com:7")).toBe("github.com:7");
  expect(await listedLogins.take("ada", "github.com:8")).toBe("github.com:7");
  expect(await listedLogins.keepOnly(["ada", "robin"])).toEqual(new Map([["ada", "github.com:7"]]));
  expect(await listedLogins.keepOnly(["robin"])).toEqual(new Map());
  expect(await listedLogins.take("ada", "github.com:8")).toBe("github.com:8");
});
