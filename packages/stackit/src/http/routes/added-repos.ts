import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import { AskedToAdd, type RepoAdded, type RepoChecked } from "../../contract/added-repo.ts";
import { Problem } from "../../contract/problem-error.ts";
import type { ServedRepo } from "../../repos/served-repo.ts";
import { SyncFailure } from "../../sync/sync-target.ts";
import type { App } from "../app-type.ts";
import { cameFrom } from "../came-from.ts";
import { sendJson } from "../json-answer.ts";
import { parsePrefer } from "../prefer.ts";
import { findRepo, RepoParams, repoPaths } from "../repo-lookup.ts";
import { repoSummary } from "../repo-summary.ts";
import { content, responses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";
import { runLocation } from "../run-under-way.ts";
import { waitAsPreferred } from "../wait-for-end.ts";

const Query = Type.Object({
  dryRun: Type.Optional(Type.Enum(["0", "1"], { description: "`1`: check, and make nothing." })),
});

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
  const { access, onboarding } = context;
  const schema = {
    operationId: "addRepo",
    tags: ["repositories"],
    summary: "Have a repository served",
    description:
      "By `owner` and `name` on the server's GitHub, or by `url`. Whoever asks must be able to read it there. Its clone is a run, which goes on when the client goes away. " +
      "One that is served already is answered as it is. With `dryRun=1` all of this is checked and nothing is made: the answer is what the server sees there. `Prefer: wait=30` waits so many seconds, at most 600, for the end of the clone.",
    headers: Type.Object({
      prefer: Type.Optional(Type.String({ description: "`wait=<seconds>` (RFC 7240)." })),
    }),
    querystring: Query,
    body: AskedToAdd,
    response: responses(
      {
        200: content(
          "It is served already, or was cloned while the client waited; or the answer to a dry run.",
          "application/json",
          Type.Union([Type.Ref("RepoAdded"), Type.Ref("RepoChecked")]),
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
    const { caller, body } = request;
    const audience = { caller, isPublic: false };
    if (request.query.dryRun === "1") {
      const checked = await onboarding.check(body, caller).catch(asProblem(reply));
      const answer: RepoChecked =
        "remote" in checked
          ? checked
          : { repo: repoSummary(shown(request.repos.get(checked.repoId)), context, audience) };
      return sendJson(reply, 200, answer);
    }
    const { repoId, clone, isNew } = await onboarding.add(body, caller).catch(asProblem(reply));
    if (isNew) await access.record("repo-added", caller, { target: repoId, ...cameFrom(request) });
    const prefer = parsePrefer(request.headers.prefer);
    if (clone && prefer.waitSec !== undefined) {
      await waitAsPreferred(prefer, { ended: clone.ended, standing: () => ({ run: clone.run() }) }, context);
      reply.header("preference-applied", `wait=${prefer.waitSec}`);
    }
    const run = clone?.run();
    const repo = shown(request.repos.get(repoId));
    const isUnderWay = run?.state === "queued" || run?.state === "running";
    if (isUnderWay) reply.header("location", runLocation(repoId, run.id));
    const answer: RepoAdded = { repo: repoSummary(repo, context, audience), ...(run && { run }) };
    return sendJson(reply, isUnderWay ? 202 : 200, answer);
  });
}

/** It may have been removed meanwhile. */
function shown(repo: ServedRepo | undefined): ServedRepo {
  if (repo) return repo;
  throw new Problem("repo/no-access", "There is no such repository, or you may not read it.");
}

/** Of a remote that cannot be asked, with when it may be asked again where that was told. */
function asProblem(reply: FastifyReply): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof SyncFailure)) throw error;
    const { code, message, retryAfterMs, cause } = error;
    if (retryAfterMs !== undefined) reply.header("retry-after", String(Math.ceil(retryAfterMs / 1000)));
    throw new Problem(code, message, { cause });
  };
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
