import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OpenApiDocument } from "../../src/http/openapi.ts";
import { type AccessWorld, type Posture, startAccessWorld } from "../support/access-world.ts";
import { type ApiOperation, documentedOperations, otherOperations } from "../support/api-operations.ts";
import { type FuzzGround, fuzzedRequest } from "../support/fuzz-requests.ts";
import { FuzzVerdict } from "../support/fuzz-verdict.ts";
import { hurriedClock } from "../support/hurried-clock.ts";
import {
  asShellCommand,
  bytesOf,
  exchange,
  type RawAnswer,
  type RawRequest,
} from "../support/raw-request.ts";
import { widget } from "../support/started-server.ts";
import { testSecret } from "../support/test-secret.ts";
import { mirrorOf } from "../support/webhooks.ts";

/** So many requests to each operation, on each server. STACKIT_FUZZ_RUNS=2000 searches for some minutes; STACKIT_FUZZ_SEED repeats those of that seed. */
const RUNS = Number(process.env.STACKIT_FUZZ_RUNS ?? 100);
const SEED = process.env.STACKIT_FUZZ_SEED;
const LIMIT_MS = 60_000 + RUNS * 4000;

/** No request may take longer, however busy the machine is. What the server itself waits for is a thousand times shorter here. */
const WITHIN_MS = 20_000;
const PLANTED = testSecret("planted");
const WEBHOOK_SECRET = testSecret("of-webhooks");

/** Of pino. */
const ERROR_LEVEL = 50;

const POSTURES = ["local", "team", "public"] as const;

interface Target {
  readonly world: AccessWorld;
  readonly ground: FuzzGround;
  readonly documented: readonly ApiOperation[];
  readonly others: readonly ApiOperation[];
  readonly verdict: FuzzVerdict;
  /** What may appear in no line of the log and in no answer. */
  readonly secrets: readonly string[];
}

let targets: Record<Posture, Target>;
const reached = new Set<string>();

beforeAll(async () => {
  targets = { local: await open("local"), team: await open("team"), public: await open("public") };
});

afterAll(async () => {
  for (const { world } of Object.values(targets)) await world[Symbol.asyncDispose]();
});

async function open(posture: Posture): Promise<Target> {
  const repos = [
    [widget("widget", "acme/widget"), "everyone"],
    [mirrorOf("acme/mirror", "mirror"), posture === "public" ? "everyone" : "forge"],
    [widget("hidden", "acme/hidden"), "operators"],
  ] as const;
  const world = await startAccessWorld({
    posture,
    repos,
    clock: hurriedClock(1000),
    config: { webhookSecrets: [WEBHOOK_SECRET] },
  });
  const answer = await fetch(`${world.origin}/api/v1/openapi.json`);
  const document: OpenApiDocument = Object(await answer.json());
  const { schemas } = document.components;
  const documented = documentedOperations(document);
  const credentials = await credentialsIn(world);
  const { id: run } = await world.syncs.request("widget", { trigger: "manual" }).finished;
  return {
    world,
    documented,
    others: otherOperations(world.routes, documented),
    verdict: new FuzzVerdict(schemas),
    secrets: [
      PLANTED,
      WEBHOOK_SECRET,
      ...world.github.tokens.keys(),
      ...credentials.flatMap(({ authorization = "", cookie = "" }) => [
        ...authorization.split(" ").slice(1),
        ...cookie.split("=").slice(1),
      ]),
    ],
    ground: {
      schemas,
      planted: PLANTED,
      webhookSecret: WEBHOOK_SECRET,
      credentials,
      known: {
        repo: ["widget", "widget", "mirror", "hidden", "acme/widget", "ACME/Mirror"],
        owner: ["acme"],
        name: ["widget", "mirror"],
        branch: ["api", "ui", "feat/login", "main"],
        "*": ["feat/login", "api", "repo/not-found"],
        run: [run],
        id: ["none"],
        blob: [widget().file.blob, widget().image.blob],
        delivery: ["1", "2"],
        start: ["1", "2"],
        end: ["2", "9999999"],
        full_name: ["acme/mirror", "acme/widget", "acme/other"],
        ref: ["refs/heads/api", "refs/heads/none"],
        "x-github-event": ["push", "ping", "repository", "pull_request"],
      },
    },
  };
}

