import { Type } from "typebox";
import { isLoopback } from "../address.ts";
import type { App } from "../app-type.ts";
import { noSuchRoute } from "../request-guards.ts";
import { content, responses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

/** For this machine, and for operators and tokens that may. To others, and to what a proxy passes on for others, the path does not exist. */
export function metricsRoute(app: App, prefix: string, { metrics, config }: RouteContext): void {
  const isProxied = (headers: object) =>
    "forwarded" in headers || "x-forwarded-for" in headers || "via" in headers;
  const hasTrustedProxies = (config.trustedProxies ?? []).length > 0;
  const schema = {
    hide: prefix === "",
    operationId: "getMetrics",
    tags: ["server"],
    summary: "Measurements in the text format of Prometheus",
    description: "Answered to this machine, to operators, and to tokens with the scope `metrics`.",
    response: responses(
      { 200: content("The measurements.", "text/plain", Type.String()) },
      "request/not-found",
    ),
  };
  app.get(
    `${prefix}/metrics`,
    { schema, config: { access: "open", isProbe: true } },
    async (request, reply) => {
      const isDirect = hasTrustedProxies || !isProxied(request.headers);
      const isHere = isLoopback(request.ip) && isDirect;
      if (!isHere && !request.caller.mayMeasure) throw noSuchRoute();
      return reply
        .type(metrics.contentType)
        .header("cache-control", "no-store")
        .send(await metrics.text());
    },
  );
}
