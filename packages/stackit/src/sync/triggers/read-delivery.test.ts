import fc from "fast-check";
import { expect, test } from "vitest";
import { concernsStacks, expectationOf, type Push, readDelivery } from "./read-delivery.ts";

const [SHA, SHA_256, ZERO] = ["a".repeat(40), "b".repeat(64), "0".repeat(40)];
const PAYLOAD = {
  ref: "refs/heads/topic",
  before: SHA,
  after: SHA,
  deleted: false,
  repository: { id: 186_853_002, full_name: "Octo/Widget" },
};

function pushOf(payload: unknown): Push {
  const reading = readDelivery("push", payload);
  if (reading.kind !== "push") throw new Error(`it is ${reading.kind}`);
  return reading.push;
}

test("a push names its repository, by name and number, and what its ref points to now", () => {
  expect(readDelivery("push", PAYLOAD)).toEqual({
    kind: "push",
    push: { fullName: "Octo/Widget", forgeRepoId: 186_853_002, ref: "refs/heads/topic", after: SHA },
  });
});

test.each([
  ["a commit", { after: SHA }, [{ ref: PAYLOAD.ref, sha: SHA }]],
  ["a commit of SHA-256", { after: SHA_256 }, [{ ref: PAYLOAD.ref, sha: SHA_256 }]],
  ["the deletion", { after: ZERO, deleted: true }, [{ ref: PAYLOAD.ref, sha: null }]],
  [
    "the deletion, said by zeros alone",
    { after: ZERO, deleted: undefined },
    [{ ref: PAYLOAD.ref, sha: null }],
  ],
  ["nothing when it does not say", { after: undefined }, []],
  ["nothing when what it says is no commit", { after: "main" }, []],
])("a push lets us expect %s", (_, more, expected) => {
  expect(expectationOf(pushOf({ ...PAYLOAD, ...more }))).toEqual(expected);
});

test.each([
  ["refs/heads/topic", true],
  ["refs/heads/refs/tags/v1", true],
  ["refs/stackit/metadata/topic", true],
  ["refs/tags/v1", false],
  ["refs/pull/1/head", false],
  ["refs/headstrong", false],
])("a push to %s concerns stacks: %s", (ref, concerns) => {
  expect(concernsStacks(pushOf({ ...PAYLOAD, ref }))).toBe(concerns);
});

test.each(["ping", "create", "delete", "pull_request", "", "Push", "__proto__"])(
  "the event %j asks for nothing",
  (event) => expect(readDelivery(event, PAYLOAD)).toEqual({ kind: "ignored" }),
);

test.each([
  undefined,
  null,
  [],
  "push",
  [PAYLOAD],
  { ...PAYLOAD, ref: undefined },
  { ...PAYLOAD, ref: "topic" },
  { ...PAYLOAD, ref: ["refs/heads/topic"] },
  { ...PAYLOAD, ref: `refs/heads/${"x".repeat(2000)}` },
  { ...PAYLOAD, after: 7 },
  { ...PAYLOAD, deleted: "no" },
  { ...PAYLOAD, repository: null },
  { ...PAYLOAD, repository: "Octo/Widget" },
  { ...PAYLOAD, repository: { id: "1", full_name: "Octo/Widget" } },
  { ...PAYLOAD, repository: { id: 1, full_name: "Widget" } },
  { ...PAYLOAD, repository: { id: 1, full_name: ["Octo", "Widget"] } },
])("%j is no push", (payload) => {
  expect(readDelivery("push", payload)).toEqual({ kind: "malformed" });
});

test("whatever JSON can hold is taken without an exception", () => {
  const parts = fc.record(
    { ref: fc.jsonValue(), after: fc.jsonValue(), deleted: fc.jsonValue(), repository: fc.jsonValue() },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), parts), (payload) => {
      expect(["push", "malformed"]).toContain(readDelivery("push", payload).kind);
    }),
  );
});
