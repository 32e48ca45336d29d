import type { FastifyReply, FastifyRequest } from "fastify";
import { isProblemCode, type ProblemCode, problems } from "../../contract/problems.ts";
import type { App } from "../app-type.ts";
import type { DocsSite } from "../docs-site.ts";
import { escapeHtml, withCode } from "../html-page.ts";
import { noSuchRoute } from "../request-guards.ts";
import type { RouteContext } from "../route-context.ts";

const PATH = "/problems";

/** The pages that the `type` of problems points to. */
export function problemPagesRoute(app: App, { docs }: RouteContext): void {
  const options = { schema: { hide: true }, config: { access: "open", isFree: true } as const };
  app.get("/problems", options, async (_request, reply) =>
    reply.type("text/html; charset=utf-8").send(await listPage(docs)),
  );
  app.get<{ Params: { "*": string } }>("/problems/*", options, async (request, reply) => {
    const code = request.params["*"];
    if (!isProblemCode(code)) throw noSuchRoute();
    return answer(code, docs, request, reply);
  });
}

async function answer(
  code: ProblemCode,
  docs: DocsSite,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { status, title, mend } = problems[code];
  reply.header("vary", "accept");
  const accept = request.headers.accept ?? "";
  if (accept.includes("json") && !accept.includes("text/html"))
    return reply.send({ code, status, title, mend });
  const body = `<h1>${escapeHtml(title)}</h1>
<p><code>${code}</code>, HTTP status ${status}</p>
<h2>What to do</h2>
<p>${withCode(mend)}</p>
<p><a href="/problems">All problems</a></p>`;
  const page = await docs.page({ path: PATH, title, body });
  return reply.type("text/html; charset=utf-8").send(page);
}

function listPage(docs: DocsSite): Promise<string> {
  const rows = Object.entries(problems).map(
    ([code, { status, title }]) =>
      `<tr><td>${status}<td><a href="/problems/${code}"><code>${code}</code></a><td>${escapeHtml(title)}</tr>`,
  );
  const body = `<h1>Problems</h1>
<p>What the server cannot do it says with one of these codes, which never change. Each has a page that says what to do.</p>
<div class="wide"><table><tr><th>Status<th>Code<th>Title</tr>
${rows.join("\n")}
</table></div>`;
  return docs.page({ path: PATH, title: "Problems", body });
}
