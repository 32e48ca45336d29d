import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const GUIDE = new URL("../docs/guides/security.md", import.meta.url);

const rows = readFileSync(GUIDE, "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && line.includes(".test.ts"))
  .map((line) => line.slice(2, -2).split(" | "));

/** Behind a title. */
const ENDS_TITLE = /^(?: \((?:[BM]\d+, )*[BM]\d+\))?["`],/;

/** Tests that a cell links to: the title, and the file from the guide's folder. */
function testsIn(cell = ""): { title: string; path: string }[] {
  return [...cell.matchAll(/\[([^\]]+)\]\(([^)]+\.test\.ts)\)/g)].map(([, title = "", path = ""]) => ({
    title,
    path,
  }));
}

/** As a title is written where a test is declared; the numbers of faults behind it are another table's. */
function declares(file: string, title: string): boolean {
  return ['"', "`"].some((quote) =>
    file.split(quote + title).some((rest, index) => index > 0 && ENDS_TITLE.test(rest)),
  );
}

test("each threat has what stands against it, and a test that holds that", () => {
  const lines = readFileSync(GUIDE, "utf8").split("\n");
  const begin = lines.findIndex((line) => line.startsWith("| threat |"));
  const end = lines.indexOf("", begin);
  expect(begin).toBeGreaterThan(0);
  expect(rows).toHaveLength(end - begin - 2);
  for (const cells of rows) {
    expect(cells, cells[0]).toHaveLength(3);
    expect(testsIn(cells[2]).length, cells[0]).toBeGreaterThan(0);
  }
});

test("each test that the threat model names is there, by its title", () => {
  const missing = rows.flatMap(([, , cell]) =>
    testsIn(cell).filter(({ title, path }) => !declares(readTest(path), title)),
  );
  expect(missing).toEqual([]);
});

function readTest(path: string): string {
  return readFileSync(fileURLToPath(new URL(path, GUIDE)), "utf8");
}
