import { Type } from "typebox";
import { AuditAction } from "../../contract/audit.ts";
import { Instant } from "../../contract/repo.ts";
import type { App } from "../app-type.ts";
import { answerValue } from "../json-answer.ts";
import { readResponses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

const Query = Type.Object(
  {
    who: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: "A person's login or a token's name in any case, or an id.",
      }),
    ),
    what: Type.Optional(AuditAction),
    repo: Type.Optional(Type.String({ pattern: "^[\\w-]{1,64}$", description: "A repository's id." })),
    since: Type.Optional(Type.Unsafe<string>({ ...Instant, description: "From then on." })),
    until: Type.Optional(Type.Unsafe<string>({ ...Instant, description: "Before then." })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: "50 when absent." })),
    before: Type.Optional(
      Type.String({ pattern: "^[0-9A-Za-z]{1,64}$", description: "`next` of the page before." }),
    ),
  },
  { additionalProperties: false },
);

/** What people and programs did, for operators. */
export function auditRoute(app: App, { access }: RouteContext): void {
  const schema = {
    operationId: "listAudit",
    tags: ["server"],
    summary: "Who did what, newest first",
    description: "For operators. Filters narrow each other.",
    querystring: Query,
    response: readResponses(
      "One page of entries.",
      Type.Ref("AuditList"),
      "request/invalid",
      "request/rate-limited",
      "access/not-allowed",
    ),
  };
  app.get("/audit", { schema, config: { access: "operator" } }, async (request, reply) => {
    const { limit = 50, since, until, ...rest } = request.query;
    const list = await access.audit.list({
      ...rest,
      limit,
      sinceMs: since === undefined ? undefined : Date.parse(since),
      untilMs: until === undefined ? undefined : Date.parse(until),
    });
    return answerValue(request, reply, list);
  });
}
