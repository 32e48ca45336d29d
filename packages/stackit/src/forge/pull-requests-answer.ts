import { asFields } from "../stacks/json-fields.ts";
import type { GraphqlAnswer, GraphqlError } from "./graphql-answer.ts";
import { type ReadPullRequest, readPullRequestNode } from "./pull-request-node.ts";

export interface FoundPullRequests {
  /** The forge's number for the repository. */
  readonly repositoryId: number;
  readonly found: readonly ReadPullRequest[];
  /** Numbers that were asked for, and there is no such pull request. */
  readonly absent: readonly number[];
  /** Whether all that was asked for was answered. */
  readonly isWhole: boolean;
  /** The next page begins after this. */
  readonly next?: string;
}

/** What an answer tells of a repository's pull requests; undefined when it says nothing of the repository. */
export function readPullRequestsAnswer(
  { data, errors }: GraphqlAnswer,
  observedAtMs: number,
): FoundPullRequests | undefined {
  const { databaseId: repositoryId, ...fields } = asFields(data?.repository) ?? {};
  if (typeof repositoryId !== "number") return undefined;
  const reader = new AnswerReader(repositoryId, errors, observedAtMs);
  for (const [name, value] of Object.entries(fields)) {
    const path = ["repository", name];
    if (name === "pullRequests") reader.takePage(value, path);
    else if (/^n\d+$/.test(name)) reader.takeNumbered(Number(name.slice(1)), value, path);
    else reader.takeBranch(value, path);
  }
  const { found, absent, isWhole, next } = reader;
  return { repositoryId, found, absent, isWhole, ...(next !== undefined && { next }) };
}

/** What a pull request can be read without. */
const OPTIONAL: ReadonlySet<string> = new Set(["statusCheckRollup", "stack", "stackEntry"]);

class AnswerReader {
  readonly found: ReadPullRequest[] = [];
  readonly absent: number[] = [];
  isWhole: boolean;
  next: string | undefined;
  readonly #repositoryId: number;
  readonly #errors: readonly GraphqlError[];
  readonly #observedAtMs: number;

  constructor(repositoryId: number, errors: readonly GraphqlError[], observedAtMs: number) {
    this.#repositoryId = repositoryId;
    this.#errors = errors;
    this.#observedAtMs = observedAtMs;
    this.isWhole = errors.every(({ path }) => path.length > 1);
  }

  takePage(value: unknown, path: readonly string[]): void {
    const { nodes, pageInfo } = asFields(value) ?? {};
    this.#takeNodes(nodes, path);
    const { hasNextPage, endCursor } = asFields(pageInfo) ?? {};
    if (hasNextPage === true && typeof endCursor === "string") this.next = endCursor;
    else if (hasNextPage !== false) this.isWhole = false;
  }

  takeNumbered(number: number, value: unknown, path: readonly string[]): void {
    const isAbsent = this.#at(path).some(
      ({ type, path: { length } }) => type === "NOT_FOUND" && length === path.length,
    );
    if (isAbsent) this.absent.push(number);
    else this.#take(value, path);
  }

  takeBranch(value: unknown, path: readonly string[]): void {
    // A branch that is gone has none.
    if (value === null && this.#at(path).length === 0) return;
    const { associatedPullRequests } = asFields(value) ?? {};
    this.#takeNodes(asFields(associatedPullRequests)?.nodes, [...path, "associatedPullRequests"]);
  }

  #takeNodes(nodes: unknown, path: readonly string[]): void {
    if (!Array.isArray(nodes)) this.isWhole = false;
    else {
      for (const [index, node] of nodes.entries())
        if (!this.#isElsewhere(node)) this.#take(node, [...path, "nodes", String(index)]);
    }
  }

  /** A branch may be up for review in another repository too, such as the one that this one is a fork of. */
  #isElsewhere(node: unknown): boolean {
    const { databaseId } = asFields(asFields(node)?.baseRepository) ?? {};
    return databaseId !== undefined && databaseId !== this.#repositoryId;
  }

  #take(value: unknown, path: readonly string[]): void {
    const failed = new Set(this.#at(path).map((error) => error.path[path.length] ?? ""));
    const read = failed.isSubsetOf(OPTIONAL)
      ? readPullRequestNode(value, failed, this.#observedAtMs)
      : undefined;
    if (read) this.found.push(read);
    if (!read || failed.size > 0) this.isWhole = false;
  }

  /** What went wrong there, or further in. */
  #at(path: readonly string[]): GraphqlError[] {
    return this.#errors.filter((error) => path.every((part, index) => error.path[index] === part));
  }
}
