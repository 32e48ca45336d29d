import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type GitConfig, listConfig, ownerAndName, remotesOf } from "../git/config-list.ts";
import type { GitDirs } from "../git/find-git-dir.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import type { RecordedEdges } from "../stacks/recorded-edges.ts";
import type { ToolRecords } from "./tool-records.ts";

/** What a repository's configuration and its tools' files say that the model needs. Never a URL: it may hold a secret. */
export interface RepoSettings {
  /** The remote that branches are compared with; undefined when there is none. */
  readonly remote: string | undefined;
  readonly remotes: readonly { readonly name: string; readonly host?: string }[];
  readonly owner: string | undefined;
  readonly name: string | undefined;
  /** What the person who runs the server calls themselves. */
  readonly userName: string | undefined;
  readonly configuredTrunk: string | undefined;
  readonly initDefault: string | undefined;
  /** Local branch → branch of `remote` that it tracks, where the names differ. */
  readonly tracks: ReadonlyMap<string, string>;
  /** Changes with the edge of a shallow clone; undefined for a whole one. */
  readonly shallowStamp: string | undefined;
  readonly isPartial: boolean;
  /** What stacking tools keep in files of this clone. */
  readonly recorded: readonly RecordedEdges[];
}

/** The same list each time: equal ones are compared by being the same. */
const NO_RECORDS: readonly RecordedEdges[] = [];

/** @throws {GitError} */
export async function readSettings(
  git: ReadOnlyGit,
  dirs: GitDirs,
  tools: ToolRecords,
  signal: AbortSignal,
): Promise<RepoSettings> {
  const [config, graphiteTrunk, shallowStamp] = await Promise.all([
    listConfig(git, { signal }),
    readGraphiteTrunk(dirs.commonDir),
    stat(join(dirs.commonDir, "shallow")).then(
      ({ mtimeMs, size }) => `${mtimeMs} ${size}`,
      () => undefined,
    ),
  ]);
  const remotes = remotesOf(config);
  const remote = chooseRemote(
    config,
    remotes.map(({ name }) => name),
  );
  const url = remotes.find(({ name }) => name === remote)?.url;
  const identity = url === undefined ? undefined : ownerAndName(url);
  return {
    remote,
    remotes: remotes.map(({ name, host }) => ({ name, ...(host !== undefined && { host }) })),
    owner: identity?.owner,
    name: identity?.name,
    userName: config.get("user.name"),
    configuredTrunk: config.get("stackit.trunk") ?? config.get("git-town.main-branch") ?? graphiteTrunk,
    initDefault: config.get("init.defaultbranch"),
    tracks: remote === undefined ? new Map() : tracksOf(config, remote),
    shallowStamp,
    isPartial: [...config.keys()].some((key) =>
      /^extensions\.partialclone$|^remote\..+\.promisor$/s.test(key),
    ),
    recorded: await tools.read(config),
  };
}

/** Of a mirror: nobody works there, and what its remote calls the default branch is what the forge says of the trunk. */
export function mirrorSettings(
  { remotes, owner, name }: Pick<RepoSettings, "remotes" | "owner" | "name">,
  defaultBranch: string | undefined,
): RepoSettings {
  return {
    remote: undefined,
    remotes,
    owner,
    name,
    userName: undefined,
    configuredTrunk: undefined,
    initDefault: defaultBranch,
    tracks: new Map(),
    shallowStamp: undefined,
    isPartial: false,
    recorded: NO_RECORDS,
  };
}

function chooseRemote(config: GitConfig, names: readonly string[]): string | undefined {
  return [config.get("remote.pushdefault"), "origin", names[0]].find(
    (name) => name !== undefined && names.includes(name),
  );
}

function tracksOf(config: GitConfig, remote: string): Map<string, string> {
  const tracks = new Map<string, string>();
  for (const [key, value] of config) {
    const branch = /^branch\.(.+)\.merge$/s.exec(key)?.[1];
    const target = value.startsWith("refs/heads/") ? value.slice("refs/heads/".length) : undefined;
    if (branch === undefined || target === undefined || config.get(`branch.${branch}.remote`) !== remote)
      continue;
    if (target !== branch) tracks.set(branch, target);
  }
  return tracks;
}

/** Graphite and its open relatives keep the trunk in the common folder. A file of another shape says nothing. */
async function readGraphiteTrunk(commonDir: string): Promise<string | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(join(commonDir, ".graphite_repo_config"), "utf8"));
    if (typeof value !== "object" || value === null) return undefined;
    if ("trunk" in value && typeof value.trunk === "string") return value.trunk;
    const first: unknown = "trunks" in value && Array.isArray(value.trunks) ? value.trunks[0] : undefined;
    const named = typeof first === "object" && first !== null && "name" in first ? first.name : undefined;
    return typeof named === "string" ? named : undefined;
  } catch {
    return undefined;
  }
}
