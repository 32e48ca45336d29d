import { Type } from "typebox";
import type { ServerConfig } from "../../contract/repo.ts";
import type { App } from "../app-type.ts";
import { answerValue } from "../json-answer.ts";
import { readResponses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

export function configRoute(app: App, { config, access }: RouteContext): void {
  const schema = {
    operationId: "getConfig",
    tags: ["server"],
    summary: "What this server allows",
    response: readResponses("What this server allows.", Type.Ref("ServerConfig")),
  };
  app.get("/config", { schema, config: { access: "open", isFree: true } }, async (request, reply) => {
    const contact = access.team && config.signIn?.contact;
    const answer: ServerConfig = {
      readOnly: config.readOnly,
      authRequired: access.team !== undefined,
      singleRepo: request.repos.list().length === 1,
      webhooks: (config.webhookSecrets ?? []).length > 0,
      version: config.version,
      ...(contact !== undefined && { contact }),
    };
    return answerValue(request, reply, answer);
  });
}
