import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import type { ExpectedRef } from "../../contract/sync-run.ts";
import type { HeardOf } from "../../stacks/pull-request.ts";
import type { NamedOwner } from "../forge-names.ts";
import type { NamedRepo } from "../recognize.ts";

/** What a delivery says of repositories of its forge. */
export type Reading =
  | {
      readonly kind: "news";
      readonly repos: readonly NamedRepo[];
      /** All repositories of this owner are concerned too. */
      readonly owner?: NamedOwner;
      /** Whether it can be of consequence for stacks, so that somebody must look. */
      readonly needsRun: boolean;
      readonly expect: readonly ExpectedRef[];
      /** The login of who pushed. */
      readonly pushedBy?: string;
      readonly isDeletion: boolean;
    }
  /** Something happened to pull requests, or to what is shown of them. */
  | { readonly kind: "facts"; readonly repos: readonly NamedRepo[]; readonly heardOf: HeardOf }
  /** Of no consequence, but it names a repository, or nothing. */
  | { readonly kind: "ignored"; readonly repos: readonly NamedRepo[] }
  /** It says that it is news, and does not say of what. */
  | { readonly kind: "malformed" };

const ForgeRepoId = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const FullName = Type.String({ pattern: "^[^/]+/[^/]+$", maxLength: 512 });
const Repository = Type.Object({
  id: Type.Optional(ForgeRepoId),
  full_name: FullName,
  html_url: Type.Optional(Type.String()),
  clone_url: Type.Optional(Type.String()),
  updated_at: Type.Optional(Type.Unknown()),
});
const PushPayload = Type.Object({
  ref: Type.String({ pattern: "^refs/.", maxLength: 1024 }),
  after: Type.Optional(Type.String()),
  deleted: Type.Optional(Type.Boolean()),
  sender: Type.Optional(Type.Unknown()),
  repository: Repository,
});
/** Also that of an App, or of a person whom an enterprise manages. */
const Person = Type.Object({ login: Type.String({ pattern: "^[\\w-]+(\\[bot\\])?$", maxLength: 100 }) });
const Listed = Type.Optional(
  Type.Array(Type.Object({ id: Type.Optional(ForgeRepoId), full_name: FullName })),
);
const InstallationPayload = Type.Object({
  installation: Type.Object({
    account: Type.Object({ login: Type.String(), html_url: Type.Optional(Type.String()) }),
  }),
  repositories: Listed,
  repositories_added: Listed,
  repositories_removed: Listed,
});

const Numbered = Type.Object({ number: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) });
const OfCommit = {
  head_sha: Type.String(),
  /** Empty for that of a fork. */
  pull_requests: Type.Optional(Type.Array(Numbered)),
};
const BranchName = Type.Optional(Type.Union([Type.String(), Type.Null()]));
const Changed = Type.Object({ ...Numbered.properties, updated_at: Type.Optional(Type.Unknown()) });
/** By event. */
const FactPayloads = {
  pull_request: Compile(Type.Object({ repository: Repository, pull_request: Changed })),
  pull_request_review: Compile(Type.Object({ repository: Repository, pull_request: Changed })),
  check_suite: Compile(
    Type.Object({
      repository: Repository,
      check_suite: Type.Object({ ...OfCommit, head_branch: BranchName }),
    }),
  ),
  check_run: Compile(
    Type.Object({
      repository: Repository,
      check_run: Type.Object({ ...OfCommit, check_suite: Type.Object({ head_branch: BranchName }) }),
    }),
  ),
  status: Compile(
    Type.Object({
      repository: Repository,
      sha: Type.String(),
      branches: Type.Array(Type.Object({ name: Type.String() })),
    }),
  ),
};

/** Compiled, since pushes come in bursts and senders wait. */
const push = Compile(PushPayload);
const repositoryNews = Compile(Type.Object({ action: Type.String(), repository: Repository }));
const installationNews = Compile(InstallationPayload);
const person = Compile(Person);
const naming = Compile(Type.Object({ repository: Repository }));

const NEWS = { kind: "news", needsRun: true, expect: [], isDeletion: false } as const;

