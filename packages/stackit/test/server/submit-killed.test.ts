import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TOKEN } from "../support/forge-world.ts";
import { leftovers } from "../support/leftovers.ts";
import { startServerProcess } from "../support/server-process.ts";
import {
  actionsOf,
  planOf,
  post,
  SUBMIT_STEPS,
  type SubmitWorld,
  submitWorld,
} from "../support/submit-world.ts";

/** `api` has gone on, so that what stands on it must be restacked before it can be submitted. */
function world(): Promise<SubmitWorld> {
  return submitWorld((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
    s.stacked("docs", "ui");
    s.commit("api", { message: "One more" });
  });
}

/** All that a submit leaves behind, but for what carries a time: the ids of commits that it made. */
async function outcomeOf({ upstream: { scene }, widget }: SubmitWorld): Promise<object> {
  const log = async (range: string) => scene.git("log", "--format=%an %ad %s %T", range);
  return {
    api: await log("main..api"),
    ui: await log("api..ui"),
    docs: await log("ui..docs"),
    pullRequests: widget.pullRequests.map(({ head, base, title, body, isDraft }) => ({
      head,
      base,
      title,
      body,
      isDraft,
    })),
    parents: await Promise.all(
      ["ui", "docs"].map(async (branch) => {
        const kept = JSON.parse(await scene.git("cat-file", "blob", `refs/stackit/metadata/${branch}`));
        const { parentBranchName, parentBranchRevision, prInfo } = kept;
        return [
          parentBranchName,
          parentBranchRevision === (await scene.sha(parentBranchName)),
          prInfo.number,
        ];
      }),
    ),
  };
}

/** Three tell that it still works at all; STACKIT_STEPS=all, which takes two minutes, is the proof. */
const STEPS =
  process.env.STACKIT_STEPS === "all" ? SUBMIT_STEPS : (["push 1", "create 2", "tell 2"] as const);

test("killed at any step, a submit is told as interrupted, and the next one brings the same as one that nobody disturbed", async () => {
  await using calm = await world();
  await using undisturbed = await calm.serve();
  expect((await post(undisturbed, "api")).body.outcome).toBe("submitted");
  const wanted = await outcomeOf(calm);

  for (const step of STEPS) {
    await using shaken = await world();
    const dataDir = await mkdtemp(join(tmpdir(), "stackit-submit-"));
    try {
      const { upstream, github } = shaken;
      const repos = { repos: [{ id: "widget", url: `${upstream.host.url}/octo/widget.git` }] };
      await writeFile(join(dataDir, "repos.json"), JSON.stringify(repos));
      const args = ["--repos-config", join(dataDir, "repos.json"), "--data-dir", dataDir, "--settle", "20ms"];
      const env = {
        STACKIT_GITHUB_URL: upstream.host.url,
        STACKIT_GITHUB_API_URL: github.apiUrl.href.replace(/\/$/, ""),
        STACKIT_GIT_TOKEN: TOKEN,
        STACKIT_LOG: "error",
      };
      const reached = Promise.withResolvers<void>();
      const undo = shaken.hangAfter(step, reached.resolve);
      let id = "";
      {
        await using server = await startServerProcess(args, env);
        await planOf(server, "api");
        const asked = await post(server, "api", {}, { headers: { prefer: "respond-async" } });
        id = asked.body.id;
        await reached.promise;
        server.signal("SIGKILL");
        await server.ended;
      }
      undo();
      await using server = await startServerProcess(args, env);
      await planOf(server, "api");
      const told = await (await fetch(`${server.url}/api/v1/repos/widget/submissions/${id}`)).json();
      expect([step, told.state, told.outcome]).toEqual([step, "finished", "interrupted"]);
      const { body } = await post(server, "api");
      expect([step, body.outcome, body.error]).toEqual([step, "submitted", undefined]);
      expect(await outcomeOf(shaken), step).toEqual(wanted);
      expect(actionsOf(await planOf(server, "api")), step).toEqual([
        "nothing api into main",
        "nothing ui into api",
        "nothing docs into ui",
      ]);
      server.signal("SIGTERM");
      expect(await server.ended).toBe(0);
      expect(await leftovers(dataDir)).toEqual([]);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  }
}, 600_000);
