import type { SyncRun } from "stackit/contract/sync-run";
import { expect, test } from "vitest";
import { type RunPages, withRun } from "./run-pages.ts";

const run = (id: string, state: SyncRun["state"]) => ({ id, state }) as SyncRun;
const pagesOf = (...pages: SyncRun[][]): RunPages => ({
  pages: pages.map((runs) => ({ runs })),
  pageParams: pages.map(() => undefined),
});
const ids = (pages: RunPages | undefined) =>
  pages?.pages.map(({ runs }) => runs.map(({ id, state }) => `${id} ${state}`));

test("a run that is heard of comes first, and is replaced where it stands until it has ended", () => {
  const before = pagesOf([run("2", "running")], [run("1", "finished")]);
  expect(ids(withRun(before, run("3", "queued")))).toEqual([["3 queued", "2 running"], ["1 finished"]]);
  expect(ids(withRun(before, run("2", "finished")))).toEqual([["2 finished"], ["1 finished"]]);
  expect(withRun(before, run("1", "running"))).toBe(before);
  expect(withRun(undefined, run("1", "running"))).toBeUndefined();
});
