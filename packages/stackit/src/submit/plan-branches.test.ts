import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type KnownPullRequest,
  lacksGround,
  type Obstacle,
  planBranches,
  type StackState,
  type SubmittedState,
} from "./plan-branches.ts";

const blocked: Obstacle = { code: "conflict", detail: "It conflicts." };

function pullRequest(given: Partial<KnownPullRequest> = {}): KnownPullRequest {
  return {
    number: 1,
    url: "https://github.com/octo/widget/pull/1",
    state: "open",
    base: "main",
    headOid: "a1",
    title: "As it is",
    body: "told",
    isDraft: true,
    mayTellOfStack: true,
    ...given,
  };
}

function state(given: Partial<SubmittedState> & { name: string }): SubmittedState {
  return {
    tip: `${given.name}1`,
    parent: "main",
    becomes: `${given.name}1`,
    restack: false,
    commitCount: 1,
    remoteTip: `${given.name}1`,
    obstacle: undefined,
    pr: undefined,
    text: { title: `Do ${given.name}`, body: "" },
    ...given,
  };
}

function stack(branches: SubmittedState[], given: Partial<StackState> = {}): StackState {
  return {
    trunk: "main",
    hasTrunkOnRemote: true,
    branches,
    bodyWithStack: () => "told",
    draft: false,
    ready: false,
    ...given,
  };
}

const actions = (given: StackState) =>
  planBranches(given).map(({ name, action, push, changes, reason }) =>
    [name, action, push ? "push" : "", changes.join("+"), reason?.code ?? ""].filter(Boolean).join(" "),
  );

test("a draft that is there is made ready where that is wished, and nothing else of it is done", () => {
  const pr = {
    number: 1,
    url: "",
    state: "open",
    base: "main",
    headOid: "api1",
    title: "",
    body: "told",
    isDraft: true,
    mayTellOfStack: true,
  } as const;
  const api = state({ name: "api", pr });
  expect(actions(stack([api]))).toEqual(["api nothing"]);
  const ready = stack([api], { ready: true });
  expect(actions(ready)).toEqual(["api update ready"]);
  expect(planBranches(ready)).toMatchObject([{ draft: false, push: false }]);
  expect(actions(stack([state({ name: "api", pr: { ...pr, isDraft: false } })], { ready: true }))).toEqual([
    "api nothing",
  ]);
});

test("what the forge has already is nothing to do; what it has otherwise is updated, and what it lacks is created", () => {
  const ui = { name: "ui", parent: "api", pr: pullRequest({ number: 2, base: "main" }) };
  expect(actions(stack([state({ name: "api", pr: pullRequest() }), state(ui)]))).toEqual([
    "api nothing",
    "ui update base",
  ]);
  expect(actions(stack([state({ name: "api", pr: pullRequest(), remoteTip: "old" })]))).toEqual([
    "api push push head",
  ]);
  expect(actions(stack([state({ name: "api", remoteTip: undefined })]))).toEqual(["api create push"]);
});

test("a new pull request is told of in those that are there, but in none that is another person's", () => {
  const mine = state({ name: "api", pr: pullRequest() });
  const theirs = state({
    name: "docs",
    parent: "api",
    pr: pullRequest({ base: "api", mayTellOfStack: false }),
  });
  expect(actions(stack([mine, theirs, state({ name: "ui", parent: "api" })]))).toEqual([
    "api update stack",
    "docs nothing",
    "ui create",
  ]);
  expect(actions(stack([mine], { bodyWithStack: () => "told otherwise" }))).toEqual(["api update stack"]);
});

test("a pull request that was merged at this commit is done; one that was closed, or merged before, is followed by a new one", () => {
  const merged = pullRequest({ state: "merged", headOid: "api1" });
  expect(actions(stack([state({ name: "api", pr: merged, remoteTip: undefined })]))).toEqual(["api nothing"]);
  expect(actions(stack([state({ name: "api", pr: { ...merged, headOid: "old" } })]))).toEqual(["api create"]);
  expect(actions(stack([state({ name: "api", pr: pullRequest({ state: "closed" }) })]))).toEqual([
    "api create",
  ]);
});

test("what stands in the way of a branch holds back what would stand on it, but not what stands on it as it is there", () => {
  const api = state({ name: "api", restack: true, obstacle: blocked });
  expect(actions(stack([api, state({ name: "ui", parent: "api" })]))).toEqual([
    "api cannot conflict",
    "ui cannot below",
  ]);
  const locked = state({ name: "api", pr: undefined, obstacle: { code: "locked", detail: "Locked." } });
  expect(actions(stack([locked, state({ name: "ui", parent: "api" })]))).toEqual([
    "api cannot locked",
    "ui create",
  ]);
  const done = state({ name: "api", pr: pullRequest(), obstacle: { code: "locked", detail: "Locked." } });
  expect(actions(stack([done]))).toEqual(["api nothing"]);
});

test("nothing is opened without commits, or into a trunk that the remote does not have", () => {
  expect(actions(stack([state({ name: "api", commitCount: 0 })]))).toEqual(["api cannot empty"]);
  expect(actions(stack([state({ name: "api" })], { hasTrunkOnRemote: false }))).toEqual([
    "api cannot unborn-parent",
  ]);
});

/** Any tree of branches, each in any state. */
const anyStack = fc
  .array(
    fc.record({
      below: fc.nat(),
      remoteTip: fc.constantFrom(undefined, "same", "other"),
      restack: fc.boolean(),
      obstacle: fc.constantFrom(undefined, undefined, blocked),
      commitCount: fc.nat(2),
      pr: fc.constantFrom(
        undefined,
        pullRequest(),
        pullRequest({ state: "closed" }),
        pullRequest({ state: "merged", headOid: "x" }),
      ),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((all) =>
    stack(
      all.map(({ below, remoteTip, ...rest }, index) => {
        const tip = `t${index}`;
        const parent = index === 0 ? "main" : `b${below % index}`;
        return state({
          ...rest,
          name: `b${index}`,
          tip,
          parent,
          becomes: rest.restack && !rest.obstacle ? `n${index}` : tip,
          remoteTip: remoteTip === "same" ? tip : remoteTip,
        });
      }),
    ),
  );

test("whatever a stack is like: nothing is pushed that has an obstacle, and nothing is opened on a base that will not be there", () => {
  fc.assert(
    fc.property(anyStack, (given) => {
      const planned = new Map(planBranches(given).map((one) => [one.name, one]));
      for (const each of given.branches) {
        const plan = planned.get(each.name);
        const below = given.branches.find(({ name }) => name === each.parent);
        const ground = below && planned.get(below.name);
        if (plan?.action === "cannot") {
          expect(plan).toMatchObject({ push: false, changes: [], reason: expect.anything() });
          continue;
        }
        // What it says of the stack may be mended all the same.
        if (each.obstacle)
          expect([plan?.push, plan?.changes.filter((what) => what !== "stack")]).toEqual([false, []]);
        if (plan?.action === "create" && below && ground) {
          const willBeThere =
            ground.push || below.remoteTip === below.becomes || below.remoteTip === below.tip;
          expect([each.name, willBeThere || ground.action === "nothing"]).toEqual([each.name, true]);
        }
      }
      expect(lacksGround([...planned.values()], new Set(planned.keys()))).toBeUndefined();
    }),
  );
});