/** What GitHub says with the payload of an event. Takes anything that JSON can hold. */
export function readDelivery(event: string, payload: unknown): Reading {
  if (event === "push") return push.Check(payload) ? readPush(payload) : { kind: "malformed" };
  if (event === "repository") {
    if (!repositoryNews.Check(payload)) return { kind: "malformed" };
    const isDeletion = payload.action === "deleted";
    return { ...NEWS, repos: [named(payload.repository)], needsRun: !isDeletion, isDeletion };
  }
  if (event === "installation" || event === "installation_repositories") {
    return installationNews.Check(payload) ? readInstallation(payload) : { kind: "malformed" };
  }
  if (Object.hasOwn(FactPayloads, event)) return readFacts(event, payload) ?? { kind: "malformed" };
  const repos = naming.Check(payload) ? [named(payload.repository)] : [];
  return { kind: "ignored", repos };
}

function readFacts(event: string, payload: unknown): Reading | undefined {
  const { pull_request, pull_request_review, check_suite, check_run, status } = FactPayloads;
  if (event === "check_suite" && check_suite.Check(payload)) {
    const { head_branch, ...commit } = payload.check_suite;
    return facts(payload, ofCommit(commit, head_branch));
  }
  if (event === "check_run" && check_run.Check(payload)) {
    return facts(payload, ofCommit(payload.check_run, payload.check_run.check_suite.head_branch));
  }
  if (event === "status" && status.Check(payload)) {
    const branches = payload.branches.map(({ name }) => name);
    return facts(payload, { numbers: [], branches, oids: [payload.sha] });
  }
  const isOfPullRequest = event === "pull_request" || event === "pull_request_review";
  if (isOfPullRequest && (pull_request.Check(payload) || pull_request_review.Check(payload))) {
    const { number, updated_at } = payload.pull_request;
    const updatedAtMs = epochMs(updated_at);
    const at = updatedAtMs === undefined ? {} : { updatedAtMs };
    return facts(payload, { numbers: [number], ...at, branches: [], oids: [] });
  }
  return undefined;
}

function facts({ repository }: { repository: Static<typeof Repository> }, heardOf: HeardOf): Reading {
  return { kind: "facts", repos: [named(repository)], heardOf };
}

function ofCommit(
  { head_sha, pull_requests = [] }: { head_sha: string; pull_requests?: { number: number }[] },
  branch: string | null | undefined,
): HeardOf {
  return {
    numbers: pull_requests.map(({ number }) => number),
    branches: branch ? [branch] : [],
    oids: [head_sha],
  };
}

function readPush({ ref, after, deleted, sender, repository }: Static<typeof PushPayload>): Reading {
  const sha = deleted || isZero(after) ? null : isObjectId(after) ? after : undefined;
  return {
    ...NEWS,
    repos: [named(repository)],
    needsRun: concernsStacks(ref),
    expect: sha === undefined ? [] : [{ ref, sha }],
    ...(person.Check(sender) && { pushedBy: sender.login }),
  };
}

/** What an app may see has changed. Where the repositories are not listed, it is all of the account's. */
function readInstallation(payload: Static<typeof InstallationPayload>): Reading {
  const { installation, repositories, repositories_added = [], repositories_removed = [] } = payload;
  const { login, html_url } = installation.account;
  const origins = originsOf(html_url);
  const listed = [...(repositories ?? []), ...repositories_added, ...repositories_removed];
  const repos = listed.map(({ id, full_name }) => ({
    fullName: full_name,
    ...(id !== undefined && { forgeRepoId: id }),
    origins,
  }));
  return { ...NEWS, repos, ...(repos.length === 0 && { owner: { login, origins } }) };
}

function named({ id, full_name, html_url, clone_url, updated_at }: Static<typeof Repository>): NamedRepo {
  const asOfMs = epochMs(updated_at);
  return {
    fullName: full_name,
    ...(id !== undefined && { forgeRepoId: id }),
    origins: originsOf(html_url, clone_url),
    ...(asOfMs !== undefined && { asOfMs }),
  };
}

function epochMs(instant: unknown): number | undefined {
  const ms = typeof instant === "string" ? Date.parse(instant) : Number.NaN;
  return Number.isFinite(ms) ? ms : undefined;
}

function originsOf(...urls: (string | undefined)[]): string[] {
  const origins = urls.flatMap((url) => (url === undefined ? [] : (URL.parse(url)?.origin ?? [])));
  return [...new Set(origins)];
}

/** Tags make no stacks, and the other refs of a forge are not mirrored. */
function concernsStacks(ref: string): boolean {
  return ref.startsWith("refs/heads/") || ref.startsWith("refs/stackit/");
}

function isObjectId(text: string | undefined): text is string {
  return text !== undefined && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

function isZero(text: string | undefined): boolean {
  return text !== undefined && /^0{40,64}$/.test(text);
}
