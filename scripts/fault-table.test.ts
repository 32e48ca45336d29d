import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const PACKAGE = fileURLToPath(new URL("../packages/stackit/", import.meta.url));
const TABLE = fileURLToPath(new URL("../docs/faults.md", import.meta.url));
/** Of the program and what is around it, and of the machine. */
const MODES = { B: 71, M: 8 };

/** `B7 in test/git/mirror.test.ts`, for each mode that a test names at the end of its own name. */
function named(): string[] {
  return globSync("{src,test}/**/*.test.ts", { cwd: PACKAGE }).flatMap((file) => {
    const names = readFileSync(`${PACKAGE}${file}`, "utf8").matchAll(/\(([BM]\d+(?:, [BM]\d+)*)\)["`]/g);
    return [...names].flatMap(([, ids = ""]) => ids.split(", ").map((id) => `${id} in ${file}`));
  });
}

const rows = readFileSync(TABLE, "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) => line.split("|").map((cell) => cell.trim()));
const filesIn = (cell = ""): string[] =>
  [...cell.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, file = ""]) => file);

test("the table of faults names every test that holds one, and no other", () => {
  const listed = rows
    .filter(([, id = ""]) => /^[BM]\d+$/.test(id))
    .flatMap(([, id, , files]) => filesIn(files).map((file) => `${id} in ${file}`));
  expect(listed.toSorted()).toEqual([...new Set(named())].toSorted());
});

test("each mode has its row, with a test or the reason why it has none, and each test that is named is there", () => {
  const modes = rows.filter(([, id = ""]) => /^[BM]\d+$/.test(id));
  const all = Object.entries(MODES).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, index) => `${kind}${index + 1}`),
  );
  expect(modes.map(([, id]) => id)).toEqual(all);
  for (const [, id, , files, note = ""] of modes) {
    expect(filesIn(files).length > 0 || note.startsWith("Does not apply: "), id).toBe(true);
  }
  const missing = rows
    .flatMap((cells) => cells.flatMap(filesIn))
    .filter((file) => !existsSync(`${PACKAGE}${file}`));
  expect(missing).toEqual([]);
});
