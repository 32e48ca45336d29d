import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

const keys = ["id", "url", "path", "owner", "displayName", "syncInterval"];

test.each([
  ["urll", "url"],
  ["ulr", "url"],
  ["pth", "path"],
  ["displayname", "displayName"],
  ["syncIntreval", "syncInterval"],
  ["owners", "owner"],
])("%s is most likely %s", (word, meant) => {
  expect(nearest(word, keys)).toBe(meant);
});

test.each(["token", "x", "uri-of-it", "", "interval"])("%j is like none of them", (word) => {
  expect(nearest(word, keys)).toBeUndefined();
});
