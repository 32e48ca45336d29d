import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { GithubApp, type GithubAppOptions } from "../../src/forge/github-app.ts";
import { GithubAppCredentials } from "../../src/forge/github-app-credentials.ts";
import { mirrorFailure } from "../../src/sync/mirror-target.ts";
import { type GithubDouble, githubDouble } from "../support/github-double.ts";
import { ManualClock } from "../support/manual-clock.ts";

const MINUTE_MS = 60_000;
const WIDGET = new URL("https://github.com/octo/widget.git");
const OTHER = new URL("https://github.com/octo/other.git");

interface World extends AsyncDisposable {
  readonly github: GithubDouble;
  readonly clock: ManualClock;
  readonly credentials: GithubAppCredentials;
  readonly app: GithubApp;
  authorization(): Promise<string | undefined>;
  renew(refused: string | undefined): Promise<string | undefined>;
}

/** The repository `octo/widget` at GitHub, where the App is installed. */
async function world(
  options: Partial<GithubAppOptions> & { otherwise?: string; install?: boolean; aheadMs?: number } = {},
): Promise<World> {
  const { otherwise, install = true, aheadMs = 0, ...appOptions } = options;
  const clock = new ManualClock();
  const github = await githubDouble({ wallNow: () => clock.wallNow() + aheadMs });
  github.addRepository("octo/widget");
  github.addRepository("octo/other");
  if (install) github.install("octo/widget");
  const { apiUrl, appId: id } = github;
  const privateKey = createPrivateKey(github.privateKey);
  const app = new GithubApp({ id, privateKey, apiUrl, clock, ...appOptions });
  const credentials = new GithubAppCredentials(app, { otherwise, clock });
  const signal = AbortSignal.timeout(30_000);
  return {
    github,
    clock,
    credentials,
    app,
    authorization: () => credentials.authorization(WIDGET, signal),
    renew: (refused) => credentials.renew(WIDGET, refused, signal),
    async [Symbol.asyncDispose]() {
      app[Symbol.dispose]();
      await github[Symbol.asyncDispose]();
    },
  };
}

const basic = (token: string | undefined) =>
  `Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;

const failureOf = (asked: Promise<unknown>) =>
  asked.then(
    (answer) => Promise.reject(new Error(`it did not fail: ${answer}`)),
    (error: unknown) => mirrorFailure(error),
  );

test("a token can read its one repository and nothing else, and is made once for all who ask", async () => {
  await using scene = await world();
  const { github } = scene;
  github.install("octo/other");
  const told = await Promise.all([scene.authorization(), scene.authorization(), scene.authorization()]);
  expect(await scene.authorization()).toBe(told[0]);
  expect(github.tokens).toHaveLength(1);
  expect(github.tokens[0]?.repositories).toEqual(["octo/widget"]);
  expect(github.tokens[0]?.permissions).toEqual({ contents: "read", metadata: "read" });
  expect(new Set(told)).toEqual(new Set([basic(github.tokens[0]?.token)]));
  expect(github.requests).toHaveLength(2);
  expect(github.mayRead(told[0], "octo/widget")).toBe(true);
  expect(github.mayRead(told[0], "octo/other")).toBe(false);
});

test("a token is replaced when it has less than ten minutes to live, and not before", async () => {
  await using scene = await world();
  const first = await scene.authorization();
  await scene.clock.advance(49 * MINUTE_MS);
  expect(await scene.authorization()).toBe(first);
  await scene.clock.advance(2 * MINUTE_MS);
  const second = await scene.authorization();
  expect(second).not.toBe(first);
  expect(second).toBe(basic(scene.github.tokens[1]?.token));
});

for (const aheadMs of [-90 * MINUTE_MS, 90 * MINUTE_MS]) {
  test(`a token is kept as long as it lives, also by a clock that is ${aheadMs / MINUTE_MS} minutes from GitHub's`, async () => {
    await using scene = await world({ aheadMs });
    await scene.authorization();
    await scene.clock.advance(49 * MINUTE_MS);
    await scene.authorization();
    expect(scene.github.tokens).toHaveLength(1);
    await scene.clock.advance(2 * MINUTE_MS);
    await scene.authorization();
    expect(scene.github.tokens).toHaveLength(2);
  });
}

