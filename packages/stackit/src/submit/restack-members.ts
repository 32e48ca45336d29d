import { objectFormatOf } from "../git/bare-folder.ts";
import { NewObjects } from "../git/new-objects.ts";
import type { ObjectPool } from "../git/object-pool.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import type { Committer } from "../git/rewrite-commit.ts";
import type { Spawner } from "../git/spawner.ts";
import { type Restack, restackCommits } from "../repos/restack-commits.ts";
import type { RestackLayer } from "../stacks/restack-layers.ts";
import type { Obstacle } from "./plan-branches.ts";
import { type Member, rebaseCommand } from "./stack-members.ts";

/** Files in conflict that are told. */
const MAX_FILES = 50;

export interface Restacked {
  readonly to: string;
  readonly droppedCount: number;
}

/** What restacking the branches of a stack has made of them. Disposal removes what is new. */
export interface RestackedMembers extends AsyncDisposable {
  readonly objects: NewObjects;
  /** Undefined for a branch that was not restacked. */
  outcome(name: string): Restacked | Obstacle | undefined;
}

export interface RestackMembersWork {
  readonly spawner: Spawner;
  /** `git` and `objects` read the same repository. */
  readonly git: ReadOnlyGit;
  readonly objects: ObjectPool;
  readonly scratchDir: string;
  /** Of the repository, which is only read. */
  readonly commonDir: string;
  readonly committer: Committer;
  readonly signal: AbortSignal;
}

/** Those that nothing stands in the way of: what conflicts holds back what is put on it, and nothing else. @throws {GitError} */
export async function restackMembers(
  members: readonly Member[],
  work: RestackMembersWork,
): Promise<RestackedMembers> {
  const obstacles = new Map<string, Obstacle>();
  for (;;) {
    const layers = free(members, obstacles);
    const restack = await restackSome(layers, members, work);
    if (restack.kind === "restacked") {
      const { objects, branches } = restack;
      return {
        objects,
        outcome(name) {
          const made = branches.get(name);
          return made ? { to: made.to, droppedCount: made.dropped.length } : obstacles.get(name);
        },
        [Symbol.asyncDispose]: () => objects[Symbol.asyncDispose](),
      };
    }
    const member = members.find(({ name }) => name === restack.branch);
    if (!member || obstacles.has(member.name)) throw new Error("a restack failed for no branch of it");
    obstacles.set(member.name, obstacleOf(restack, member));
  }
}

/** Nothing is put on what cannot be moved. */
function free(members: readonly Member[], obstacles: ReadonlyMap<string, Obstacle>): RestackLayer[] {
  const layers = new Map<string, RestackLayer>();
  for (const { name, layer, obstacle } of members) {
    if (!layer || obstacle || obstacles.has(name)) continue;
    if ("commit" in layer.onto || layers.has(layer.onto.layer)) layers.set(name, layer);
  }
  return [...layers.values()];
}

async function restackSome(
  layers: readonly RestackLayer[],
  [first]: readonly Member[],
  { committer, signal, ...tools }: RestackMembersWork,
): Promise<Restack> {
  if (layers.length > 0) return restackCommits(layers, tools, committer, signal);
  const objectFormat = objectFormatOf(first?.tip ?? "");
  const { scratchDir: below, commonDir } = tools;
  const objects = await NewObjects.write(new Map(), { below, commonDir, objectFormat });
  return { kind: "restacked", branches: new Map(), objects };
}

function obstacleOf(restack: Exclude<Restack, { kind: "restacked" }>, { layer, parent }: Member): Obstacle {
  if (restack.kind === "unclear") {
    return {
      code: "unclear",
      detail: `It would have to be restacked, and what that makes of it is not known. ${restack.reason}`,
    };
  }
  return {
    code: "conflict",
    detail: `It conflicts with ${parent} as it is now, from ${restack.commit.slice(0, 7)} on. Restack it in a clone, and push it.`,
    files: restack.files.slice(0, MAX_FILES),
    ...(layer && { command: rebaseCommand(layer, parent) }),
  };
}
