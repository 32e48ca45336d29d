import type { FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { Problem } from "../contract/problem-error.ts";
import { isAtLeast } from "../contract/role.ts";
import { fullNameOf, isSameName } from "../repos/mirror-place.ts";
import type { ServedRepo, Snapshot } from "../repos/served-repo.ts";
import type { RepoTable } from "./server-parts.ts";

export const RepoParams = Type.Object({
  repo: Type.Optional(Type.String({ description: "The id, or `owner%2Fname` in any case." })),
  owner: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
});

/** The paths under which one route of a repository is served. The first is the documented one. */
export function repoPaths(suffix: string): { url: string; hide: boolean }[] {
  return [
    { url: `/repos/:repo${suffix}`, hide: false },
    { url: `/repos/:owner/:name${suffix}`, hide: true },
  ];
}

/** The same for a route that ends in the name of a branch, whose slashes may come encoded or raw. */
export function namePaths(suffix: string): { url: string; hide: boolean }[] {
  return [
    ...repoPaths(`${suffix}/:branch`),
    ...repoPaths(`${suffix}/*`).map(({ url }) => ({ url, hide: true })),
  ];
}

export const NameParams = Type.Object({
  ...RepoParams.properties,
  branch: Type.Optional(Type.String({ description: "The branch's name as one percent-encoded segment." })),
  "*": Type.Optional(Type.String()),
});

export function nameOf(params: Static<typeof NameParams>): string {
  return params.branch ?? params["*"] ?? "";
}

/**
 * The repository that the path names, for a caller who may do with it what the route does.
 * @throws {Problem} `repo/not-found` also for one that the caller may not see, `access/not-allowed`
 */
export function findRepo(request: FastifyRequest<{ Params: Static<typeof RepoParams> }>): ServedRepo {
  const repo = lookUp(request.repos, request.params);
  request.foundRepoId = repo.id;
  const { access = "reader" } = request.routeOptions.config;
  const role = request.caller.roleOn(repo.id);
  if (access === "open" || access === "measure" || isAtLeast(role, access)) return repo;
  throw new Problem("access/not-allowed", `This takes a ${access}, and you are a ${role}.`);
}

/**
 * The same for operators alone, on a route that says `reader`: so a repository that the caller may not see is not there either.
 * @throws {Problem} `repo/not-found`, `access/not-allowed`
 */
export function findRepoOfOperator(
  request: FastifyRequest<{ Params: Static<typeof RepoParams> }>,
): ServedRepo {
  const repo = findRepo(request);
  if (request.caller.isOperator) return repo;
  throw new Problem("access/not-allowed", "This is for operators of this server.");
}

function lookUp(repos: RepoTable, { repo, owner, name }: Static<typeof RepoParams>): ServedRepo {
  const byId = repo === undefined ? undefined : repos.get(repo);
  const found = byId ?? repoByName(repos, repo ?? `${owner}/${name}`);
  if (found) return found;
  throw new Problem("repo/not-found", "No repository has this id or this owner and name.");
}

/** By its name, or by one that it had while nobody else has it. */
export function repoByName(repos: RepoTable, wanted: string): ServedRepo | undefined {
  const list = repos.list();
  const byName = list.find((one) => isSameName(fullNameOf(one), wanted));
  return byName ?? list.find(({ formerNames }) => formerNames?.some((name) => isSameName(name, wanted)));
}

export function noSuchBranch(): Problem {
  return new Problem("branch/not-found", "This repository has no branch with this name.");
}

/** What is shown, or what was shown last before the start. @throws {Problem} `repo/not-ready` */
export async function snapshotOf(repo: ServedRepo, reply: FastifyReply): Promise<Snapshot> {
  if (!repo.snapshot && !repo.kept) await repo.recallSnapshot?.();
  return repo.snapshot ?? repo.kept ?? (await readSnapshotOf(repo, reply));
}

/** The same for who asks the repository for more than its snapshot tells. @throws {Problem} `repo/not-ready` */
export async function readSnapshotOf(repo: ServedRepo, reply: FastifyReply): Promise<Snapshot> {
  if (!repo.snapshot) await repo.wake?.();
  if (repo.snapshot) return repo.snapshot;
  reply.header("retry-after", "1");
  throw new Problem("repo/not-ready", "The first reading of this repository has not ended yet.");
}
