import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { runCommand, startServe } from "../support/cli.ts";
import { hang } from "../support/git-host-behaviours.ts";
import { gitHttpHost } from "../support/git-http-host.ts";
import { createScene } from "../support/git-scene.ts";

test("after a restart every mirror is shown at once, though their host answers nobody", async () => {
  await using upstream = await createScene(
    (writer) => {
      writer.commit("main");
      writer.stacked("api", "main");
    },
    { bare: true },
  );
  await using host = await gitHttpHost(dirname(upstream.path));
  // More than may be asked of one host at once.
  const ids = Array.from({ length: 7 }, (_, index) => `m${index}`);
  const list = join(upstream.root, "repos.json");
  const repos = ids.map((id) => ({ id, url: `${host.url}/repo.git`, syncInterval: "0" }));
  await writeFile(list, JSON.stringify({ repos }));
  const start = () =>
    startServe(["--repos-config", list, "--data-dir", join(upstream.root, "data")], { cwd: upstream.root });
  const statuses = (url: string) =>
    Promise.all(ids.map(async (id) => (await fetch(`${url}/api/v1/repos/${id}/view`)).status));

  const processes = async (url: string) => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(/^stackit_git_processes_started_total (\d+)$/m.exec(text)?.[1]);
  };
  {
    await using before = await start();
    await expect.poll(() => statuses(before.url)).toEqual(ids.map(() => 200));
  }
  host.front = hang();
  await using after = await start();
  // Lists tell what was shown last, and nothing is read for them.
  expect((await fetch(`${after.url}/readyz`)).status).toBe(200);
  const { repos: listed } = await (await fetch(`${after.url}/api/v1/repos`)).json();
  const counts = { branches: 1, stacks: 1, needsRestack: 0 };
  expect(listed).toMatchObject(ids.map((id) => ({ id, trunk: "main", counts })));
  expect(await processes(after.url)).toBe(0);
  await expect.poll(() => statuses(after.url)).toEqual(ids.map(() => 200));
  const view = await (await fetch(`${after.url}/api/v1/repos/${ids.at(-1)}/view`)).json();
  expect(view).toMatchObject({ repo: { trunk: "main" }, stacks: [{ rootBranch: "api" }] });
});

test("a second server on the same data folder leaves the mirrors to the first, and says what to do", async () => {
  await using upstream = await createScene((writer) => writer.commit("main"), { bare: true });
  await using host = await gitHttpHost(dirname(upstream.path));
  const list = join(upstream.root, "repos.json");
  await writeFile(list, JSON.stringify({ repos: [{ id: "shop", url: `${host.url}/repo.git` }] }));
  const args = ["--repos-config", list, "--data-dir", join(upstream.root, "data")];
  await using first = await startServe(args, { cwd: upstream.root });
  const second = await runCommand(["serve", ...args, "--port", "0"], { cwd: upstream.root });
  expect(second.code).not.toBe(0);
  expect(second.stderr).toContain("Another server keeps the mirrors in");
  expect(second.stderr).toContain("--data-dir");
  expect((await fetch(`${first.url}/healthz`)).status).toBe(200);
});

test("a restart serves what was served before, with the same tags, and says from when it is", async () => {
  await using upstream = await createScene(
    (writer) => {
      writer.commit("main");
      writer.stacked("api", "main");
    },
    { bare: true },
  );
  await using host = await gitHttpHost(dirname(upstream.path));
  const list = join(upstream.root, "repos.json");
  const repos = [{ id: "shop", url: `${host.url}/repo.git`, syncInterval: "0" }];
  await writeFile(list, JSON.stringify({ repos }));
  const start = () =>
    startServe(["--repos-config", list, "--data-dir", join(upstream.root, "data")], { cwd: upstream.root });
  const shop = (url: string) => `${url}/api/v1/repos/shop`;
  let lastSuccessAt: unknown;
  {
    await using first = await start();
    await expect.poll(async () => (await fetch(`${shop(first.url)}/view`)).status).toBe(200);
    await expect
      .poll(async () => {
        ({ lastSuccessAt } = (await (await fetch(shop(first.url))).json()).freshness);
        return lastSuccessAt;
      })
      .toEqual(expect.any(String));
  }
  host.front = hang();
  const paths = ["view", "stacks", "branches", "stacks/api", "branches/api", "branches/main"];
  const answers = async (url: string) =>
    Promise.all(
      paths.map(async (path) => {
        const answer = await fetch(`${shop(url)}/${path}`);
        return { path, status: answer.status, tag: answer.headers.get("etag"), text: await answer.text() };
      }),
    );
  const told = async () => {
    await using after = await start();
    const before = await (await fetch(shop(after.url))).json();
    const all = await answers(after.url);
    const metrics = await (await fetch(`${after.url}/metrics`)).text();
    const status = await (await fetch(shop(after.url))).json();
    expect(before.freshness.lastSuccessAt).toBe(lastSuccessAt);
    expect(status.freshness.lastSuccessAt).toBe(lastSuccessAt);
    expect(status.generation).toBe(JSON.parse(all[0]?.text ?? "").generation);
    expect(metrics).toMatch(/^stackit_git_processes_started_total 1$/m);
    const [view] = all;
    const again = await fetch(`${shop(after.url)}/view`, { headers: { "if-none-match": view?.tag ?? "" } });
    expect(again.status).toBe(304);
    return all;
  };
  const second = await told();
  expect(second.map(({ status }) => status)).toEqual(paths.map(() => 200));
  // Tags name the process that made the snapshot: so neither of these two has.
  expect(await told()).toEqual(second);
});
