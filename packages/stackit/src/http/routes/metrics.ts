import { Type } from "typebox";
import { isLoopback } from "../address.ts";
import type { App } from "../app-type.ts";
import { noSuchRoute } from "../request-guards.ts";
import { content, responses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

/**
 * For operators and tokens that may, and on a server without sign-in for this machine: to others, and to what a proxy passes on for
 * others, the path does not exist. A team's server mostly has a proxy on its own machine, which need not say that it is one.
 */
export function metricsRoute(app: App, prefix: string, { access, metrics, config }: RouteContext): void {
  const isProxied = (headers: object) =>
    "forwarded" in headers || "x-forwarded-for" in headers || "via" in headers;
  const hasTrustedProxies = (config.trustedProxies ?? []).length > 0;
  const schema = {
    hide: prefix === "",
    operationId: "getMetrics",
    tags: ["server"],
    summary: "Measurements in the text format of Prometheus",
    description:
      "Answered to operators and to tokens with the scope `metrics`; on a server without sign-in to its own machine.",
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
      const isHere = !access.team && isLoopback(request.ip) && isDirect;
      if (!isHere && !request.caller.mayMeasure) throw noSuchRoute();
      return reply
        .type(metrics.contentType)
        .header("cache-control", "no-store")
        .send(await metrics.text());
    },
  );
}
