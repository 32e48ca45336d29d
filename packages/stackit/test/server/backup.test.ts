import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { type RunningServe, startServe } from "../support/cli.ts";
import { hang } from "../support/git-host-behaviours.ts";
import { upstreamOf } from "../support/mirror-world.ts";

const GUIDE = fileURLToPath(new URL("../../../../docs/guides/backup.md", import.meta.url));

/** The commands below a heading of the guide, one text for each block. */
async function commandsBelow(heading: string): Promise<string[]> {
  const section = (await readFile(GUIDE, "utf8"))
    .split(/^## /m)
    .find((one) => one.startsWith(`${heading}\n`));
  return [...(section ?? "").matchAll(/```sh\n(.*?)```/gs)].map(([, commands = ""]) => commands);
}

test("backups that are made and restored as the guide says are served again, with all that was known", async () => {
  await using upstream = await upstreamOf((s) => {
    s.commit("main");
    s.stacked("api", "main");
  });
  const { root } = upstream.scene;
  const [list, dataDir, backupDir] = [join(root, "repos.json"), join(root, "data"), join(root, "backup")];
  await writeFile(list, JSON.stringify({ repos: [{ id: "shop", url: upstream.url, syncInterval: "0" }] }));

  const start = (): Promise<RunningServe> =>
    startServe(["--repos-config", list, "--data-dir", dataDir], { cwd: root });
  let server = await start();
  const stop = (): Promise<number> => server.stop();
  const ask = async (path: string) => (await fetch(`${server.url}/api/v1/repos/shop${path}`)).json();
  const runs = async (): Promise<string[]> =>
    (await ask("/sync-runs")).runs.map(({ id }: { id: string }) => id);
  const isServed = () =>
    expect.poll(() => ask("/stacks")).toMatchObject({ stacks: [{ rootBranch: "api", branchCount: 1 }] });
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}`,
    DATA: dataDir,
    BACKUP: backupDir,
  };
  /** As a person would, whose systemd is this test. */
  const follow = async (commands = ""): Promise<void> => {
    for (const part of commands.split(/^(systemctl .*)\n/m)) {
      if (part === "systemctl stop stackit") await stop();
      else if (part === "systemctl start stackit") server = await start();
      else await promisify(execFile)("sh", ["-euc", part], { env });
    }
  };

  try {
    await isServed();
    await expect.poll(runs).toHaveLength(1);
    const [first = ""] = await runs();

    const [backUp, restore] = await commandsBelow("While the server runs");
    await follow(backUp);
    const sync = await fetch(`${server.url}/api/v1/repos/shop/sync`, { method: "POST" });
    const { id: later } = await sync.json();
    await expect.poll(runs).toContain(later);
    await follow(restore);
    await isServed();
    expect(await runs()).toContain(first);
    expect(await runs()).not.toContain(later);

    await rm(`${dataDir}.before`, { recursive: true });
    const [backUpAll, restoreAll] = await commandsBelow("With everything");
    await follow(backUpAll);
    upstream.host.front = hang();
    await follow(restoreAll);
    await isServed();
    expect(await runs()).toContain(first);
  } finally {
    await stop();
  }
});
