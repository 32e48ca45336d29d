import { Type } from "typebox";
import { AskedToAdd, type RepoAdded } from "../../contract/added-repo.ts";
import { Problem } from "../../contract/problem-error.ts";
import type { App } from "../app-type.ts";
import { cameFrom } from "../came-from.ts";
import { parsePrefer } from "../prefer.ts";
import { findRepo, RepoParams, repoPaths } from "../repo-lookup.ts";
import { repoSummary } from "../repo-summary.ts";
import { content, responses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";
import { LONGEST_WAIT_SEC, waitForEnd } from "../wait-for-end.ts";

const ADD_PROBLEMS = [
  "request/invalid",
  "request/too-large",
  "request/unsupported-media-type",
  "request/cross-site",
  "request/rate-limited",
  "access/not-allowed",
  "access/unverified",
  "repo/no-access",
  "repo/unreadable-for-server",
  "sync/remote-unreachable",
  "sync/remote-error",
  "sync/rate-limited",
  "sync/timeout",
  "sync/shutting-down",
] as const;

export function addRepoRoute(app: App, context: RouteContext): void {
  const { access, onboarding, syncs } = context;
  const schema = {
    operationId: "addRepo",
    tags: ["repositories"],
    summary: "Have a repository served",
    description:
      "By `owner` and `name` on the server's GitHub, or by `url`. Whoever asks must be able to read it there. Its clone is a run, which goes on when the client goes away. " +
      "One that is served already is answered as it is. `Prefer: wait=30` waits so many seconds, at most 600, for the end of the clone.",
    headers: Type.Object({
      prefer: Type.Optional(Type.String({ description: "`wait=<seconds>` (RFC 7240)." })),
    }),
    body: AskedToAdd,
    response: responses(
      {
        200: content(
          "It is served already, or was cloned while the client waited.",
          "application/json",
          Type.Ref("RepoAdded"),
        ),
        202: {
          ...content("It is served, and being cloned.", "application/json", Type.Ref("RepoAdded")),
          headers: { Location: Type.String({ description: "Where the run that clones it is." }) },
        },
      },
      ...ADD_PROBLEMS,
    ),
  };
  app.post("/repos", { schema, config: { access: "reader" } }, async (request, reply) => {
    const { caller } = request;
    const { repoId, clone, isNew } = await onboarding.add(request.body, caller);
    if (isNew) await access.record("repo-added", caller, { target: repoId, ...cameFrom(request) });
    const { waitSec } = parsePrefer(request.headers.prefer);
    if (clone && waitSec !== undefined) {
      await waitForEnd(Math.min(waitSec, LONGEST_WAIT_SEC) * 1000, clone, context);
      reply.header("preference-applied", `wait=${waitSec}`);
    }
    const run = clone?.run();
    const repo = request.repos.get(repoId);
    if (!repo) throw new Problem("repo/no-access", "There is no such repository, or you may not read it.");
    if (run?.state === "queued" || run?.state === "running") {
      reply.code(202).header("location", `/api/v1/repos/${encodeURIComponent(repoId)}/sync-runs/${run.id}`);
    }
    const answer: RepoAdded = {
      repo: repoSummary(repo, syncs, { caller, isPublic: false }),
      ...(run && { run }),
    };
    return reply
      .header("cache-control", "no-store")
      .type("application/json; charset=utf-8")
      .send(JSON.stringify(answer));
  });
}

export function removeRepoRoute(app: App, { access, onboarding }: RouteContext): void {
  for (const { url, hide } of repoPaths("")) {
    const schema = {
      hide,
      operationId: "removeRepo",
      tags: ["repositories"],
      summary: "Serve an added repository no more, and remove its mirror",
      description: "For operators, and for who added it. The run at work is ended.",
      params: RepoParams,
      response: responses(
        { 204: Type.Null({ description: "Nothing is left of it." }) },
        "request/cross-site",
        "request/rate-limited",
        "access/not-allowed",
        "repo/not-found",
        "repo/configured",
      ),
    };
    app.delete(url, { schema, config: { access: "reader" } }, async (request, reply) => {
      const repo = findRepo(request);
      await onboarding.remove(repo.id, request.caller);
      await access.record("repo-removed", request.caller, { target: repo.id, ...cameFrom(request) });
      return reply.code(204).send();
    });
  }
}
