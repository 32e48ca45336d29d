import { dirname } from "node:path";
import { expect, test } from "vitest";
import type { SyncRunList } from "../../src/contract/sync-run.ts";
import { gitHttpHost } from "../support/git-http-host.ts";
import { createScene } from "../support/git-scene.ts";
import { serveFolders } from "../support/served-folders.ts";
import { delivered, push, SECRET } from "../support/webhooks.ts";

test("what a tool pushes after its branches, without a webhook, is shown without waiting for the interval (B57)", async () => {
  await using upstream = await createScene((scene) => scene.commit("main"), { bare: true });
  await using host = await gitHttpHost(dirname(upstream.path));
  const mirror = {
    kind: "mirror" as const,
    id: "shop",
    url: new URL(`${host.url}/repo.git`),
    owner: "octo",
    name: "shop",
  };
  await using server = await serveFolders([mirror], { webhookSecrets: [SECRET] });

  await upstream.git("branch", "api", "main");
  const tip = await upstream.commit("api");
  const { url, headers, payload } = await delivered("push", push("octo/shop", "api", tip));
  const answer = await fetch(server.url + url, { method: "POST", headers, body: payload });
  expect(answer.status).toBe(202);
  const runs = async () => (await server.get<SyncRunList>("/repos/shop/sync-runs")).runs;
  await expect
    .poll(async () => (await runs()).flatMap(({ refs }) => refs.changes))
    .toContainEqual(expect.objectContaining({ ref: "refs/heads/api", new: tip }));

  await upstream.metadata("api", { parentBranchName: "main" });
  await expect
    .poll(async () => (await runs())[0], { timeout: 30_000 })
    .toMatchObject({
      triggers: ["webhook"],
      outcome: "updated",
      refs: { changes: [{ ref: "refs/stackit/metadata/api" }] },
    });
});
