import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { assertAnswer } from "./github-api/answers.ts";
import { type Answer, APP_ID, describeApp, describeInstallation, mistakeOf } from "./github-api/app.ts";
import {
  type Caller,
  listStacks,
  type Mishap,
  writeEndpoint,
  writePullRequests,
} from "./github-api/changes.ts";
import {
  type DoublePullRequest,
  type DoubleRepository,
  executeGraphql,
  listPullRequests,
} from "./github-api/pull-requests.ts";
import { testSecret } from "./test-secret.ts";

type Permissions = Record<string, string>;

interface Repository extends DoubleRepository {
  fullName: string;
  readonly olderNames: Set<string>;
}

interface Installation {
  readonly id: number;
  readonly owner: string;
  permissions: Permissions;
  isSuspended: boolean;
  readonly repositories: Set<Repository>;
}

export interface IssuedToken {
  readonly token: string;
  readonly expiresAtMs: number;
  readonly permissions: Permissions;
  /** By their present names, sorted. */
  readonly repositories: readonly string[];
  isRevoked: boolean;
}

export interface GithubDouble extends AsyncDisposable {
  readonly apiUrl: URL;
  readonly appId: string;
  /** PEM, as GitHub gives it out. */
  readonly privateKey: string;
  /** Method and path of everything that was asked, oldest first. */
  readonly requests: readonly string[];
  /** What GraphQL was asked, oldest first. */
  readonly queries: readonly { query: string; variables: Record<string, unknown> }[];
  /** All that were ever made, oldest first. */
  readonly tokens: readonly IssuedToken[];
  /** Of the tokens that are made from now on. */
  lifetimeMs: number;
  /** Answers in GitHub's place while it is set; returns false to let GitHub answer after all. */
  front: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** Of persons, who may read everything. */
  readonly personalTokens: Set<string>;
  /** Other persons, by their tokens, who may read everything too. */
  readonly people: Map<string, DoublePerson>;
  /** What becomes of the next requests that change something, one after the other. */
  readonly mishaps: Mishap[];
  /** What is wrong with it, for everybody who asks for pull requests. */
  trouble: Trouble | undefined;
  /** Whether it has stacks of its own; an Enterprise Server need not. */
  hasStacks: boolean;
  /** What is left of the hour's questions; of GraphQL alone. */
  quotaLeft: number;
  addRepository(fullName: string): DoubleRepository;
  repository(fullName: string): DoubleRepository;
  /** A pull request with the next number; what is not given is made up. */
  openPullRequest(fullName: string, given: Partial<DoublePullRequest>): DoublePullRequest;
  /** As people do it: its time of change moves on. */
  change(pullRequest: DoublePullRequest, change: Partial<DoublePullRequest>): void;
  rename(fullName: string, newName: string): void;
  /** Lets the App see the repository; its owner's other ones stay as they are. */
  install(fullName: string): void;
  /** And what was told for it is worth nothing any more. */
  uninstall(fullName: string): void;
  /** Changes what the App may do wherever this owner installed it. */
  changeInstallation(owner: string, change: { permissions?: Permissions; isSuspended?: boolean }): void;
  /** Whether somebody who tells this over Git's own HTTP may read the repository. */
  mayRead(authorization: string | undefined, fullName: string): boolean;
}

export interface DoublePerson {
  readonly login: string;
  permission: "READ" | "WRITE" | "ADMIN";
}

export type Trouble = "primary-limit" | "secondary-limit" | "bad-gateway" | "hangs" | "unreadable";

const HOURLY_QUOTA = 5_000;
/** Who a personal token is of. */
const MIRA: DoublePerson = { login: "mira", permission: "WRITE" };
/** Large enough not to be mistaken for the number of anything else. */
let lastNumber = 1_000_000;

/**
 * A GitHub that knows one App, answers as GitHub's description of its API says, and keeps what it was told: repositories, where the
 * App is installed, and the tokens that it made. `wallNow` is the time there, by which tokens end; the App's own word is judged by the
 * real time.
 */
