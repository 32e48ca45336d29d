import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { measureGit } from "./git-metrics.ts";

test("what was started is told as it is, however often it is asked for", async () => {
  const registry = new Registry();
  const git = { started: 3, running: 2 };
  measureGit(registry, git);
  for (const [started, running] of [
    [3, 2],
    [3, 2],
    [5, 1],
  ] as const) {
    Object.assign(git, { started, running });
    const text = await registry.metrics();
    expect(text).toContain(`\nstackit_git_processes_started_total ${started}\n`);
    expect(text).toContain(`\nstackit_git_processes ${running}\n`);
  }
});