test("while GitHub does not answer, a token is told for as long as it lives, and replaced soon after", async () => {
  await using scene = await world();
  const { github, clock } = scene;
  const first = await scene.authorization();
  await clock.advance(55 * MINUTE_MS);
  github.front = (_, response) => {
    response.writeHead(502).end();
    return true;
  };
  const before = github.requests.length;
  expect(await scene.authorization()).toBe(first);
  expect(await scene.authorization()).toBe(first);
  expect(github.requests.length - before).toBe(1);
  await clock.advance(4 * MINUTE_MS);
  expect(await scene.authorization()).toBe(first);
  await clock.advance(2 * MINUTE_MS);
  expect(await failureOf(scene.authorization())).toMatchObject({
    code: "sync/remote-error",
    retryable: true,
  });
  github.front = undefined;
  expect(await scene.authorization()).toBe(basic(github.tokens[1]?.token));
});

test("a token that the remote refuses is thrown away, and asked anew once for all who were refused", async () => {
  await using scene = await world();
  const { github } = scene;
  const first = await scene.authorization();
  const [second, same] = await Promise.all([scene.renew(first), scene.renew(first)]);
  expect(github.tokens).toHaveLength(2);
  expect([second, same]).toEqual([basic(github.tokens[1]?.token), second]);
  expect(await scene.renew(first)).toBe(second);
  expect(await scene.authorization()).toBe(second);
  expect(github.tokens).toHaveLength(2);
});

test("a repository that was renamed gets its token by its number", async () => {
  await using scene = await world();
  scene.github.rename("octo/widget", "octo/gadget");
  const told = await scene.authorization();
  expect(scene.github.tokens).toMatchObject([{ repositories: ["octo/gadget"] }]);
  expect(scene.github.mayRead(told, "octo/gadget")).toBe(true);
});

test("a mirror whose repository is somewhere else now gets a token for that one", async () => {
  await using scene = await world();
  const { github, credentials } = scene;
  const first = await scene.authorization();
  github.install("octo/other");
  const signal = AbortSignal.timeout(30_000);
  const [second, same] = await Promise.all([
    credentials.authorization(OTHER, signal),
    credentials.authorization(OTHER, signal),
  ]);
  expect(second).toBe(same);
  expect(github.tokens.map(({ repositories }) => repositories)).toEqual([["octo/widget"], ["octo/other"]]);
  expect(github.mayRead(first, "octo/other")).toBe(false);
  expect(github.mayRead(second, "octo/other")).toBe(true);
});

test("where the App is not installed, nothing is told, and a refusal says what to do", async () => {
  await using scene = await world({ install: false });
  expect(await scene.authorization()).toBeUndefined();
  expect(await failureOf(scene.renew(undefined))).toMatchObject({
    code: "sync/auth-failed",
    retryable: false,
    message: expect.stringMatching(/not installed on this repository\. Install it there/),
  });
});

test("where the App is not installed, the token for GitHub is told, and a refusal names both", async () => {
  await using scene = await world({ install: false, otherwise: basic("of-a-person") });
  expect(await scene.authorization()).toBe(basic("of-a-person"));
  expect(await failureOf(scene.renew(basic("of-a-person")))).toMatchObject({
    code: "sync/auth-failed",
    message: expect.stringMatching(/STACKIT_GIT_TOKEN.* not installed/),
  });
});

test("an App that is installed later is found at the next refusal, or after ten minutes without one", async () => {
  await using scene = await world({ install: false, otherwise: basic("of-a-person") });
  const { github, clock } = scene;
  await scene.authorization();
  github.install("octo/widget");
  await clock.advance(9 * MINUTE_MS);
  expect(await scene.authorization()).toBe(basic("of-a-person"));
  expect(github.requests).toHaveLength(1);
  await clock.advance(MINUTE_MS);
  const told = await scene.authorization();
  expect(told).toBe(basic(github.tokens[0]?.token));

  github.uninstall("octo/widget");
  expect(github.mayRead(told, "octo/widget")).toBe(false);
  expect(await scene.renew(told)).toBe(basic("of-a-person"));
  github.install("octo/widget");
  expect(await scene.renew(basic("of-a-person"))).toBe(basic(github.tokens[1]?.token));
});

