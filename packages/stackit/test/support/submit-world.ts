import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { expect } from "vitest";
import type { Config } from "../../src/config/config.ts";
import type { SubmitDefaults } from "../../src/config/submit-defaults.ts";
import type { Submission, SubmitPlan } from "../../src/contract/submit.ts";
import { basicAuthorization } from "../../src/lib/basic-authorization.ts";
import { type ForgeWorld, forgeWorld, TOKEN } from "./forge-world.ts";
import type { SceneWriter } from "./scene-import.ts";
import type { ServedFolders } from "./served-folders.ts";

/** What is seen of the submit of three new branches from outside, in this order. The second push is of what tools keep. */
export const SUBMIT_STEPS = [
  "push 1",
  "create 1",
  "create 2",
  "create 3",
  "push 2",
  "tell 1",
  "tell 2",
  "tell 3",
] as const;
export type SubmitStep = (typeof SUBMIT_STEPS)[number];

/** A GitHub with a repository that stacks are submitted to. */
export interface SubmitWorld extends ForgeWorld {
  /** Serves it as a mirror, and submits without pauses. */
  serve(overrides?: Parameters<ForgeWorld["serve"]>[0]): Promise<ServedFolders>;
  /**
   * Carries one step of a submit out, never answers, and tells of it. Returns what undoes that for later ones.
   */
  hangAfter(step: SubmitStep, onReached: () => void): () => void;
  /** From now on its Git host refuses pushes to that branch, and says so. */
  protect(branch: string, message: string): Promise<void>;
}

export async function submitWorld(write: (writer: SceneWriter) => void): Promise<SubmitWorld> {
  const world = await forgeWorld(write);
  return {
    ...world,
    serve: (overrides = {}) => world.serve({ submitsWithoutPauses: true, ...overrides }),
    hangAfter(step, onReached) {
      const [what, nth = "1"] = step.split(" ");
      const { host } = world.upstream;
      let pushes = 0;
      host.through = (request) =>
        request.method === "POST" && request.url?.endsWith("/git-receive-pack") && step === `push ${++pushes}`
          ? swallow(onReached)
          : undefined;
      if (what !== "push") {
        const before = Number(nth) - 1 + (what === "tell" ? 3 : 0);
        world.github.mishaps.push(...Array<"none">(before).fill("none"), { hangAfter: onReached });
      }
      return () => {
        host.through = undefined;
        world.github.mishaps.length = 0;
      };
    },
    async protect(branch, message) {
      const hook = join(world.upstream.scene.gitDir, "hooks", "update");
      await mkdir(dirname(hook), { recursive: true });
      const lines = [
        "#!/bin/sh",
        `[ "$1" != "refs/heads/${branch}" ] && exit 0`,
        `echo "${message}" >&2`,
        "exit 1",
      ];
      await writeFile(hook, `${lines.join("\n")}\n`, { mode: 0o755 });
    },
  };
}

/** For `serve`: the entry of the repository says that of submits. */
export function wishing({ upstream }: SubmitWorld, submit: SubmitDefaults): Pick<Config, "repos"> {
  const url = new URL(`${upstream.host.url}/octo/widget.git`);
  const authorization = basicAuthorization(TOKEN);
  return {
    repos: [{ kind: "mirror", id: "widget", url, owner: "octo", name: "widget", authorization, submit }],
  };
}

/** `main`, and on it `api`, `ui` and `docs`, each on the one before; `main` has gone on since. */
export function threeStacked(s: SceneWriter): void {
  s.commit("main", { files: { "shop.txt": "one\ntwo\n" } });
  s.stacked("api", "main", { message: "Add the API\n\nIt answers.\n\nChange-Id: I1" });
  s.stacked("ui", "api", { message: "Show it" });
  s.stacked("docs", "ui", { message: "Tell of it" });
  s.commit("main", { files: { "main.txt": "meanwhile\n" } });
}

/** Takes all there is, and never ends. */
function swallow(onAll: () => void): Transform {
  return new Transform({
    transform: (_chunk, _encoding, done) => done(),
    flush: () => onAll(),
  });
}

interface Answer<T> {
  readonly status: number;
  readonly body: T & { code?: string; detail?: string };
}

/** POSTs to the submit of a stack. */
export async function post<T = Submission>(
  served: Pick<ServedFolders, "url">,
  root: string,
  body: object = {},
  { query = "", repo = "widget", headers = {} }: { query?: string; repo?: string; headers?: object } = {},
): Promise<Answer<T>> {
  const response = await fetch(
    `${served.url}/api/v1/repos/${repo}/stacks/${encodeURIComponent(root)}/submit${query}`,
    {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    },
  );
  return { status: response.status, body: await response.json() };
}

export async function planOf(
  served: Pick<ServedFolders, "url">,
  root: string,
  repo = "widget",
): Promise<SubmitPlan> {
  const { status, body } = await post<SubmitPlan>(served, root, {}, { query: "?dryRun=1", repo });
  expect([status, body.detail]).toEqual([200, undefined]);
  return body;
}

/** What a plan would do with each branch, such as `create api into main`. */
export function actionsOf({ branches }: SubmitPlan): string[] {
  return branches.map(
    ({ name, base, action, restack, reason }) =>
      `${restack ? "restack and " : ""}${action} ${name} into ${base}${reason ? ` (${reason.code})` : ""}`,
  );
}
