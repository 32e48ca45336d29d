import fc from "fast-check";
import { expect, test } from "vitest";
import { readDelivery } from "./read-delivery.ts";

const [SHA, SHA_256, ZERO] = ["a".repeat(40), "b".repeat(64), "0".repeat(40)];
const REPOSITORY = {
  id: 186_853_002,
  full_name: "Octo/Widget",
  html_url: "https://github.com/Octo/Widget",
  clone_url: "https://github.com/Octo/Widget.git",
  updated_at: "2026-01-02T03:04:05Z",
};
const PUSH = { ref: "refs/heads/topic", before: SHA, after: SHA, deleted: false, repository: REPOSITORY };
const NAMED = {
  fullName: "Octo/Widget",
  forgeRepoId: 186_853_002,
  origins: ["https://github.com"],
  asOfMs: Date.UTC(2026, 0, 2, 3, 4, 5),
};
const ACCOUNT = { login: "Octo", html_url: "https://github.com/Octo" };

test("a push names its repository, and what its ref points to now", () => {
  expect(readDelivery("push", PUSH)).toEqual({
    kind: "news",
    repos: [NAMED],
    needsRun: true,
    expect: [{ ref: PUSH.ref, sha: SHA }],
    isDeletion: false,
  });
});

test.each([
  ["a commit of SHA-256", { after: SHA_256 }, [{ ref: PUSH.ref, sha: SHA_256 }]],
  ["the deletion", { after: ZERO, deleted: true }, [{ ref: PUSH.ref, sha: null }]],
  ["the deletion, said by zeros alone", { after: ZERO, deleted: undefined }, [{ ref: PUSH.ref, sha: null }]],
  ["nothing when it does not say", { after: undefined }, []],
  ["nothing when what it says is no commit", { after: "main" }, []],
])("a push lets us expect %s", (_, more, expected) => {
  expect(readDelivery("push", { ...PUSH, ...more })).toMatchObject({ expect: expected });
});

test.each([
  [{ login: "theo" }, "theo"],
  [{ login: "merge-queue[bot]" }, "merge-queue[bot]"],
  [{ login: "theo_acme" }, "theo_acme"],
  [{ login: "<b>theo</b>" }, undefined],
  [{ login: "t".repeat(101) }, undefined],
  [{}, undefined],
  ["theo", undefined],
  [null, undefined],
])("a push from %j is by %s, and taken in any case", (sender, pushedBy) => {
  const reading = readDelivery("push", { ...PUSH, sender });
  expect(reading).toMatchObject({ kind: "news", needsRun: true });
  expect("pushedBy" in reading ? reading.pushedBy : undefined).toBe(pushedBy);
});

test.each([
  ["refs/heads/topic", true],
  ["refs/heads/refs/tags/v1", true],
  ["refs/stackit/metadata/topic", true],
  ["refs/tags/v1", false],
  ["refs/pull/1/head", false],
  ["refs/headstrong", false],
])("a push to %s concerns stacks: %s", (ref, needsRun) => {
  expect(readDelivery("push", { ...PUSH, ref })).toMatchObject({ needsRun });
});

test("old payloads name no address and no time", () => {
  const { id, full_name } = REPOSITORY;
  for (const updated_at of [undefined, 1_557_933_641, "some day", null]) {
    const reading = readDelivery("push", { ...PUSH, repository: { id, full_name, updated_at } });
    expect(reading).toMatchObject({ repos: [{ fullName: full_name, forgeRepoId: id, origins: [] }] });
    expect(reading).not.toHaveProperty("repos.0.asOfMs");
  }
});

test.each([
  ["renamed", true],
  ["transferred", true],
  ["edited", true],
  ["privatized", true],
  ["deleted", false],
])("that a repository was %s lets us look: %s", (action, needsRun) => {
  expect(readDelivery("repository", { action, repository: REPOSITORY })).toEqual({
    kind: "news",
    repos: [NAMED],
    needsRun,
    expect: [],
    isDeletion: action === "deleted",
  });
});

test("what an app may see concerns the repositories that are listed, else all of the account", () => {
  const { asOfMs: _, ...listed } = NAMED;
  const { id, full_name } = REPOSITORY;
  const installation = { id: 7, account: ACCOUNT };
  const repositories = [{ id, full_name }];
  expect(readDelivery("installation", { action: "deleted", installation, repositories })).toMatchObject({
    kind: "news",
    needsRun: true,
    repos: [listed],
  });
  expect(
    readDelivery("installation_repositories", {
      installation,
      repositories_added: [],
      repositories_removed: repositories,
    }),
  ).toMatchObject({ repos: [listed] });
  expect(readDelivery("installation", { action: "suspend", installation })).toMatchObject({
    repos: [],
    owner: { login: "Octo", origins: ["https://github.com"] },
  });
});

