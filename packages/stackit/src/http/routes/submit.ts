import { Type } from "typebox";
import { Problem } from "../../contract/problem-error.ts";
import { SubmitRequest } from "../../contract/submit.ts";
import type { App } from "../app-type.ts";
import { cameFrom } from "../came-from.ts";
import { takeEmptyBody } from "../empty-body.ts";
import { IdempotentRequests } from "../idempotency.ts";
import { answerValue, sendJson } from "../json-answer.ts";
import { parsePrefer } from "../prefer.ts";
import { findRepo, RepoParams, repoPaths } from "../repo-lookup.ts";
import { content, readResponses, responses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";
import type { Submitter } from "../server-parts.ts";
import { waitAsPreferred } from "../wait-for-end.ts";

const description = `Makes or updates a pull request for each branch of a stack, restacked where that is needed, in the name of who asks.

- \`?dryRun=1\` answers the plan and changes nothing. A submit that names the plan's \`id\` is refused when anything moved since.
- Waits for the end; \`Prefer: respond-async\` answers 202 at once, \`Prefer: wait=S\` after at most S seconds. \`Location\` is the submission.
- A submit belongs to the server: it goes on when the client goes away. What was left undone is done by submitting again.
- A repeated request with the same \`Idempotency-Key\` is the same request.`;

const Params = Type.Object({
  ...RepoParams.properties,
  root: Type.String({
    description: "The root branch of the stack as one percent-encoded segment, or its id.",
  }),
});

const Query = Type.Object({
  dryRun: Type.Optional(
    Type.Enum(["0", "1", "false", "true"], { description: "`1`: answer the plan and change nothing." }),
  ),
});

const Headers = Type.Object({
  prefer: Type.Optional(Type.String({ description: "`respond-async`, `wait=<seconds>` (RFC 7240)." })),
  "idempotency-key": Type.Optional(Type.String({ description: "Names this request for repetitions." })),
});

const SUCCESSES = {
  200: content(
    "The finished submission, or the plan that was asked for.",
    "application/json",
    Type.Union([Type.Ref("Submission"), Type.Ref("SubmitPlan")]),
  ),
  202: {
    ...content("The submission as it stands; it goes on.", "application/json", Type.Ref("Submission")),
    headers: { Location: Type.String({ description: "Where the submission is." }) },
  },
};

const PROBLEMS = [
  "request/invalid",
  "request/too-large",
  "request/unsupported-media-type",
  "request/cross-site",
  "request/rate-limited",
  "repo/not-found",
  "repo/not-ready",
  "stack/not-found",
  "server/read-only",
  "submit/trunk",
  "submit/plan-changed",
  "submit/nothing-possible",
  "submit/under-way",
  "submit/no-credentials",
  "submit/no-forge",
  "submit/not-permitted",
  "sync/held",
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

type Ongoing = Awaited<ReturnType<Submitter["submit"]>>;

export function submitRoute(app: App, context: RouteContext): void {
  const { access, clock, closing, submits } = context;
  const operations = new IdempotentRequests<Promise<Ongoing>>(clock);
  for (const { url, hide } of repoPaths("/stacks/:root/submit")) {
    const schema = {
      hide,
      operationId: "submitStack",
      tags: ["stacks"],
      summary: "Submit a stack as pull requests",
      description,
      params: Params,
      querystring: Query,
      headers: Headers,
      body: SubmitRequest,
      response: responses(SUCCESSES, ...PROBLEMS),
    };
    app.post(
      url,
      { schema, config: { access: "member" }, preValidation: takeEmptyBody },
      async (request, reply) => {
        const repo = findRepo(request);
        const { caller, body, query } = request;
        const asked = { repoId: repo.id, stack: request.params.root, caller };
        const signal = AbortSignal.any([request.signal, closing]);
        if (query.dryRun === "1" || query.dryRun === "true") {
          return sendJson(reply, 200, await submits.plan(asked, body, signal));
        }
        const begin = async (): Promise<Ongoing> => {
          await access.record("submit", caller, {
            target: repo.id,
            detail: asked.stack,
            ...cameFrom(request),
          });
          return submits.submit(asked, body, closing);
        };
        const scope = `${caller.id} ${repo.id} ${asked.stack}`;
        const key = request.headers["idempotency-key"];
        const ongoing = await operations.once(scope, key, JSON.stringify(body), begin);
        const end = await waitAsPreferred(parsePrefer(request.headers.prefer), waiting(ongoing), context);
        if (end) return sendJson(reply, 200, end);
        const submission = ongoing.submission();
        reply.header("location", `/api/v1/repos/${encodeURIComponent(repo.id)}/submissions/${submission.id}`);
        return sendJson(reply, 202, submission);
      },
    );
  }
}

const SubmissionParams = Type.Object({ ...RepoParams.properties, submission: Type.String() });

export function submissionRoute(app: App, { submits }: RouteContext): void {
  for (const { url, hide } of repoPaths("/submissions/:submission")) {
    const schema = {
      hide,
      operationId: "getSubmission",
      tags: ["stacks"],
      summary: "One submission, also while it is under way",
      params: SubmissionParams,
      response: readResponses(
        "The submission as it stands.",
        Type.Ref("Submission"),
        "repo/not-found",
        "submit/not-found",
        "request/rate-limited",
      ),
    };
    app.get(url, { schema, config: { access: "reader" } }, async (request, reply) => {
      const repo = findRepo(request);
      const submission = await submits.find(repo.id, request.params.submission);
      if (!submission)
        throw new Problem("submit/not-found", "This repository has no submission with this id.");
      return answerValue(request, reply, submission);
    });
  }
}

function waiting({ ended, submission }: Ongoing) {
  return { ended, standing: () => ({ submission: submission() }) };
}
