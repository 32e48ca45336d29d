import { createPrivateKey } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { GithubAppTokens } from "../../src/forge/api-tokens.ts";
import { GithubApp } from "../../src/forge/github-app.ts";
import { githubDouble } from "../support/github-double.ts";
import { ManualClock } from "../support/manual-clock.ts";

const WIDGET = { owner: "octo", name: "widget" };
const never = new AbortController().signal;

async function scene(otherwise?: string) {
  const clock = new ManualClock();
  const github = await githubDouble({ wallNow: () => clock.wallNow() });
  const { appId: id, apiUrl } = github;
  const app = new GithubApp({ id, apiUrl, privateKey: createPrivateKey(github.privateKey), clock });
  onTestFinished(async () => {
    app[Symbol.dispose]();
    await github[Symbol.asyncDispose]();
  });
  github.addRepository("octo/widget");
  return { github, clock, tokens: new GithubAppTokens(app, otherwise, clock) };
}

test("one token serves all who ask, until it has little left to live or is refused", async () => {
  const { github, clock, tokens } = await scene();
  github.install("octo/widget");
  const [first, second] = await Promise.all([tokens.tokenFor(WIDGET, never), tokens.tokenFor(WIDGET, never)]);
  expect(first.token).toBe(second.token);
  expect(github.tokens).toHaveLength(1);
  await clock.advance(54 * 60_000);
  expect((await tokens.tokenFor(WIDGET, never)).token).toBe(first.token);
  await clock.advance(2 * 60_000);
  const renewed = await tokens.tokenFor(WIDGET, never);
  expect(renewed.token).not.toBe(first.token);
  expect(tokens.renew(renewed)).toBe(true);
  expect((await tokens.tokenFor(WIDGET, never)).token).not.toBe(renewed.token);
});

test("where the App is not installed the other token serves, and every ten minutes it is looked again", async () => {
  const { github, clock, tokens } = await scene("a-token-of-a-person");
  const told = await tokens.tokenFor(WIDGET, never);
  expect(told).toEqual({ token: "a-token-of-a-person", mayReadChecks: true });
  expect(tokens.renew(told)).toBe(false);
  const asked = github.requests.length;
  github.install("octo/widget");
  await clock.advance(9 * 60_000);
  expect(await tokens.tokenFor(WIDGET, never)).toEqual(told);
  expect(github.requests).toHaveLength(asked);
  await clock.advance(2 * 60_000);
  expect((await tokens.tokenFor(WIDGET, never)).token).toBe(github.tokens[0]?.token);
});

test("without the App and without a token it is said what to do", async () => {
  const { tokens } = await scene();
  await expect(tokens.tokenFor(WIDGET, never)).rejects.toThrow(/install the GitHub App .* STACKIT_GIT_TOKEN/);
});

test("checks are only asked for where the App may read them", async () => {
  const { github, tokens } = await scene();
  github.install("octo/widget");
  github.changeInstallation("octo", {
    permissions: { metadata: "read", pull_requests: "read", checks: "read" },
  });
  expect(await tokens.tokenFor(WIDGET, never)).toMatchObject({ mayReadChecks: false });
  expect(github.tokens[0]?.permissions).toEqual({ metadata: "read", pull_requests: "read", checks: "read" });
  github.changeInstallation("octo", { permissions: { metadata: "read", contents: "read" } });
  tokens.renew(await tokens.tokenFor(WIDGET, never));
  await expect(tokens.tokenFor(WIDGET, never)).rejects.toMatchObject({ failure: "auth-failed" });
});