export async function githubDouble({
  wallNow = Date.now,
}: {
  wallNow?: () => number;
} = {}): Promise<GithubDouble> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const repositories: Repository[] = [];
  const installations: Installation[] = [];
  const tokens: IssuedToken[] = [];
  const requests: string[] = [];
  const queries: { query: string; variables: Record<string, unknown> }[] = [];

  const find = (fullName: string): Repository | undefined => {
    const name = fullName.toLowerCase();
    return (
      repositories.find((one) => one.fullName.toLowerCase() === name) ??
      repositories.find(({ olderNames }) => olderNames.has(name))
    );
  };
  const known = (fullName: string): Repository => {
    const found = find(fullName);
    if (!found) throw new Error(`no repository ${fullName}`);
    return found;
  };
  const installationOf = (repository: Repository) =>
    installations.find((one) => one.repositories.has(repository));
  /** Who tells this; undefined when it is nobody. */
  const callerWith = (authorization: string | undefined): Caller<Repository> | undefined => {
    const [, told = ""] = /^Bearer (.+)$/.exec(authorization ?? "") ?? [];
    const person = double.people.get(told) ?? (double.personalTokens.has(told) ? MIRA : undefined);
    if (person) {
      const { login, permission } = person;
      return { login, permission, mayRead: () => true, mayWrite: () => permission !== "READ" };
    }
    const token = tokens.find((one) => one.token === told);
    if (!token || token.isRevoked || token.expiresAtMs <= wallNow()) return undefined;
    const may = (access: string) => (repository: Repository) =>
      grants(token.permissions.pull_requests, access) && token.repositories.includes(repository.fullName);
    return { login: "stackit-test[bot]", permission: null, mayRead: may("read"), mayWrite: may("write") };
  };
  const quota = () => ({
    "x-ratelimit-limit": String(HOURLY_QUOTA),
    "x-ratelimit-remaining": String(Math.max(0, double.quotaLeft)),
    "x-ratelimit-reset": String(Math.floor(wallNow() / 1000) + 1_800),
    "x-ratelimit-resource": "graphql",
  });

  const server = createServer(async (incoming, response) => {
    requests.push(`${incoming.method} ${incoming.url}`);
    response.setHeader("date", new Date(wallNow()).toUTCString());
    if (double.front?.(incoming, response)) return;
    const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://github");
    const answer = (status: number, body: object, headers = {}) =>
      response
        .writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers })
        .end(JSON.stringify(body));
    const described = (endpoint: string, status: number, body: object, headers = {}) => {
      assertAnswer(endpoint, body);
      return answer(status, body, headers);
    };
    const problem = (status: number, message: string, headers = {}) => {
      const body = { message, documentation_url: "https://docs.github.com/rest", status: String(status) };
      return described("problem", status, body, headers);
    };

    const [, listed, what] = /^\/repos\/([^/]+\/[^/]+)\/(pulls|stacks)$/.exec(pathname) ?? [];
    const change = writeEndpoint(incoming.method, pathname);
    if (pathname === "/graphql" || listed !== undefined || change) {
      if (double.trouble) return makeTrouble(double.trouble);
      const caller = callerWith(incoming.headers.authorization);
      if (!caller) return problem(401, "Bad credentials");
      const findFor = (fullName: string) => {
        const repository = find(fullName);
        return repository && caller.mayRead(repository) ? repository : undefined;
      };
      if (change) {
        const body = JSON.parse((await incoming.toArray()).join("") || "{}");
        await withMishap(async () => {
          const repository = findFor(change.fullName);
          if (!repository) return () => problem(404, "Not Found");
          const open = (given: Partial<DoublePullRequest>) =>
            double.openPullRequest(repository.fullName, given);
          const world = { ...double, repository, caller, open, change: double.change };
          const { endpoint, status, answer: said, headers } = await writePullRequests(change, body, world);
          return () => described(endpoint, status, said, headers);
        });
        return;
      }
      if (listed === undefined) {
        const asked = JSON.parse((await incoming.toArray()).join(""));
        queries.push(asked);
        double.quotaLeft--;
        const world = { hasStacks: double.hasStacks, repositories, caller, change: double.change };
        const execute = async () => {
          const said = await executeGraphql(asked, findFor, world);
          return () => answer(200, said, quota());
        };
        if (/^\s*mutation\b/.test(asked.query)) await withMishap(execute);
        else (await execute())();
        return;
      }
      const repository = findFor(listed);
      if (!repository || (what === "stacks" && !double.hasStacks)) return problem(404, "Not Found");
      if (what === "stacks") {
        const stacks = listStacks(repository, Number(searchParams.get("pull_request")));
        return described("GET /repos/{owner}/{repo}/stacks", 200, stacks);
      }
      const { etag, list } = listPullRequests(repository, searchParams);
      if (incoming.headers["if-none-match"] === etag) return response.writeHead(304, { etag }).end();
      return described("GET /repos/{owner}/{repo}/pulls", 200, list, { etag });
    }

    async function withMishap(act: () => Promise<() => unknown>): Promise<void> {
      const mishap = double.mishaps.shift() ?? "none";
      if (mishap === "secondary-limit" || mishap === "primary-limit") makeTrouble(mishap);
      else if (mishap === "bad-gateway-before") makeTrouble("bad-gateway");
      else if (mishap === "cut-off-before") incoming.socket.destroy();
      else {
        const tell = await act();
        if (typeof mishap === "object") mishap.hangAfter();
        else if (mishap === "none") tell();
        else if (mishap === "bad-gateway-after") makeTrouble("bad-gateway");
        else incoming.socket.destroy();
      }
    }

    function makeTrouble(trouble: Trouble): unknown {
      if (trouble === "hangs") return undefined;
      if (trouble === "unreadable")
        return answer(200, { data: null, errors: [{ message: "Something went wrong" }] });
      if (trouble === "bad-gateway")
        return response.writeHead(502, { "content-type": "text/html" }).end("<html>");
      if (trouble === "secondary-limit") {
        return problem(403, "You have exceeded a secondary rate limit.", { "retry-after": "30" });
      }
      double.quotaLeft = 0;
      const message = "API rate limit exceeded";
      if (pathname !== "/graphql") return problem(403, message, quota());
      return answer(200, { errors: [{ type: "RATE_LIMITED", message }] }, quota());
    }

    const mistake = mistakeOf(incoming.headers.authorization, publicKey);
    if (mistake) return problem(401, mistake);
    if (incoming.method === "GET" && pathname === "/app") return described("GET /app", 200, describeApp());

    const [, path, number] =
      /^\/(?:repos\/([^/]+\/[^/]+)|repositories\/(\d+))\/installation$/.exec(pathname) ?? [];
    if (incoming.method === "GET" && (path ?? number) !== undefined) {
      const repository = path ? find(path) : repositories.find(({ id }) => id === Number(number));
      const installation = repository && installationOf(repository);
      if (!installation) return problem(404, "Not Found");
      if (path && repository.fullName.toLowerCase() !== path.toLowerCase()) {
        const location = `${double.apiUrl.origin}/repositories/${repository.id}/installation`;
        return answer(301, { message: "Moved Permanently", url: location }, { location });
      }
      return described("GET /repos/{owner}/{repo}/installation", 200, describeInstallation(installation));
    }

    const [, id] = /^\/app\/installations\/(\d+)\/access_tokens$/.exec(pathname) ?? [];
    const installation = installations.find((one) => one.id === Number(id));
    if (incoming.method !== "POST" || !installation) return problem(404, "Not Found");
    if (installation.isSuspended) return problem(403, "This installation has been suspended");
    const asked = JSON.parse((await incoming.toArray()).join("") || "{}");
    const all = [...installation.repositories];
    const wanted: (Repository | undefined)[] = asked.repository_ids
      ? asked.repository_ids.map((one: number) => all.find((repository) => repository.id === one))
      : asked.repositories
        ? asked.repositories.map((one: string) =>
            all.find(({ fullName }) => fullName.split("/")[1]?.toLowerCase() === one.toLowerCase()),
          )
        : all;
    if (wanted.includes(undefined)) {
      return problem(
        422,
        "There is at least one repository that does not exist or is not accessible to the parent installation.",
      );
    }
    const permissions: Permissions = asked.permissions ?? installation.permissions;
    if (
      !Object.entries(permissions).every(([name, access]) => grants(installation.permissions[name], access))
    ) {
      return problem(422, "The permissions requested are not granted to this installation.");
    }
    const issued: IssuedToken = {
      token: testSecret(`ghs_${randomBytes(40).toString("base64url")}`),
      expiresAtMs: wallNow() + double.lifetimeMs,
      permissions,
      repositories: wanted.flatMap((one) => one?.fullName ?? []).sort(),
      isRevoked: false,
    };
    tokens.push(issued);
    const made: Answer<"POST /app/installations/{installation_id}/access_tokens"> = {
      token: issued.token,
      expires_at: new Date(issued.expiresAtMs).toISOString().replace(/\.\d+/, ""),
      permissions,
      repository_selection: "selected",
    };
    return described("POST /app/installations/{installation_id}/access_tokens", 201, made);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  const double: GithubDouble = {
    apiUrl: new URL(`http://127.0.0.1:${port}`),
    appId: String(APP_ID),
    privateKey: privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
    requests,
    tokens,
    lifetimeMs: 3_600_000,
    queries,
    front: undefined,
    personalTokens: new Set(),
    people: new Map(),
    mishaps: [],
    trouble: undefined,
    hasStacks: true,
    quotaLeft: HOURLY_QUOTA,
    addRepository(fullName) {
      const id = ++lastNumber;
      const repository = {
        id,
        fullName,
        olderNames: new Set<string>(),
        pullRequests: [],
        failing: new Set<string>(),
        rules: new Map(),
      };
      repositories.push(repository);
      return repository;
    },
    repository: known,
    openPullRequest(fullName, given) {
      const { id, pullRequests } = known(fullName);
      const opened = madeUp(id, pullRequests.length + 1, wallNow(), given);
      pullRequests.push(opened);
      return opened;
    },
    change(pullRequest, change) {
      const updatedMs = Math.max(wallNow(), Date.parse(pullRequest.updatedAt) + 1_000);
      Object.assign(pullRequest, { updatedAt: instant(updatedMs) }, change);
    },
    rename(fullName, newName) {
      const repository = known(fullName);
      repository.olderNames.add(repository.fullName.toLowerCase());
      repository.fullName = newName;
    },
    install(fullName) {
      const repository = known(fullName);
      const owner = repository.fullName.split("/")[0] ?? "";
      let installation = installations.find((one) => one.owner === owner);
      if (!installation) {
        const permissions = { contents: "read", metadata: "read", pull_requests: "write" };
        installation = { id: ++lastNumber, owner, permissions, isSuspended: false, repositories: new Set() };
        installations.push(installation);
      }
      installation.repositories.add(repository);
    },
    uninstall(fullName) {
      const repository = known(fullName);
      installationOf(repository)?.repositories.delete(repository);
      for (const token of tokens) token.isRevoked ||= token.repositories.includes(repository.fullName);
    },
    changeInstallation(owner, change) {
      const installation = installations.find((one) => one.owner === owner);
      if (!installation) throw new Error(`${owner} has not installed the App`);
      Object.assign(installation, change);
    },
    mayRead(authorization, fullName) {
      const [, encoded = ""] = /^Basic (.+)$/.exec(authorization ?? "") ?? [];
      const [, told] = /^x-access-token:(.+)$/.exec(Buffer.from(encoded, "base64").toString()) ?? [];
      const token = tokens.find((one) => one.token === told);
      if (!token || token.isRevoked || token.expiresAtMs <= wallNow()) return false;
      return (
        grants(token.permissions.contents, "read") &&
        token.repositories.some((one) => find(one) === known(fullName))
      );
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return double;
}

/** To the second, as GitHub has it. */
function instant(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, "");
}

function madeUp(
  repositoryId: number,
  number: number,
  nowMs: number,
  given: Partial<DoublePullRequest>,
): DoublePullRequest {
  const { head = `branch-${number}` } = given;
  return {
    number,
    title: `Do ${head}`,
    body: "",
    state: "OPEN",
    isDraft: false,
    base: "main",
    head,
    headOid: number.toString(16).padStart(40, "a"),
    headRepositoryId: repositoryId,
    author: "mira",
    labels: [],
    createdAt: instant(nowMs),
    updatedAt: instant(nowMs),
    mergedAt: null,
    mergeCommit: null,
    mergeable: "MERGEABLE",
    reviewDecision: null,
    reviews: [],
    comments: [],
    requested: [],
    stack: null,
    checks: [],
    ...given,
  };
}

function grants(granted: string | undefined, asked: string): boolean {
  return granted !== undefined && (granted === asked || granted === "write");
}
