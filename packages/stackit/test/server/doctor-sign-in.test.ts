import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Vault } from "../../src/lib/vault.ts";
import { openStore } from "../../src/store/open-store.ts";
import { runCommand } from "../support/cli.ts";
import { createScene } from "../support/git-scene.ts";
import { githubPeopleDouble } from "../support/github-people-double.ts";

const PUBLIC = ["--base-url", "https://stacks.example.com", "--trusted-proxy", "127.0.0.1"];

async function setUp() {
  const scene = await createScene((s) => s.commit("main"));
  const github = await githubPeopleDouble();
  const dataDir = await mkdtemp(join(tmpdir(), "stackit-doctor-"));
  onTestFinished(async () => {
    await github[Symbol.asyncDispose]();
    await scene[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true });
  });
  const key = randomBytes(32);
  const env = {
    STACKIT_GITHUB_URL: github.url.origin,
    STACKIT_GITHUB_CLIENT_ID: github.clientId,
    STACKIT_GITHUB_CLIENT_SECRET: github.clientSecret,
    STACKIT_SESSION_KEY: key.toString("base64"),
    STACKIT_ALLOWED_GH_USERS: "ada,robin",
    STACKIT_ALLOWED_GH_ORG: "acme",
    STACKIT_OPERATORS: "root",
  };
  github.orgs.add("acme");
  const said: string[] = [];
  const doctor = async (more: Record<string, string> = {}, flags: readonly string[] = PUBLIC) => {
    const args = ["doctor", "--auth", "--port", "0", "--data-dir", dataDir, ...flags];
    const run = await runCommand(args, { cwd: scene.path, env: { ...env, ...more } });
    said.push(run.stdout + run.stderr);
    return run;
  };
  return { github, key, dataDir, doctor, said };
}

test("doctor finds nothing wrong with a sign-in that works, and signs nobody in", async () => {
  const { github, doctor, said } = await setUp();
  const { code, stdout } = await doctor();
  expect(code).toBe(0);
  for (const line of [
    "✓ public URL: people open https://stacks.example.com, and GitHub sends them back to https://stacks.example.com/auth/callback\n",
    `✓ sign-in: ${github.url.origin} knows the client id and its secret\n`,
    "✓ organisation: there is acme\n",
    "✓ clock: as GitHub's, to the minute\n",
    "✓ allow-list: ada, robin, root, and everybody in acme may sign in; operators: root\n",
    "✓ session key: 32 bytes, which open what 0 people gave\n",
  ]) {
    expect(stdout).toContain(line);
  }
  expect(github.tokens.size).toBe(0);
  const local = await doctor({}, []);
  expect(local.stdout).toMatch(/✓ public URL: .* back to http:\/\/127\.0\.0\.1:0\/auth\/callback\n/);
  expect(local.code).toBe(0);
  for (const text of said) expect(text).not.toContain(github.clientSecret);
});

