import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const TESTS = fileURLToPath(new URL("../packages/stackit/test/browser/", import.meta.url));
const LIST = fileURLToPath(new URL("../docs/dashboard-checks.md", import.meta.url));
const ID = /\b(?:S\d{1,2}|X)-\d\d\b/g;

/** `S1-01 in repositories.test.ts`, for each check that a test names at the beginning of its own name. */
function named(): string[] {
  return readdirSync(TESTS)
    .filter((file) => file.endsWith(".test.ts"))
    .flatMap((file) => {
      const source = readFileSync(`${TESTS}${file}`, "utf8");
      const names = [...source.matchAll(/(?:browser|firefox)Test\(\s*"([^":]+):/g)].map(
        ([, ids = ""]) => ids,
      );
      return names.flatMap((ids) => (ids.match(ID) ?? []).map((id) => `${id} in ${file}`));
    });
}

function listed(): string[] {
  return readFileSync(LIST, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .flatMap((line) => {
      const [, ids = "", files = ""] = line.split("|");
      const found = files.match(/[\w-]+\.test\.ts/g) ?? [];
      return (ids.match(ID) ?? []).flatMap((id) => found.map((file) => `${id} in ${file}`));
    });
}

test("the list of the dashboard's checks names every test that holds one, and no other", () => {
  const inTests = [...new Set(named())].toSorted();
  expect(inTests.length).toBeGreaterThan(40);
  expect([...new Set(listed())].toSorted()).toEqual(inTests);
});
