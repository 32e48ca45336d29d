import { Problem } from "../contract/problem-error.ts";
import type { App } from "./app-type.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] as const;

/**
 * Answers 405 for the methods that a path does not take. Call it before the routes; the function it returns, after
 * them.
 */
export function refuseOtherMethods(app: App): () => void {
  const taken = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const methods = taken.get(url) ?? new Set();
    for (const name of [method].flat()) methods.add(name);
    taken.set(url, methods);
  });
  return () => {
    for (const [url, methods] of [...taken]) {
      const allow = METHODS.filter((method) => methods.has(method)).join(", ");
      app.route({
        url,
        method: METHODS.filter((method) => !methods.has(method)),
        schema: { hide: true },
        config: { access: "open" },
        onRequest: async (_request, reply) => {
          reply.header("allow", allow);
          throw new Problem("request/method-not-allowed", `This path takes ${allow}.`);
        },
        handler: async () => {},
      });
    }
  };
}
