import { expect, test } from "vitest";
import type { Grouping, SortColumn } from "../../routes/location.ts";
import { branch, stack, view } from "../../testing/made-up.ts";
import { parseFilter } from "../stacks/filter.ts";
import { buildLanes } from "../stacks/lanes.ts";
import { tableGroups } from "./table-rows.ts";

const merged = { restack: { state: "merged", reason: "Merged." } } as const;

function told(group: Grouping, by: SortColumn, down = false): string[] {
  const given = view([
    stack(
      "a",
      [
        branch("a", { ...merged, commitDate: "2026-01-01T00:00:00.000Z" }),
        branch("b", { parent: "a", commitDate: "2026-01-04T00:00:00.000Z", linesAdded: 3 }),
        branch("c", { parent: "b", commitDate: "2026-01-03T00:00:00.000Z" }),
      ],
      { owner: "Ada" },
    ),
    stack("d", [branch("d", { commitDate: "2026-01-02T00:00:00.000Z", linesAdded: 9 })], { owner: "Bo" }),
  ]);
  const { lanes } = buildLanes(given, parseFilter(""), "all", group, 0, undefined);
  return tableGroups(lanes, group, { by, down }, 44).map(
    ({ title, rows }) => `${title}: ${rows.map((row) => row.branch.name).join(" ")}`,
  );
}

test("who waits longest comes first in each group, and what is merged waits for nobody", () => {
  expect(told("owner", "waiting", true)).toEqual(["Ada: c b a", "Bo: d"]);
  expect(told("stack", "waiting", true)).toEqual(["Stack a: c b a", "Stack d: d"]);
  expect(told("none", "waiting", true)).toEqual([": d c b a"]);
});

test("each way of sorting turns round, but for what has no value", () => {
  expect(told("none", "branch")).toEqual([": a b c d"]);
  expect(told("none", "branch", true)).toEqual([": d c b a"]);
  expect(told("none", "lines")).toEqual([": b d c a"]);
  expect(told("none", "lines", true)).toEqual([": d b c a"]);
});
