import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json, text } from "node:stream/consumers";
import { schema as published } from "@octokit/graphql-schema";
import { buildSchema, type GraphQLSchema, graphql } from "graphql";
import { testSecret } from "./test-secret.ts";

export type Permission = "READ" | "TRIAGE" | "WRITE" | "MAINTAIN" | "ADMIN";

export interface DoublePerson {
  readonly id: number;
  login: string;
  /** Of organisations. */
  readonly orgs: Set<string>;
  /** By `owner/name`. */
  readonly repos: Map<string, Permission>;
}

export interface GithubPeopleDouble extends AsyncDisposable {
  readonly url: URL;
  readonly apiUrl: URL;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Method and path of everything that was asked, oldest first. */
  readonly requests: readonly string[];
  /** Tokens that open something now, and whose they are. */
  readonly tokens: ReadonlyMap<string, DoublePerson>;
  readonly refreshTokens: ReadonlyMap<string, DoublePerson>;
  /** Numbers by `owner/name`. */
  readonly repos: Map<string, number>;
  /** Organisations that it has. */
  readonly orgs: Set<string>;
  /** Where its App sends people back to; undefined: to wherever it is asked to. */
  callbackUrl: string | undefined;
  /** Who sits before the browser; undefined: whoever that is says no. */
  signedIn: DoublePerson | undefined;
  /** Tokens of an App end after so long, and are renewed; undefined: they do not end. */
  lifetimeSec: number | undefined;
  /** Answers in its place while it is set. */
  front: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  person(login: string, repos?: Readonly<Record<string, Permission>>, orgs?: readonly string[]): DoublePerson;
  /** What the person gave is worth nothing any more, as when the person takes it back on GitHub's page. */
  revokeAll(person: DoublePerson): void;
}

interface Grant {
  readonly person: DoublePerson;
  readonly challenge: string;
  readonly redirectUri: string;
}

let schema: GraphQLSchema | undefined;
let lastNumber = 500_000;

/** A GitHub Enterprise Server as far as people sign in by it and are asked about in their own names. GraphQL is executed on the official schema. */
export async function githubPeopleDouble(): Promise<GithubPeopleDouble> {
  schema ??= buildSchema(published.idl, { assumeValidSDL: true });
  const types = schema;
  const requests: string[] = [];
  const grants = new Map<string, Grant>();
  const tokens = new Map<string, DoublePerson>();
  const refreshTokens = new Map<string, DoublePerson>();

  const issue = (person: DoublePerson): object => {
    const token = testSecret(`ghu_${randomBytes(18).toString("hex")}`);
    tokens.set(token, person);
    if (double.lifetimeSec === undefined) return { access_token: token, token_type: "bearer", scope: "" };
    const refreshToken = testSecret(`ghr_${randomBytes(18).toString("hex")}`);
    refreshTokens.set(refreshToken, person);
    return {
      access_token: token,
      token_type: "bearer",
      scope: "",
      expires_in: double.lifetimeSec,
      refresh_token: refreshToken,
      refresh_token_expires_in: 15_897_600,
    };
  };

  const authorize = (query: URLSearchParams, response: ServerResponse): void => {
    const redirectUri = query.get("redirect_uri") ?? "";
    const back = new URL(redirectUri);
    back.searchParams.set("state", query.get("state") ?? "");
    const isOurs =
      query.get("client_id") === double.clientId && query.get("code_challenge_method") === "S256";
    if (!isOurs) return void response.writeHead(404).end();
    if (double.signedIn) {
      const code = randomBytes(10).toString("hex");
      grants.set(code, {
        person: double.signedIn,
        challenge: query.get("code_challenge") ?? "",
        redirectUri,
      });
      back.searchParams.set("code", code);
    } else {
      back.searchParams.set("error", "access_denied");
    }
    response.writeHead(302, { location: back.href }).end();
  };

  const exchange = (asked: Record<string, unknown>): object => {
    if (asked.client_id !== double.clientId || asked.client_secret !== double.clientSecret) {
      return { error: "incorrect_client_credentials" };
    }
    if (double.callbackUrl !== undefined && asked.redirect_uri !== double.callbackUrl) {
      return { error: "redirect_uri_mismatch" };
    }
    if (asked.grant_type === "refresh_token") {
      const person = refreshTokens.get(String(asked.refresh_token));
      refreshTokens.delete(String(asked.refresh_token));
      return person ? issue(person) : { error: "bad_refresh_token" };
    }
    const grant = grants.get(String(asked.code));
    grants.delete(String(asked.code));
    const challenge = createHash("sha256").update(String(asked.code_verifier)).digest("base64url");
    const isRight = grant?.challenge === challenge && grant.redirectUri === asked.redirect_uri;
    return grant && isRight ? issue(grant.person) : { error: "bad_verification_code" };
  };

  const ask = async (person: DoublePerson, asked: { query: string; variables: Record<string, unknown> }) =>
    graphql({
      schema: types,
      source: asked.query,
      variableValues: asked.variables,
      rootValue: {
        viewer: {
          databaseId: person.id,
          login: person.login,
          organization: ({ login }: { login: string }) =>
            person.orgs.has(login) ? { viewerIsAMember: true } : null,
        },
        repository: ({ owner, name }: { owner: string; name: string }) => {
          const viewerPermission = person.repos.get(`${owner}/${name}`);
          const databaseId = double.repos.get(`${owner}/${name}`);
          return viewerPermission && databaseId !== undefined ? { databaseId, viewerPermission } : null;
        },
      },
    });

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
    requests.push(`${request.method} ${pathname}`);
    if (double.front?.(request, response)) return;
    const answer = (body: object, status = 200): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    if (pathname === "/login/oauth/authorize") return authorize(searchParams, response);
    if (pathname === "/login/oauth/access_token") return answer(exchange(Object(await json(request))));
    const [, told = ""] = /^Bearer (.+)$/.exec(request.headers.authorization ?? "") ?? [];
    if (pathname === "/api/graphql") {
      const person = tokens.get(told);
      if (!person) return answer({ message: "Bad credentials" }, 401);
      return answer(await ask(person, Object(await json(request))));
    }
    if (request.method === "DELETE" && pathname === `/api/v3/applications/${double.clientId}/token`) {
      tokens.delete(JSON.parse(await text(request)).access_token);
      return void response.writeHead(204).end();
    }
    const [, org = ""] = /^\/api\/v3\/orgs\/([\w-]+)$/.exec(pathname) ?? [];
    if (double.orgs.has(org)) return answer({ login: org });
    answer({ message: "Not Found" }, 404);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  const double: GithubPeopleDouble = {
    url: new URL(`http://127.0.0.1:${port}`),
    apiUrl: new URL(`http://127.0.0.1:${port}/api/v3`),
    clientId: "Iv1.0123456789abcdef",
    clientSecret: testSecret("the App's own secret"),
    requests,
    tokens,
    refreshTokens,
    repos: new Map(),
    orgs: new Set(),
    callbackUrl: undefined,
    signedIn: undefined,
    lifetimeSec: undefined,
    front: undefined,
    person(login, repos = {}, orgs = []) {
      for (const fullName of Object.keys(repos)) {
        if (!double.repos.has(fullName)) double.repos.set(fullName, ++lastNumber);
      }
      return { id: ++lastNumber, login, orgs: new Set(orgs), repos: new Map(Object.entries(repos)) };
    },
    revokeAll(person) {
      for (const [token, whose] of tokens) if (whose === person) tokens.delete(token);
      for (const [token, whose] of refreshTokens) if (whose === person) refreshTokens.delete(token);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return double;
}
