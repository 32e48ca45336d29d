import { expect, test } from "vitest";
import { MeasuredSpawner } from "../../src/git/measured-spawner.ts";
import { DirectSpawner } from "../../src/git/spawner.ts";

test("a process is counted as running from its start to its end, and one that could not start is not", async () => {
  await using spawner = new MeasuredSpawner(new DirectSpawner());
  const request = { cwd: "/", env: { PATH: process.env.PATH ?? "" }, hasInput: true };
  const reader = await spawner.spawn({ ...request, args: ["hash-object", "--stdin"] });
  const other = await spawner.spawn({ ...request, args: ["version"] });
  await other.exited;
  expect([spawner.started, spawner.running]).toEqual([2, 1]);
  reader.stdin?.end();
  await reader.exited;
  expect([spawner.started, spawner.running]).toEqual([2, 0]);
  await expect(spawner.spawn({ ...request, cwd: "/nowhere", args: ["version"] })).rejects.toThrow();
  expect([spawner.started, spawner.running]).toEqual([2, 0]);
});
