import { expect, test } from "vitest";
import { createScene } from "../support/git-scene.ts";
import { serveFolders } from "../support/served-folders.ts";

const READS = ["/repos", "/repos/open", "/repos/open/view", "/repos/open/stacks", "/repos/open/branches"];

/** What the start leaves to be done behind: what restacks would do, a first look at the folders. */
const WORK_BEHIND = 10;

test("hundreds of anonymous requests cost a public server no more processes than there are different diffs, and ask no forge", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  });
  await using hidden = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
  });
  await using served = await serveFolders(
    [
      { kind: "working-copy", id: "open", path: scene.path },
      { kind: "working-copy", id: "hidden", path: hidden.path, visibility: "operators" },
    ],
    { posture: "public", readOnly: true },
  );
  const count = async (name: string) => {
    const text = await (await fetch(`${served.url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
  };
  const processes = () => count("stackit_git_processes_started_total");
  const forgeRequests = () => count("stackit_forge_requests_total");
  const ask = async (path: string) => {
    const response = await fetch(`${served.url}/api/v1${path}`);
    await response.text();
    return response.status;
  };
  const times = (n: number, path: string) => Promise.all(Array.from({ length: n }, () => ask(path)));

  const before = await processes();
  for (const path of READS) expect(new Set(await times(40, path))).toEqual(new Set([200]));
  for (let n = 0; n < 20; n++) await (await served.events("/events"))[Symbol.asyncDispose]();
  expect(new Set(await times(200, "/repos/open/branch-diff/ui"))).toEqual(new Set([200]));
  expect(new Set(await times(200, "/repos/open/branch-diff/api"))).toEqual(new Set([200]));
  expect(new Set(await times(20, "/repos/hidden/branch-diff/api"))).toEqual(new Set([404]));
  const started = (await processes()) - before;
  expect(started).toBeGreaterThanOrEqual(2);
  expect(started).toBeLessThanOrEqual(2 + WORK_BEHIND);
  expect(await forgeRequests()).toBe(0);
});
