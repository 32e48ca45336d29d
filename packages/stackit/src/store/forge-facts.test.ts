import { DatabaseSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import { expect, test } from "vitest";
import type { PullRequest } from "../stacks/pull-request.ts";
import { ForgeFacts, type ForgeLook } from "./forge-facts.ts";
import { forgeFacts } from "./migrations/0007-forge-facts.ts";
import { nodeSqlite } from "./node-sqlite.ts";
import type { Schema } from "./schema.ts";

const LOOK: ForgeLook = {
  forgeRepoId: 2 ** 40,
  etag: undefined,
  checkedAtMs: 5,
  changedAtMs: 4,
  sweptAtMs: undefined,
};

function pullRequest(number: number, given: Partial<PullRequest> = {}): PullRequest {
  return {
    number,
    title: "Über 🎉",
    body: "",
    url: `https://github.com/octo/widget/pull/${number}`,
    state: "open",
    isDraft: false,
    base: "main",
    head: `branch-${number}`,
    headOid: "a".repeat(40),
    headRepositoryId: 1,
    labels: [],
    createdAtMs: 0,
    updatedAtMs: number,
    mergeable: "unknown",
    reviews: [],
    stack: null,
    observedAtMs: 1,
    ...given,
  };
}

async function opened(): Promise<ForgeFacts> {
  const database = nodeSqlite(new DatabaseSync(":memory:"));
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database }) });
  await forgeFacts.up(db);
  return new ForgeFacts(db);
}

const numbers = async (facts: ForgeFacts, repoKey = "mirror:a") =>
  (await facts.find(repoKey))?.pullRequests.map(({ number }) => number);

test("what is learned takes the place of what was known of the same, and nothing else is lost", async () => {
  const facts = await opened();
  expect(await facts.find("mirror:a")).toBeUndefined();
  await facts.save("mirror:a", { look: LOOK, pullRequests: [pullRequest(1), pullRequest(2)] });
  await facts.save("mirror:b", { look: LOOK, pullRequests: [pullRequest(1)] });
  const swept = { ...LOOK, etag: 'W/"1"', sweptAtMs: 7, checkedAtMs: 8 };
  const merged = pullRequest(2, { state: "merged", mergedAtMs: 3, mergeCommitOid: "c".repeat(40) });
  await facts.save("mirror:a", {
    look: swept,
    pullRequests: [merged, pullRequest(3)],
    forgotten: [1],
    askedBranches: ["api", "ui"],
  });
  await facts.save("mirror:a", { look: swept, askedBranches: ["ui", "docs"], goneBranches: ["api"] });
  expect(await facts.find("mirror:a")).toEqual({
    look: swept,
    pullRequests: [merged, pullRequest(3)],
    askedBranches: expect.arrayContaining(["ui", "docs"]),
  });
  expect(await numbers(facts, "mirror:b")).toEqual([1]);
  await facts.forget("mirror:a");
  expect(await facts.find("mirror:a")).toBeUndefined();
  expect(await numbers(facts, "mirror:b")).toEqual([1]);
});