async function credentialsIn(world: AccessWorld): Promise<Record<string, string>[]> {
  if (world.access.posture !== "team") return [{}];
  const reads = { "acme/mirror": "READ" } as const;
  const writes = { "acme/mirror": "WRITE", "acme/widget": "WRITE" } as const;
  return [
    {},
    (await world.signIn("root")).headers,
    (await world.signIn("reader", reads)).headers,
    (await world.signIn("member", writes)).headers,
    await world.token({ scopes: ["sync"] }),
    await world.token({ scopes: ["metrics"] }),
    await world.token({ scopes: ["read"], repos: ["widget"] }),
  ];
}

describe.each(POSTURES)("on a %s server", (posture) => {
  test("every operation of its document answers whatever comes as it is documented", {
    timeout: LIMIT_MS,
  }, async () => {
    const { documented } = targets[posture];
    for (const operation of documented) await attack(targets[posture], operation, RUNS);
  });

  test("so does what the document names no further", { timeout: LIMIT_MS }, async () => {
    const { others } = targets[posture];
    for (const operation of others) await attack(targets[posture], operation, Math.ceil(RUNS / 3));
  });
});

test("all operations of the documents were reached, and the logs hold nothing else that is wrong", () => {
  for (const target of Object.values(targets)) expect(wrongInLog(target)).toBeUndefined();
  const all = Object.values(targets).flatMap(({ documented }) => documented.map(({ id }) => id));
  expect([...new Set(all)].filter((id) => !reached.has(id))).toEqual([]);
});

async function attack(target: Target, operation: ApiOperation, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fuzzedRequest(operation, target.ground), (request) =>
      tryOne(target, operation, request),
    ),
    { numRuns, ...(SEED !== undefined && { seed: Number(SEED) }) },
  );
}

async function tryOne(target: Target, operation: ApiOperation, request: RawRequest): Promise<void> {
  const { world, verdict, secrets } = target;
  const bytes = bytesOf(request);
  const fail = (what: string): never => {
    throw new Error(`${operation.id}: the answer ${what}. The request was:\n${asShellCommand(bytes)}`);
  };
  const answer = await exchange(world.origin, bytes, WITHIN_MS).catch((error: unknown) =>
    fail(String(error)),
  );
  if (answer.status !== 404) reached.add(operation.id);
  const wrong = verdict.of(operation, answer);
  if (wrong) fail(`${wrong}: ${answer.text.slice(0, 2000)}`);
  if (answer.status >= 500 && !isMeant(answer)) fail(`is ${answer.status}: ${answer.text.slice(0, 2000)}`);
  const told = secrets.find((secret) => answer.text.includes(secret));
  if (told) fail(`tells the secret ${told}`);
  const wrote = wrongInLog(target);
  if (wrote) fail(wrote);
}

/** What a request leaves there may come while the next one is at work. */
function wrongInLog({ world, secrets }: Target): string | undefined {
  const lines = world.log.splice(0);
  const text = JSON.stringify(lines);
  const written = secrets.find((secret) => text.includes(secret));
  if (written) return `left the secret ${written} in the log: ${text}`;
  const isError = lines.some(({ level }) => Number(level) >= ERROR_LEVEL);
  return isError ? `left an error in the log: ${text}` : undefined;
}

/** What the contract says when the server, or what it was asked to wait for, is not there yet. */
function isMeant({ status, body }: RawAnswer): boolean {
  return status === 503 || (status === 504 && body.includes('"sync/expectation-unmet"'));
}
