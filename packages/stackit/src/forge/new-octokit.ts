import { Octokit } from "@octokit/core";
import { openSpan } from "../lib/tracing.ts";
import { productVersion } from "../lib/version.ts";

type Settings = NonNullable<ConstructorParameters<typeof Octokit>[0]>;

const NOT_MODIFIED = 304;

/**
 * Asks the API at `baseUrl` in our name and logs nothing. What is traced is the host, the method and what came of it: addresses, headers
 * and bodies may hold secrets, and hosts of others learn nothing of our traces.
 */
export function newOctokit(baseUrl: string, more: Pick<Settings, "authStrategy" | "auth"> = {}): Octokit {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const userAgent = `stackit/${productVersion()}`;
  const octokit = new Octokit({ baseUrl, userAgent, log, request: { log }, ...more });
  const { hostname } = new URL(baseUrl);
  octokit.hook.wrap("request", async (request, options) => {
    const attributes = { "http.request.method": options.method, "server.address": hostname };
    const span = openSpan(options.method, { kind: "client", attributes });
    try {
      const response = await span.within(async () => request(options));
      span.set({ "http.response.status_code": response.status });
      return response;
    } catch (error) {
      const status = error instanceof Error && "status" in error ? Number(error.status) : undefined;
      if (status !== undefined) span.set({ "http.response.status_code": status });
      if (status !== NOT_MODIFIED) span.fail(String(status ?? "unreachable"));
      throw error;
    } finally {
      span.end();
    }
  });
  return octokit;
}
