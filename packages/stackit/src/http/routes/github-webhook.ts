import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { Problem } from "../../contract/problem-error.ts";
import { type ProblemCode, problems } from "../../contract/problems.ts";
import { clientKey } from "../address.ts";
import type { App } from "../app-type.ts";
import { type BodyFailure, readBody } from "../read-body.ts";
import { noSuchRoute } from "../request-guards.ts";
import { responses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";
import { isSignedBy, parseSignature } from "../webhook-signature.ts";

/** GitHub sends no larger ones. */
const MAX_BODY_BYTES = 25 * 2 ** 20;
const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded";
/** Throws at what is not UTF-8. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

const UNREAD: Record<BodyFailure, readonly [ProblemCode, string]> = {
  "too-large": ["request/too-large", "The body is larger than this server takes."],
  "gave-way": [
    "webhook/overloaded",
    "More deliveries arrive at once than there is room for, and this one has taken longest.",
  ],
  "cut-short": ["request/invalid", "The body did not arrive completely."],
};

/** What a stranger calls an event is kept only where it is one of these. */
const KNOWN_EVENTS: ReadonlySet<unknown> = new Set([
  "ping",
  "push",
  "repository",
  "installation",
  "installation_repositories",
  "pull_request",
  "pull_request_review",
  "check_suite",
  "check_run",
  "status",
]);
/** As GitHub names all of its events. */
const EVENT = /^[a-z_]{1,64}$/;

const named = Compile(
  Type.Object({
    repository: Type.Object({ full_name: Type.String({ pattern: "^[\\w.-]{1,100}/[\\w.-]{1,100}$" }) }),
  }),
);

const schema = {
  operationId: "receiveGithubWebhook",
  tags: ["sync"],
  summary: "Take what a webhook of GitHub delivers",
  description:
    "For GitHub, which signs the body with a secret of this server. A `push` to a mirror, a `repository` event about one and a " +
    "change of what an app may see lead to a run, even if the server ends before. Events of pull requests, reviews, checks and " +
    "statuses lead to a question to GitHub about those pull requests. A mirror follows its repository to another " +
    "name. A working copy is never fetched into, so it hears of nothing. Without a configured secret, this is not found.",
  consumes: [JSON_TYPE, FORM_TYPE],
  headers: Type.Object({
    "x-github-event": Type.String({ description: "Without it the delivery is invalid." }),
    "x-hub-signature-256": Type.String({ description: "`sha256=` and the HMAC of the body in hexadecimal." }),
    "x-github-delivery": Type.Optional(
      Type.String({ description: "Names the delivery, so that it is taken only once." }),
    ),
  }),
  body: Type.Unsafe({ type: "object", description: "The event as GitHub sends it." }),
  response: responses(
    {
      202: Type.Null({ description: "The delivery is stored, now or since it was delivered before." }),
      204: Type.Null({ description: "The delivery asks nothing of what is served here." }),
    },
    "request/invalid",
    "request/too-large",
    "request/unsupported-media-type",
    "request/rate-limited",
    "request/not-found",
    "webhook/bad-signature",
    "webhook/overloaded",
  ),
};

export function githubWebhookRoute(
  app: App,
  { config, githubDeliveries, webhookLog, webhookBodies, count }: RouteContext,
): void {
  const { webhookSecrets = [] } = config;

  /** Writes down one that nobody knows whose it is. Who is refused for asking too often leaves no trace here. */
  function noteStranger(
    request: FastifyRequest,
    result: "bad-signature" | "not-signed" | "unread",
    { code }: Problem,
  ): void {
    const told = first(request.headers["x-github-event"]);
    const event = KNOWN_EVENTS.has(told) ? told : undefined;
    webhookLog.refused({ result, status: problems[code].status, event, address: clientKey(request.ip) });
  }

  /** Who does not prove to be GitHub is counted like any client. */
  function refuseStranger(
    request: FastifyRequest,
    reply: FastifyReply,
    result: "bad-signature" | "not-signed",
    detail: string,
  ): never {
    const refusal = new Problem("webhook/bad-signature", detail);
    count(request, reply);
    noteStranger(request, result, refusal);
    throw refusal;
  }

  async function refuseUnsigned(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (webhookSecrets.length === 0) {
      count(request, reply);
      throw noSuchRoute();
    }
    if (!parseSignature(request.headers["x-hub-signature-256"])) {
      const detail = "X-Hub-Signature-256 is missing, or is not sha256=<64 hex digits>.";
      refuseStranger(request, reply, "not-signed", detail);
    }
  }

  /** Whose bytes they are is not known yet, so what all of them hold together is bounded. */
  async function takeBody(request: FastifyRequest, reply: FastifyReply): Promise<Buffer> {
    const { raw, headers } = request;
    const isAnnouncedTooLarge = Number(headers["content-length"]) > MAX_BODY_BYTES;
    const taken = isAnnouncedTooLarge
      ? "too-large"
      : await readBody(raw, { maxBytes: MAX_BODY_BYTES, budget: webhookBodies });
    if (Buffer.isBuffer(taken)) return taken;
    // The rest may still be coming.
    reply.header("connection", "close");
    if (taken === "gave-way") reply.header("retry-after", "1");
    const refusal = new Problem(...UNREAD[taken]);
    noteStranger(request, "unread", refusal);
    throw refusal;
  }

  /** Takes one whose signature is right. */
  async function take(
    request: FastifyRequest,
    reply: FastifyReply,
    body: Buffer,
  ): Promise<"taken" | "ignored"> {
    const { headers } = request;
    const id = first(headers["x-github-delivery"]) ?? request.id;
    const event = first(headers["x-github-event"]);
    const about: { event?: string; repository?: string } = {};
    try {
      if (!event) throw new Problem("request/invalid", "The header X-GitHub-Event is missing.");
      if (EVENT.test(event)) about.event = event;
      reply.delivery = { deliveryId: id, event };
      const payload = parsePayload(body, headers["content-type"]);
      const repository = repositoryIn(payload);
      if (repository !== undefined) about.repository = repository;
      reply.delivery = { deliveryId: id, event, repository };
      const taken = await githubDeliveries.receive({ id, event, payload });
      if (taken === "ignored") webhookLog.refused({ result: "ignored", status: 204, ...about });
      return taken;
    } catch (error) {
      if (error instanceof Problem && error.code === "request/invalid")
        webhookLog.refused({ result: "invalid", status: 400, ...about });
      throw error;
    }
  }

  void app.register((scope, _options, done) => {
    leaveBodies(scope);
    const options = {
      schema,
      config: { access: "open", isSigned: true } as const,
      onRequest: refuseUnsigned,
    };
    scope.post("/webhooks/github", options, async (request, reply) => {
      const body = await takeBody(request, reply);
      const signature = parseSignature(request.headers["x-hub-signature-256"]);
      if (!signature || !isSignedBy(webhookSecrets, body, signature)) {
        return refuseStranger(request, reply, "bad-signature", "The signature does not fit the body.");
      }
      const taken = await take(request, reply, body);
      return reply.code(taken === "taken" ? 202 : 204).send();
    });
    done();
  });
}

/** The signature is over the bytes, so the route takes them as they come. What they say is checked where it is used. */
function leaveBodies(scope: App): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", (_request, _body, done) => done(null));
  scope.setValidatorCompiler(() => () => true);
}

function first(header: string | string[] | undefined): string | undefined {
  return [header ?? []].flat()[0];
}

/** @throws {Problem} `request/invalid` for what is not JSON, by itself or in the form's `payload`. */
function parsePayload(body: Buffer, contentType = JSON_TYPE): unknown {
  try {
    const text = utf8.decode(body);
    return JSON.parse(isForm(contentType) ? (new URLSearchParams(text).get("payload") ?? "") : text);
  } catch (cause) {
    throw new Problem("request/invalid", "The payload is not valid JSON.", { cause });
  }
}

/** For the log: whom a delivery is about that asks nothing here. It is signed, so whose word it is is known. */
function repositoryIn(payload: unknown): string | undefined {
  if (!named.Check(payload)) return undefined;
  return payload.repository.full_name;
}

function isForm(contentType: string): boolean {
  return contentType.toLowerCase().startsWith(FORM_TYPE);
}
