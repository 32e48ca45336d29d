import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { askForCredentials } from "../support/git-host-behaviours.ts";
import { createScene } from "../support/git-scene.ts";
import { upstreamOf } from "../support/mirror-world.ts";
import { eventThat, serveFolders } from "../support/served-folders.ts";
import { delivered, push, SECRET, WEBHOOK } from "../support/webhooks.ts";

test("a public server shows what is for everyone, and tells strangers nothing of who runs it and how", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
  });
  await using hidden = await createScene((s) => s.commit("main"));
  await scene.git("config", "user.name", "Olga the Operator");
  await using upstream = await upstreamOf((writer) => writer.commit("main"));
  upstream.host.front = askForCredentials("Basic nobody has that");
  const elsewhere = await mkdtemp(join(tmpdir(), "stackit-private-place-"));
  await using served = await serveFolders(
    [
      { kind: "working-copy", id: "open", path: scene.path },
      { kind: "working-copy", id: "gone", displayName: "Gone", path: join(elsewhere, "olgas-folder") },
      { kind: "working-copy", id: "hidden", path: hidden.path, visibility: "operators" },
      {
        kind: "mirror",
        id: "failing",
        url: upstream.url,
        owner: "acme",
        name: "shop",
        authorization: "Basic olgas-token",
        credentialEnv: "OLGAS_TOKEN",
        namesCredentials: true,
      },
    ],
    { posture: "public", readOnly: true, webhookSecrets: [SECRET] },
  );
  const events = await served.events("/events");
  const connected = await events.next();
  await rm(elsewhere, { recursive: true });
  const pushed = await delivered("push", push("acme/shop", "api", undefined, { sender: { login: "theo" } }));
  const { status } = await fetch(`${served.url}${WEBHOOK}`, { ...pushed, body: pushed.payload });
  expect(status).toBe(202);
  const told = await eventThat(events, ({ data }) =>
    /"webhook".*"state":"finished"/.test(JSON.stringify(data)),
  );
  const { runs } = await served.get<{ runs: { id: string }[] }>("/repos/failing/sync-runs");
  const paths = [
    "/repos",
    "/config",
    ...["open", "gone", "failing"].flatMap((id) => [`/repos/${id}`, `/repos/${id}/sync-runs`]),
    `/repos/failing/sync-runs/${runs[0]?.id}`,
    "/repos/open/view",
    "/repos/open/branches/api",
  ];
  const said = [JSON.stringify(connected), JSON.stringify(told)];
  for (const path of paths) {
    const answer = await fetch(`${served.url}/api/v1${path}`);
    expect(answer.status, path).toBe(200);
    said.push(await answer.text());
  }
  for (const path of ["/readyz", "/api/v1/repos/gone/view", "/api/v1/repos/hidden"]) {
    said.push(await (await fetch(served.url + path)).text());
  }
  const all = said.join("\n");
  expect(all).toContain("sync/auth-failed");
  for (const secret of [
    "olga",
    "Olga",
    "OLGAS",
    elsewhere,
    scene.path,
    `~${userInfo().username}`,
    "hidden",
    "theo",
  ]) {
    expect(all.includes(secret), secret).toBe(false);
  }
  expect((await fetch(`${served.url}/api/v1/repos/open/sync`, { method: "POST" })).status).toBe(405);
  expect((await fetch(`${served.url}/auth/login`)).status).toBe(404);
});
