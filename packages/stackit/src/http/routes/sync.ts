import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import { Problem } from "../../contract/problem-error.ts";
import { isProblemCode } from "../../contract/problems.ts";
import { type SyncProbe, SyncRequest, type SyncRun } from "../../contract/sync-run.ts";
import type { ServedRepo } from "../../repos/served-repo.ts";
import { mirrorFailure } from "../../sync/mirror-target.ts";
import { readFailure } from "../../sync/working-copy-target.ts";
import type { App } from "../app-type.ts";
import { cameFrom } from "../came-from.ts";
import { takeEmptyBody } from "../empty-body.ts";
import { IdempotentRequests } from "../idempotency.ts";
import { sendJson } from "../json-answer.ts";
import { type Preferences, parsePrefer } from "../prefer.ts";
import { findRepo, RepoParams, repoPaths } from "../repo-lookup.ts";
import { content, responses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";
import { answerRunUnderWay, RUN_UNDER_WAY } from "../run-under-way.ts";
import { beginSync, type SyncEnd, type SyncOperation } from "../sync-operation.ts";
import { LONGEST_WAIT_SEC, waitAsPreferred } from "../wait-for-end.ts";

/** How long an expected commit is waited for when the client does not say. */
const EXPECT_WITHIN_SEC = 10;

const description = `Asks for a run that starts after this request arrived, and answers with its result.

- \`Prefer: respond-async\` answers 202 at once, \`Prefer: wait=S\` after at most S seconds; \`Location\` is the run.
- \`Prefer: return=minimal\` answers a success with 204.
- A repeated request with the same \`Idempotency-Key\` (at most 255 characters, kept for ten minutes) is the same request.
- A run belongs to the server: it goes on when the client goes away.`;

const Headers = Type.Object({
  prefer: Type.Optional(
    Type.String({ description: "`respond-async`, `wait=<seconds>`, `return=minimal` (RFC 7240)." }),
  ),
  "idempotency-key": Type.Optional(Type.String({ description: "Names this request for repetitions." })),
});

export function syncRoute(app: App, context: RouteContext): void {
  const { access, clock, closing } = context;
  const operations = new IdempotentRequests<Promise<SyncOperation>>(clock);
  for (const { url, hide } of repoPaths("/sync")) {
    const schema = {
      hide,
      operationId: "syncRepo",
      tags: ["sync"],
      summary: "Bring the server's knowledge of a repository up to date",
      description,
      params: RepoParams,
      headers: Headers,
      body: SyncRequest,
      response: responses(SUCCESSES, ...PROBLEMS),
    };
    app.post(
      url,
      { schema, config: { access: "member" }, preValidation: takeEmptyBody },
      async (request, reply) => {
        const repo = findRepo(request);
        const body = request.body;
        if (body.probe) {
          const signal = AbortSignal.any([request.signal, closing]);
          const wouldChange = await repo.probe(signal).catch((error: unknown) => {
            throw signal.aborted ? error : probeProblem(repo, error);
          });
          const probe: SyncProbe = { wouldChange };
          return sendJson(reply, 200, probe);
        }
        const prefer = parsePrefer(request.headers.prefer);
        const expectWithinSec = Math.min(prefer.waitSec ?? EXPECT_WITHIN_SEC, LONGEST_WAIT_SEC);
        const { caller } = request;
        const requestedBy = caller.kind === "local" ? undefined : caller.name;
        const begin = async (): Promise<SyncOperation> => {
          if (requestedBy !== undefined) {
            await access.record("sync", caller, { target: repo.id, ...cameFrom(request) });
          }
          return beginSync(context, repo, body, {
            expectWithinMs: expectWithinSec * 1000,
            ...(requestedBy !== undefined && { requestedBy }),
          });
        };
        const scope = `${caller.id} ${repo.id}`;
        const key = request.headers["idempotency-key"];
        const operation = await operations.once(scope, key, JSON.stringify(body), begin);
        const end = await waitAsPreferred(prefer, waiting(operation), context);
        preferencesApplied(reply, prefer, end);
        if (end?.run.error) throw runProblem(end.run, reply, clock.wallNow());
        return end ? answerEnd(reply, end, prefer) : answerRunUnderWay(reply, repo.id, operation.run());
      },
    );
  }
}

const SUCCESSES = {
  200: content(
    "The finished run, or what a probe found.",
    "application/json",
    Type.Union([Type.Ref("SyncRun"), Type.Ref("SyncProbe")]),
  ),
  ...RUN_UNDER_WAY,
  204: Type.Null({ description: "The run succeeded." }),
};

const PROBLEMS = [
  "request/invalid",
  "request/too-large",
  "request/unsupported-media-type",
  "request/cross-site",
  "request/rate-limited",
  "repo/not-found",
  "server/read-only",
  "sync/held",
  "sync/expectation-unmet",
  "sync/timeout",
  "sync/auth-failed",
  "sync/remote-not-found",
  "sync/remote-unreachable",
  "sync/remote-error",
  "sync/rate-limited",
  "sync/mirror-corrupt",
  "sync/checkout-refused",
  "sync/unreadable",
  "sync/disk-full",
  "sync/shutting-down",
] as const;

function waiting({ ended, run }: SyncOperation): {
  ended: Promise<SyncEnd>;
  standing: () => { run: SyncRun };
} {
  return { ended, standing: () => ({ run: run() }) };
}

function preferencesApplied(reply: FastifyReply, prefer: Preferences, end: SyncEnd | undefined): void {
  const applied = [
    ...(prefer.respondAsync && !end ? ["respond-async"] : []),
    ...(prefer.waitSec === undefined ? [] : [`wait=${prefer.waitSec}`]),
    ...(prefer.minimal && end ? ["return=minimal"] : []),
  ];
  if (applied.length > 0) reply.header("preference-applied", applied.join(", "));
}

function answerEnd(reply: FastifyReply, { run, unmet }: SyncEnd, prefer: Preferences): FastifyReply {
  if (run.outcome === "held") {
    throw new Problem("sync/held", "The run changed nothing, because too many branches would vanish.", {
      members: { run },
    });
  }
  if (unmet.length > 0) {
    throw new Problem(
      "sync/expectation-unmet",
      "The repository was read, but does not have what was expected.",
      {
        members: { unmet, run },
      },
    );
  }
  return prefer.minimal ? reply.code(204).send() : sendJson(reply, 200, run);
}

function runProblem(run: SyncRun, reply: FastifyReply, wallMs: number): Problem {
  const { code, detail, nextAttemptAt } = run.error ?? { code: "", detail: "The run failed." };
  if (nextAttemptAt !== undefined) {
    const seconds = Math.ceil((Date.parse(nextAttemptAt) - wallMs) / 1000);
    reply.header("retry-after", String(Math.max(1, seconds)));
  }
  return new Problem(isProblemCode(code) ? code : "server/internal", detail, { members: { run } });
}

function probeProblem({ kind }: ServedRepo, error: unknown): Problem {
  const failure = kind === "mirror" ? mirrorFailure(error) : readFailure(error);
  return new Problem(failure.code, failure.message, { cause: failure });
}
