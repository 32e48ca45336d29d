import { Type } from "typebox";
import { DeliveryResult } from "../../contract/webhook-deliveries.ts";
import type { App } from "../app-type.ts";
import { cameFrom } from "../came-from.ts";
import { answerValue } from "../json-answer.ts";
import { findRepoOfOperator, RepoParams, repoPaths } from "../repo-lookup.ts";
import { readResponses, responses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";
import { answerRunUnderWay, RUN_UNDER_WAY } from "../run-under-way.ts";

const Query = Type.Object(
  {
    repo: Type.Optional(Type.String({ pattern: "^[\\w-]{1,64}$", description: "A repository's id." })),
    result: Type.Optional(
      Type.Enum([...DeliveryResult.enum, "repeated"], {
        description: "What became of it. `repeated`: taken, and came again.",
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: "50 when absent." })),
    before: Type.Optional(
      Type.String({ pattern: "^[\\w-]{1,2000}$", description: "`next` of the page before." }),
    ),
  },
  { additionalProperties: false },
);

const Params = Type.Object({
  ...RepoParams.properties,
  delivery: Type.String({ description: "The delivery's id, as GitHub gave it." }),
});

/** What became of the deliveries of webhooks, for operators. */
export function webhookDeliveriesRoute(app: App, { webhookLog }: RouteContext): void {
  const schema = {
    operationId: "listWebhookDeliveries",
    tags: ["server"],
    summary: "What became of the deliveries of webhooks, newest first",
    description:
      "For operators. Those that were not taken and are alike are counted together, for ten minutes.",
    querystring: Query,
    response: readResponses(
      "One page of deliveries.",
      Type.Ref("WebhookDeliveryList"),
      "request/invalid",
      "request/rate-limited",
      "access/not-allowed",
    ),
  };
  app.get("/ops/webhooks", { schema, config: { access: "operator" } }, async (request, reply) => {
    const { limit = 50, ...rest } = request.query;
    return answerValue(request, reply, await webhookLog.list({ limit, ...rest }));
  });
}

export function webhookPayloadRoute(app: App, { webhookLog }: RouteContext): void {
  for (const { url, hide } of repoPaths("/webhooks/:delivery")) {
    const schema = {
      hide,
      operationId: "getWebhookPayload",
      tags: ["server"],
      summary: "What is kept of the payload of a delivery",
      description:
        "For operators. Names, numbers and ids that tell what it was about; no message, no address, no URL.",
      params: Params,
      response: readResponses(
        "What is kept.",
        Type.Ref("KeptPayload"),
        "request/rate-limited",
        "access/not-allowed",
        "repo/not-found",
        "webhook/not-found",
      ),
    };
    app.get(url, { schema, config: { access: "reader" } }, async (request, reply) => {
      const repo = findRepoOfOperator(request);
      return answerValue(request, reply, await webhookLog.payload(repo.id, request.params.delivery));
    });
  }
}

export function replayWebhookRoute(app: App, { access, githubDeliveries, webhookLog }: RouteContext): void {
  for (const { url, hide } of repoPaths("/webhooks/:delivery/replay")) {
    const schema = {
      hide,
      operationId: "replayWebhook",
      tags: ["server"],
      summary: "Do again what a delivery asked for",
      description:
        "For operators. A run with the trigger `replay` looks at the remote as it is now; where the delivery was about pull requests, GitHub is asked for them too.",
      params: Params,
      response: responses(
        RUN_UNDER_WAY,
        "request/cross-site",
        "request/rate-limited",
        "access/not-allowed",
        "repo/not-found",
        "webhook/not-found",
      ),
    };
    app.post(url, { schema, config: { access: "reader" } }, async (request, reply) => {
      const { caller, params } = request;
      const repo = findRepoOfOperator(request);
      // Only what can be done is written down, and before it is.
      await webhookLog.payload(repo.id, params.delivery);
      const about = { target: repo.id, detail: params.delivery, ...cameFrom(request) };
      await access.record("webhook-replayed", caller, about);
      const requestedBy = caller.kind === "local" ? undefined : caller.name;
      const run = await githubDeliveries.replay(repo.id, params.delivery, requestedBy);
      return answerRunUnderWay(reply, repo.id, run);
    });
  }
}
