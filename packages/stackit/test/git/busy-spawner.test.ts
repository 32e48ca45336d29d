import { tmpdir } from "node:os";
import { text } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { HelperSpawner } from "../../src/git/helper-spawner.ts";
import { testGitEnv } from "../support/test-git.ts";

function blockFor(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

test("a git that begins and ends while the server is busy is still handed over with its output", async () => {
  await using spawner = new HelperSpawner();
  await spawner.ready;
  for (let round = 0; round < 20; round++) {
    const started = spawner.spawn({
      args: ["version"],
      cwd: tmpdir(),
      env: testGitEnv(tmpdir()),
      hasInput: false,
    });
    await turn();
    blockFor(40);
    const git = await started;
    expect(await text(git.stdout)).toContain("git version");
    expect(await git.exited).toEqual({ code: 0, stderr: "" });
  }
});
