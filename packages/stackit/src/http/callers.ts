import fastifyCookie from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Access, Credential } from "../access/access.ts";
import { anonymous, type Caller } from "../access/caller.ts";
import { Unverified } from "../access/people-watch.ts";
import { Problem } from "../contract/problem-error.ts";
import { clientKey } from "./address.ts";
import type { App } from "./app-type.ts";
import { cameFrom } from "./came-from.ts";
import type { RepoTable } from "./server-parts.ts";

/** Where callers are let in. */
interface Place {
  readonly access: Access;
  readonly repos: RepoTable;
}

const SEES_NOTHING = anonymous(() => undefined);
const NOBODY: Credential = { kind: "none" };
/** When the forge that could not be asked is worth another question. */
const UNVERIFIED_RETRY_SEC = "15";

/** Lets requests carry who sends them. Every route has to say whom it answers. */
export async function knowCallers(app: App): Promise<void> {
  await app.register(fastifyCookie);
  app.decorateRequest("caller");
  app.decorateRequest("repos");
  app.decorateRequest("foundRepoId");
  app.addHook("onRoute", ({ url, method, config }) => {
    // The dashboard's own files are answered to everybody, since it is they who say that one has to sign in.
    if (config?.access === undefined) throw new Error(`${method} ${url} does not say whom it answers`);
  });
}

/** Of what a request brought, what is ours: a bearer decides alone, also one that opens nothing. Asks no forge. */
export function recognize(request: FastifyRequest, access: Access, cookieName: string): Promise<Credential> {
  const bearer = /^Bearer\b *(.*)$/i.exec(request.headers.authorization ?? "")?.[1];
  return access.recognize({ sessionSecret: request.cookies[cookieName], bearer });
}

/** For what proves by itself who sent it: it is answered, and shown nothing. */
export function letNobodyIn(request: FastifyRequest): void {
  request.caller = SEES_NOTHING;
  request.repos = { list: () => [], get: () => undefined };
}

/** For limits: those who are known have their own, wherever they are. */
export function limitKey(request: FastifyRequest, credential: Credential = NOBODY): string {
  if (credential.kind === "session") return credential.session.personId;
  if (credential.kind === "token") return credential.token.id;
  return clientKey(request.ip);
}

/**
 * Lets the caller in as far as the route answers.
 * @throws {Problem} `access/sign-in-required`, `access/not-allowed`, `access/unverified`
 */
export async function letIn(
  request: FastifyRequest,
  reply: FastifyReply,
  credential: Credential,
  { access, repos }: Place,
): Promise<void> {
  const caller = await identify(access, credential, reply, isForAll(request));
  introduce(request, caller, repos);
  await access.recordUse(caller, cameFrom(request));
  admitCaller(request, reply, access);
}

/**
 * The same on a server that tells nobody apart: nothing has to be waited for.
 * @throws {Problem} `access/not-allowed`
 */
export function letEverybodyIn(
  request: FastifyRequest,
  reply: FastifyReply,
  everybody: Caller,
  { access, repos }: Place,
): void {
  introduce(request, everybody, repos);
  admitCaller(request, reply, access);
}

function introduce(request: FastifyRequest, caller: Caller, repos: RepoTable): void {
  request.caller = caller;
  request.repos = visibleTo(caller, repos);
}

function isForAll({ is404, routeOptions }: FastifyRequest): boolean {
  const { access: wanted = "open" } = routeOptions.config;
  return wanted === "open" || is404;
}

function admitCaller(request: FastifyRequest, reply: FastifyReply, access: Access): void {
  if (isForAll(request)) return;
  const { caller, routeOptions } = request;
  const { access: wanted } = routeOptions.config;
  if (caller.kind === "anonymous" && access.team) {
    reply.header("www-authenticate", 'Bearer realm="Stackit"');
    throw new Problem("access/sign-in-required", "This server answers to people who are on its list.");
  }
  if ((wanted === "measure" && !caller.mayMeasure) || (wanted === "operator" && !caller.isOperator)) {
    throw new Problem("access/not-allowed", "This is for operators of this server.");
  }
}

/** Where nobody in particular is answered too, one who cannot be asked about is nobody. */
async function identify(
  access: Access,
  credential: Credential,
  reply: FastifyReply,
  isOpen: boolean,
): Promise<Caller> {
  try {
    return await access.identify(credential);
  } catch (error) {
    if (!(error instanceof Unverified)) throw error;
    if (isOpen) return access.identify(NOBODY);
    reply.header("retry-after", UNVERIFIED_RETRY_SEC);
    throw new Problem("access/unverified", error.message, { cause: error.cause });
  }
}

function visibleTo({ roleOn }: Caller, { list, get }: RepoTable): RepoTable {
  return {
    list: () => list().filter(({ id }) => roleOn(id) !== undefined),
    get: (id) => (roleOn(id) === undefined ? undefined : get(id)),
  };
}