test("doctor names what GitHub does not take of the App, and what to change", async () => {
  const { github, doctor, said } = await setUp();
  const secret = await doctor({ STACKIT_GITHUB_CLIENT_SECRET: "another secret" });
  expect(secret.stdout).toMatch(
    /✗ sign-in: .* does not accept the client secret\n +→ Compare STACKIT_GITHUB_CLIENT_ID with/,
  );
  expect(secret.code).toBe(1);
  github.callbackUrl = "https://stacks.example.com/callback";
  expect((await doctor()).stdout).toMatch(
    /✗ sign-in: .* sends nobody back to https:\/\/stacks\.example\.com\/auth\/callback\n +→ Set the Callback URL/,
  );
  github.callbackUrl = undefined;
  github.front = ({ url }, response) => {
    if (url !== "/login/oauth/access_token") return false;
    response.writeHead(404).end();
    return true;
  };
  expect((await doctor()).stdout).toMatch(
    /✗ sign-in: GitHub does not know the client id, .*\n +→ Compare STACKIT_GITHUB_CLIENT_ID/,
  );
  const away = await doctor({ STACKIT_GITHUB_URL: "http://127.0.0.1:1" });
  expect(away.stdout).toMatch(
    /✗ sign-in: .*could not be reached\.\n +→ Check this machine's connection to 127\.0\.0\.1:1/,
  );
  for (const text of said) expect(text).not.toMatch(/another secret|the App's own secret/);
});

test("doctor says when the organisation is not there or cannot be asked for, and when the clock is wrong", async () => {
  const { github, doctor } = await setUp();
  github.orgs.clear();
  const missing = await doctor();
  expect(missing.stdout).toMatch(
    /✗ organisation: GitHub has no organisation acme\n +→ Set STACKIT_ALLOWED_GH_ORG/,
  );
  expect(missing.code).toBe(1);
  let token: string | undefined;
  github.front = ({ url, headers }, response) => {
    response.setHeader("date", new Date(Date.now() - 3_600_000).toUTCString());
    if (url !== "/api/v3/orgs/acme") return false;
    token = headers.authorization;
    response.writeHead(401).end();
    return true;
  };
  const closed = await doctor({ STACKIT_GIT_TOKEN: "of-the-server" });
  expect(closed.stdout).toMatch(
    /! organisation: whether there is acme could not be asked .*\n +→ Open it on GitHub/,
  );
  expect(closed.stdout).toMatch(
    /! clock: this machine's is 36\d\d s ahead of GitHub's: .*\n +→ Have it set by NTP/,
  );
  expect(closed.code).toBe(0);
  expect(token).toBe("Bearer of-the-server");
});

test("doctor says how the server is reached and by whom it is run, where that is not thought through", async () => {
  const { doctor } = await setUp();
  const noProxy = await doctor({}, PUBLIC.slice(0, 2));
  expect(noProxy.stdout).toMatch(/! public URL: .*no proxy is trusted: .*\n +→ Set --trusted-proxy/);
  const noUrl = await doctor({}, PUBLIC.slice(2));
  expect(noUrl.stdout).toMatch(
    /✗ configuration: Sign-in behind the proxy of --trusted-proxy needs --base-url .*\n +→ Set --base-url/,
  );
  const noOperator = await doctor({ STACKIT_OPERATORS: "" });
  expect(noOperator.stdout).toMatch(/! allow-list: .*nobody is an operator: .*\n +→ Set STACKIT_OPERATORS/);
  const plain = await doctor({}, ["--base-url", "http://stacks.example.com"]);
  expect(plain.stdout).toMatch(/✗ configuration: Sign-in on http:\/\/stacks\.example\.com needs .*https/);
  const short = await doctor({ STACKIT_SESSION_KEY: "c2hvcnQ=" });
  expect(short.stdout).toMatch(/✗ configuration: STACKIT_SESSION_KEY: key 1 of 1 .*32 bytes.*\n +→ Set/);
  const nobody = await doctor({
    STACKIT_ALLOWED_GH_USERS: "",
    STACKIT_ALLOWED_GH_ORG: "",
    STACKIT_OPERATORS: "",
  });
  expect(nobody.stdout).toMatch(/✗ configuration: Nobody could sign in: .*\n +→ Set STACKIT_ALLOWED/);
});

test("doctor says what is left of a change of the key", async () => {
  const { key, dataDir, doctor } = await setUp();
  const young = randomBytes(32);
  const id = "github.com:7";
  {
    await using store = await openStore(dataDir);
    await store.people.save({ id, login: "ada", tokens: new Vault([key]).seal("{}", id) });
    await store.people.save({ id: "github.com:8", login: "robin" });
  }
  const withKeys = async (...keys: Buffer[]) =>
    (await doctor({ STACKIT_SESSION_KEY: keys.map((one) => one.toString("base64")).join(",") })).stdout;
  expect(await withKeys(key)).toContain("✓ session key: 32 bytes, which open what 1 person gave\n");
  expect(await withKeys(young, key)).toMatch(
    /! session key: what 1 person gave is still sealed with an older key\n +→ Leave the older key/,
  );
  expect(await withKeys(young)).toMatch(
    /! session key: no key opens what 1 person gave; .*\n +→ Put the key from before behind/,
  );
  expect(await withKeys(key, young)).toMatch(
    /! session key: nothing is sealed with an older key any more\n +→ Leave only the first key/,
  );
});
