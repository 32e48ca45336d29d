import type { FastifyReply, FastifyRequest } from "fastify";
import { type ProblemCode, problems } from "../../contract/problems.ts";
import type { App } from "../app-type.ts";
import { escapeHtml, htmlPage, withCode } from "../html-page.ts";
import { isProblemCode } from "../problem.ts";
import { noSuchRoute } from "../request-guards.ts";

/** The pages that the `type` of problems points to. */
export function problemPagesRoute(app: App): void {
  const options = { schema: { hide: true }, config: { access: "open", isFree: true } as const };
  app.get("/problems", options, async (_request, reply) =>
    reply.type("text/html; charset=utf-8").send(listPage()),
  );
  app.get<{ Params: { "*": string } }>("/problems/*", options, async (request, reply) => {
    const code = request.params["*"];
    if (!isProblemCode(code)) throw noSuchRoute();
    return answer(code, request, reply);
  });
}

function answer(code: ProblemCode, request: FastifyRequest, reply: FastifyReply): FastifyReply {
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
  return reply.type("text/html; charset=utf-8").send(htmlPage(title, body));
}

function listPage(): string {
  const rows = Object.entries(problems).map(
    ([code, { status, title }]) =>
      `<tr><td>${status}<td><a href="/problems/${code}"><code>${code}</code></a><td>${escapeHtml(title)}</tr>`,
  );
  const body = `<h1>Problems</h1>
<table><tr><th>Status<th>Code<th>Title</tr>
${rows.join("\n")}
</table>`;
  return htmlPage("Problems", body);
}