test("an App that sees other repositories of the owner only is not installed on this one", async () => {
  await using scene = await world({ install: false });
  scene.github.install("octo/other");
  expect(await scene.authorization()).toBeUndefined();
  expect(scene.github.tokens).toEqual([]);
});

test.each<[name: string, change: Parameters<GithubDouble["changeInstallation"]>[1], says: RegExp]>([
  ["is suspended", { isSuspended: true }, /is suspended\. Its owner can unsuspend it/],
  ["may not read contents", { permissions: { metadata: "read" } }, /permission Contents: Read/],
])("an installation that %s is told as what it is, with what to do", async (_name, change, says) => {
  await using scene = await world();
  scene.github.changeInstallation("octo", change);
  expect(await failureOf(scene.authorization())).toMatchObject({
    code: "sync/auth-failed",
    retryable: false,
    message: expect.stringMatching(says),
  });
});

test("a key that is not the App's, and an App that is not there, are told apart from all else", async () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  for (const wrong of [{ privateKey }, { id: "4712" }]) {
    await using scene = await world({ ...wrong, otherwise: basic("of-a-person") });
    expect(await failureOf(scene.authorization())).toMatchObject({
      code: "sync/auth-failed",
      message: expect.stringMatching(/STACKIT_GITHUB_APP_ID and the private key do not belong together/),
    });
  }
});

const inAnHour = () => String(Math.round(Date.now() / 1000) + 3600);