test.each(["ping", "create", "delete", "pull_request_target", "", "Push", "__proto__"])(
  "the event %j asks for nothing, and names its repository all the same",
  (event) => {
    expect(readDelivery(event, PUSH)).toEqual({ kind: "ignored", repos: [NAMED] });
    expect(readDelivery(event, { zen: "Design for failure." })).toEqual({ kind: "ignored", repos: [] });
  },
);

test.each([
  undefined,
  null,
  [],
  "push",
  [PUSH],
  { ...PUSH, ref: undefined },
  { ...PUSH, ref: "topic" },
  { ...PUSH, ref: ["refs/heads/topic"] },
  { ...PUSH, ref: `refs/heads/${"x".repeat(2000)}` },
  { ...PUSH, after: 7 },
  { ...PUSH, deleted: "no" },
  { ...PUSH, repository: null },
  { ...PUSH, repository: "Octo/Widget" },
  { ...PUSH, repository: { id: "1", full_name: "Octo/Widget" } },
  { ...PUSH, repository: { id: 2 ** 60, full_name: "Octo/Widget" } },
  { ...PUSH, repository: { id: 1, full_name: "Widget" } },
  { ...PUSH, repository: { id: 1, full_name: ["Octo", "Widget"] } },
])("%j is no push", (payload) => {
  expect(readDelivery("push", payload)).toEqual({ kind: "malformed" });
});

test.each([
  ["repository", { action: "renamed" }],
  ["repository", { repository: REPOSITORY }],
  ["installation", { action: "deleted" }],
  ["installation", { installation: { account: ACCOUNT }, repositories: [{ id: 1 }] }],
  ["installation_repositories", { installation: { account: null } }],
])("%s with %j does not say whom it concerns", (event, payload) => {
  expect(readDelivery(event, payload)).toEqual({ kind: "malformed" });
});

test("whatever JSON can hold is taken without an exception (B58)", () => {
  const parts = fc.record(
    {
      ref: fc.jsonValue(),
      after: fc.jsonValue(),
      action: fc.jsonValue(),
      repository: fc.oneof(fc.jsonValue(), fc.constant(REPOSITORY), fc.record({ full_name: fc.string() })),
      repositories: fc.jsonValue(),
      installation: fc.oneof(fc.jsonValue(), fc.record({ account: fc.jsonValue() })),
    },
    { requiredKeys: [] },
  );
  const event = fc.constantFrom("push", "repository", "installation", "installation_repositories", "other");
  fc.assert(
    fc.property(event, fc.oneof(fc.jsonValue(), parts), (name, payload) => {
      expect(["news", "ignored", "malformed"]).toContain(readDelivery(name, payload).kind);
    }),
  );
});

test.each([
  ["pull_request", { number: 7, pull_request: { number: 7 } }, { numbers: [7], branches: [], oids: [] }],
  ["pull_request_review", { pull_request: { number: 7 } }, { numbers: [7], branches: [], oids: [] }],
  [
    "pull_request_review",
    { pull_request: { number: 7, updated_at: "1970-01-01T00:01:00Z" } },
    { numbers: [7], updatedAtMs: 60_000, branches: [], oids: [] },
  ],
  [
    "check_suite",
    { check_suite: { head_sha: "abc", head_branch: null, pull_requests: [] } },
    { numbers: [], branches: [], oids: ["abc"] },
  ],
  [
    "check_run",
    { check_run: { head_sha: "abc", check_suite: { head_branch: "api" }, pull_requests: [{ number: 7 }] } },
    { numbers: [7], branches: ["api"], oids: ["abc"] },
  ],
  [
    "status",
    { sha: "abc", branches: [{ name: "api" }, { name: "main" }] },
    { numbers: [], branches: ["api", "main"], oids: ["abc"] },
  ],
])("the event %j says of which pull requests it is", (event, payload, heardOf) => {
  const { repository } = PUSH;
  expect(readDelivery(event, { ...payload, repository })).toEqual({ kind: "facts", repos: [NAMED], heardOf });
  expect(readDelivery(event, payload)).toEqual({ kind: "malformed" });
  expect(readDelivery(event, { repository })).toEqual({ kind: "malformed" });
});
