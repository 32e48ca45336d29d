import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { TeamAccess } from "../../access/access.ts";
import { type Browser, SIGN_IN_WITHIN_MS } from "../../access/sign-in.ts";
import type { SessionList, SignedIn } from "../../contract/auth.ts";
import { Problem } from "../../contract/problem-error.ts";
import { SESSION_LIMITS } from "../../store/sessions.ts";
import type { App } from "../app-type.ts";
import { cameFrom } from "../came-from.ts";
import { cookieNames, cookieOptions } from "../cookies.ts";
import { noSuchRoute } from "../request-guards.ts";
import type { RouteContext } from "../route-context.ts";

const BEGIN = {
  schema: {
    hide: true,
    querystring: Type.Object({ return: Type.Optional(Type.String()), account: Type.Optional(Type.String()) }),
  },
};
const FINISH = {
  schema: {
    hide: true,
    querystring: Type.Object({ code: Type.Optional(Type.String()), state: Type.Optional(Type.String()) }),
  },
};
const hidden = { schema: { hide: true } };
const open = { config: { access: "open" } } as const;

/** Signing in and out, for browsers. There is none of it on a server without sign-in. */
export function authRoutes(app: App, { access, config }: RouteContext): void {
  const { team } = access;
  if (!team) return;
  const { baseUrl } = config;
  const names = cookieNames(baseUrl);
  const callbackUrl = ({ host }: FastifyRequest) =>
    new URL("/auth/callback", baseUrl ?? `http://${host}`).href;
  const take = (reply: FastifyReply, name: string) => reply.setCookie(name, "", cookieOptions(baseUrl, 0));

  app.get("/auth/login", { ...BEGIN, ...open }, async (request, reply) => {
    const { return: returnTo, account } = request.query;
    const { url, keepsake } = team.signIn.begin(returnTo, callbackUrl(request), {
      chooses: account === "other",
    });
    reply.setCookie(names.signIn, keepsake, cookieOptions(baseUrl, SIGN_IN_WITHIN_MS / 1000));
    return reply.header("cache-control", "no-store").redirect(url.href, 302);
  });

  app.get("/auth/callback", { ...FINISH, ...open }, async (request, reply) => {
    const before = await sessionOf(request, team, names.session);
    const finished = await team.signIn.finish(
      request.query,
      request.cookies[names.signIn],
      callbackUrl(request),
      browserOf(request),
      before,
    );
    take(reply, names.signIn).header("cache-control", "no-store");
    if (finished.kind === "refused") {
      const { why, login, returnTo } = finished;
      await access.record("sign-in-refused", undefined, {
        ...cameFrom(request),
        detail: why,
        ...(login !== undefined && { target: login }),
      });
      const query = new URLSearchParams({
        refused: why,
        ...(login !== undefined && { login }),
        return: returnTo,
      });
      return reply.redirect(`/sign-in?${query}`, 302);
    }
    const { secret, session, login, returnTo } = finished;
    const person = { kind: "person" as const, id: session.personId, name: login };
    await access.record("sign-in", person, cameFrom(request));
    reply.setCookie(names.session, secret, cookieOptions(baseUrl, SESSION_LIMITS.lifeMs / 1000));
    return reply.redirect(returnTo, 302);
  });

  app.get("/auth/me", { ...hidden, ...open }, async ({ caller }, reply) => {
    if (caller.kind !== "person") throw new Problem("access/sign-in-required", "Nobody is signed in here.");
    const answer: SignedIn = { id: caller.id, login: caller.name, isOperator: caller.isOperator };
    return reply.header("cache-control", "no-store").send(answer);
  });

  app.get("/auth/sessions", { ...hidden, ...open }, async (request, reply) => {
    const own = await needSession(request, team, names.session);
    const sessions = await team.sessions.list(own.personId);
    const answer: SessionList = {
      sessions: sessions.map(({ id, createdAtMs, usedAtMs, expiresAtMs, address, agent }) => ({
        id,
        isThis: id === own.id,
        createdAt: new Date(createdAtMs).toISOString(),
        usedAt: new Date(usedAtMs).toISOString(),
        expiresAt: new Date(expiresAtMs).toISOString(),
        address,
        agent,
      })),
    };
    return reply.header("cache-control", "no-store").send(answer);
  });

  app.delete<{ Params: { id: string } }>(
    "/auth/sessions/:id",
    { ...hidden, ...open },
    async (request, reply) => {
      const { personId, id } = await needSession(request, team, names.session);
      const ended = await team.sessions.end(personId, request.params.id);
      if (ended.length === 0) throw noSuchRoute();
      team.watch.endSessions(personId, ended);
      await signedOut(request, personId, "one session");
      if (ended.includes(id)) take(reply, names.session);
      return reply.code(204).send();
    },
  );

  /** This browser alone; `?everywhere=1` all of them, and what GitHub gave is given back. */
  app.post<{ Querystring: { everywhere?: string } }>(
    "/auth/logout",
    { ...hidden, ...open },
    async (request, reply) => {
      const session = await sessionOf(request, team, names.session);
      take(reply, names.session);
      if (session) {
        const { personId, id } = session;
        const isEverywhere = request.query.everywhere === "1";
        if (isEverywhere || (await team.sessions.list(personId)).length <= 1)
          await team.signIn.signOut(personId);
        else team.watch.endSessions(personId, await team.sessions.end(personId, id));
        await signedOut(request, personId, isEverywhere ? "everywhere" : "this browser");
      }
      return reply.code(204).send();
    },
  );

  /** By the session's person, whoever the request counts as: it may have brought a bearer, or come while GitHub does not answer. */
  async function signedOut(request: FastifyRequest, id: string, detail: string): Promise<void> {
    const name = (await team?.watch.loginOf(id)) ?? "";
    await access.record("sign-out", { kind: "person", id, name }, { ...cameFrom(request), detail });
  }
}

async function sessionOf({ cookies }: FastifyRequest, team: TeamAccess, name: string) {
  const secret = cookies[name];
  return secret === undefined ? undefined : team.sessions.find(secret);
}

async function needSession(request: FastifyRequest, team: TeamAccess, name: string) {
  const session = request.caller.kind === "person" ? await sessionOf(request, team, name) : undefined;
  if (session) return session;
  throw new Problem("access/sign-in-required", "Nobody is signed in here.");
}

function browserOf(request: FastifyRequest): Browser {
  return { address: cameFrom(request).address, agent: request.headers["user-agent"] ?? "" };
}