test.each<[name: string, status: number, headers: () => Record<string, string>, body: object, ms: number]>([
  ["with Retry-After", 403, () => ({ "retry-after": "7" }), {}, 7_000],
  ["by 429", 429, () => ({ "retry-after": "30" }), {}, 30_000],
  ["by 429 without a time", 429, () => ({}), {}, 60_000],
  ["by 503", 503, () => ({ "retry-after": "5" }), {}, 5_000],
  [
    "as used up",
    403,
    () => ({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": inAnHour() }),
    {},
    3_600_000,
  ],
  ["as used up for ever", 403, () => ({ "x-ratelimit-remaining": "0" }), {}, 60_000],
  ["in words", 403, () => ({}), { message: "You have exceeded a secondary rate limit." }, 60_000],
])("a limit that GitHub sets %s is kept: nothing is asked until it is over", async (...row) => {
  const [, status, headers, body, ms] = row;
  await using scene = await world();
  const { github, clock } = scene;
  github.front = (_, response) => {
    response
      .writeHead(status, { "content-type": "application/json", ...headers() })
      .end(JSON.stringify(body));
    return true;
  };
  const failure = await failureOf(scene.authorization());
  expect(failure).toMatchObject({ code: "sync/rate-limited", retryable: true });
  expect(Math.abs((failure.retryAfterMs ?? 0) - ms)).toBeLessThanOrEqual(2_000);
  github.front = undefined;

  const elsewhere = new GithubAppCredentials(scene.app, { clock });
  await clock.advance(ms - 3_000);
  const again = await failureOf(elsewhere.authorization(OTHER, AbortSignal.timeout(30_000)));
  expect(again).toMatchObject({ code: "sync/rate-limited" });
  expect(again.retryAfterMs).toBeLessThanOrEqual(5_000);
  expect(github.requests).toHaveLength(1);
  await clock.advance(5_000);
  expect(await scene.authorization()).toBe(basic(github.tokens[0]?.token));
});

const oddAnswers: [name: string, answer: (response: ServerResponse) => void, code: string][] = [
  ["breaks", (response) => void response.destroy(), "sync/remote-unreachable"],
  ["does not answer", () => {}, "sync/remote-unreachable"],
  [
    "stops in the midst of its answer",
    (response) => void response.writeHead(200, { "content-type": "application/json" }).write('{"id":'),
    "sync/remote-unreachable",
  ],
  ["is out of order", (response) => void response.writeHead(500).end("trace"), "sync/remote-error"],
  [
    "is the page of a portal",
    (response) => void response.writeHead(200, { "content-type": "text/html" }).end("<h1>Welcome</h1>"),
    "sync/remote-error",
  ],
  ["forbids it", (response) => void response.writeHead(403).end("secret words"), "sync/auth-failed"],
];

for (const [name, answer, code] of oddAnswers) {
  test(`an API that ${name} is told in our own words`, async () => {
    await using scene = await world(code === "sync/remote-unreachable" ? { timeoutMs: 1_000 } : {});
    scene.github.front = (_, response) => {
      answer(response);
      return true;
    };
    const failure = await failureOf(scene.authorization());
    expect(failure.code).toBe(code);
    expect(failure.message).not.toMatch(/trace|Welcome|secret words|127\.0\.0\.1/);
    scene.github.front = undefined;
    expect(await scene.authorization()).toBe(basic(scene.github.tokens[0]?.token));
  });
}

test("an API that is not there is told as unreachable", async () => {
  await using scene = await world({ apiUrl: new URL("http://127.0.0.1:1/api/v3/") });
  expect(await failureOf(scene.authorization())).toMatchObject({
    code: "sync/remote-unreachable",
    retryable: true,
  });
});

test("an API that has a path, as that of an Enterprise Server, is asked below it", async () => {
  await using scene = await world();
  const { github } = scene;
  const privateKey = createPrivateKey(github.privateKey);
  using app = new GithubApp({ id: "Iv1.0123", privateKey, apiUrl: new URL("/api/v3/", github.apiUrl) });
  await expect(app.about()).rejects.toThrow();
  expect(github.requests).toEqual(["GET /api/v3/app"]);
});

test("what speaks for the App goes to its API alone, also when that redirects", async () => {
  await using scene = await world();
  const elsewhere: (string | undefined)[] = [];
  const other = createServer((request, response) => {
    elsewhere.push(request.headers.authorization);
    response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  scene.github.front = (request, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:${port}${request.url}` }).end();
    return true;
  };
  await scene.authorization();
  expect(elsewhere).toEqual([undefined]);
  other.close();
});

test("no failure holds the key, a token, or the App's word", async () => {
  await using scene = await world();
  const { github } = scene;
  const told = await scene.authorization();
  const spoken: string[] = [];
  for (const answer of [403, 500, undefined]) {
    github.front = (request, response) => {
      spoken.push(request.headers.authorization?.replace(/^bearer /, "") ?? "");
      if (answer === undefined) response.destroy();
      else response.writeHead(answer, { "content-type": "text/plain" }).end(request.headers.authorization);
      return true;
    };
    const error: unknown = await scene.renew(told).catch((thrown: unknown) => thrown);
    const shown = `${inspect(error, { depth: 9 })} ${inspect(mirrorFailure(error), { depth: 9 })} ${inspect(scene.app, { depth: 9 })}`;
    expect(spoken.at(-1)).toMatch(/^ey/);
    for (const secret of [spoken.at(-1) ?? "", told ?? "", github.tokens[0]?.token ?? "", "PRIVATE KEY"]) {
      expect(shown).not.toContain(secret);
    }
  }
});

test("one who gives up leaves the others waiting, and the end of the App ends all", async () => {
  await using scene = await world();
  const { github, credentials, app } = scene;
  const asked = new Promise<void>((done) => {
    github.front = () => {
      done();
      return true;
    };
  });
  const impatient = new AbortController();
  const first = credentials.authorization(WIDGET, impatient.signal);
  const second = scene.authorization();
  await asked;
  impatient.abort(new Error("enough"));
  await expect(first).rejects.toThrow("enough");
  await expect(credentials.authorization(WIDGET, impatient.signal)).rejects.toThrow("enough");
  expect(github.requests).toHaveLength(1);
  app[Symbol.dispose]();
  await expect(second).rejects.toMatchObject({ failure: "aborted" });
});
