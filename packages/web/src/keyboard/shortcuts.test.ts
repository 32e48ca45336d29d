import { expect, test } from "vitest";
import { shortcuts } from "./shortcuts.ts";

test("no key has two meanings, and no key is the beginning of a sequence", () => {
  const keys: string[] = Object.values(shortcuts).flatMap((shortcut) => shortcut.keys);
  expect(new Set(keys).size).toBe(keys.length);
  const beginnings = keys.filter((key) => key.includes(" ")).map((key) => key.split(" ")[0]);
  expect(keys.filter((key) => beginnings.includes(key))).toEqual([]);
});
