import { createHash } from "node:crypto";
import { type ParsedMetadata, parseBranchMetadata } from "../../src/stacks/branch-metadata.ts";
import type { GraphInput } from "../../src/stacks/build-graph.ts";
import { chooseTrunk, type Trunk } from "../../src/stacks/choose-trunk.ts";
import type { EdgeSource } from "../../src/stacks/edge-source.ts";
import type { CommitFacts, History } from "../../src/stacks/history.ts";
import type { RecordedEdges } from "../../src/stacks/recorded-edges.ts";
import {
  BRANCH_METADATA,
  HEADS,
  REMOTES,
  type RefReading,
  STACKIT_LOCAL_METADATA,
  STACKIT_METADATA,
} from "../../src/stacks/ref-reading.ts";

/** A record as a tool writes it; `revision` is the name of a commit. A string stands for the whole text of the blob. */
export type RecordSpec = { parent?: string; revision?: string; [field: string]: unknown } | string;

export interface WorldSpec {
  /** Names to the names of their parents. */
  commits?: Record<string, readonly string[]>;
  heads?: Record<string, string>;
  /** Such as `origin/main`. */
  remotes?: Record<string, string>;
  stackit?: Record<string, RecordSpec>;
  branchMetadata?: Record<string, RecordSpec>;
  local?: Record<string, RecordSpec>;
  /** What tools keep elsewhere, strongest first: branches to their parents; boundaries are names of commits. */
  recorded?: readonly {
    source: EdgeSource;
    parents: Record<string, string>;
    boundaries?: Record<string, string>;
    outdated?: RecordedEdges["outdated"];
  }[];
  /** Commits to the branches whose tip they were. */
  remembered?: Record<string, readonly string[]>;
  /** Named by the operator. */
  trunk?: string;
  /** Commits that the clone does not hold. */
  beyond?: readonly string[];
}

/** An object id that follows from a name. */
export function oidOf(name: string): string {
  return createHash("sha1").update(name).digest("hex");
}

/** A repository in memory: commits by name, refs and records, as what the graph is built from. */
export function worldOf(spec: WorldSpec): GraphInput {
  const refs = new Map<string, string>();
  const put = (prefix: string, entries: Record<string, string> = {}): void => {
    for (const [name, commit] of Object.entries(entries)) refs.set(prefix + name, oidOf(commit));
  };
  put(HEADS, spec.heads);
  put(REMOTES, spec.remotes);
  const blobs = new Map<string, ParsedMetadata>();
  const record = (prefix: string, entries: Record<string, RecordSpec> = {}): void => {
    for (const [name, value] of Object.entries(entries)) {
      const text = recordText(value);
      const oid = oidOf(`blob ${text}`);
      refs.set(prefix + name, oid);
      blobs.set(oid, parseBranchMetadata(text));
    }
  };
  record(STACKIT_METADATA, spec.stackit);
  record(BRANCH_METADATA, spec.branchMetadata);
  record(STACKIT_LOCAL_METADATA, spec.local);
  const reading = readingOf(refs);
  const trunk = trunkOf(reading, blobs, spec.trunk);
  const commits = commitsOf(spec.commits ?? {});
  for (const name of spec.beyond ?? []) commits.delete(oidOf(name));
  return {
    reading,
    trunk,
    history: historyOf(commits, trunk, refs),
    blobs,
    recorded: (spec.recorded ?? []).map(({ source, parents, boundaries = {}, outdated }) => ({
      source,
      parents: new Map(Object.entries(parents)),
      boundaries: new Map(Object.entries(boundaries).map(([name, commit]) => [name, oidOf(commit)])),
      ...(outdated && { outdated }),
    })),
    remembered: new Map(
      Object.entries(spec.remembered ?? {}).map(([commit, names]) => [oidOf(commit), names]),
    ),
  };
}

export function recordText(value: RecordSpec): string {
  if (typeof value === "string") return value;
  const { parent, revision, ...rest } = value;
  return JSON.stringify({
    ...(parent !== undefined && { parentBranchName: parent }),
    ...(revision !== undefined && { parentBranchRevision: oidOf(revision) }),
    ...rest,
  });
}

export function readingOf(refs: ReadonlyMap<string, string>): RefReading {
  return { refs, head: { kind: "detached", oid: "" }, checkedOut: new Set(), symbolic: new Map() };
}

/** Chosen as the server does, with the parents that have no record of their own as hints. */
export function trunkOf(
  reading: RefReading,
  blobs: ReadonlyMap<string, ParsedMetadata>,
  configured?: string,
): Trunk | undefined {
  const namedAsRoot: string[] = [];
  for (const [ref, oid] of reading.refs) {
    const prefix = [STACKIT_METADATA, BRANCH_METADATA].find((start) => ref.startsWith(start));
    const parsed = prefix === undefined ? undefined : blobs.get(oid);
    const parent = parsed?.ok ? parsed.metadata.parent : undefined;
    if (parent !== undefined && !reading.refs.has(`${prefix}${parent}`)) namedAsRoot.push(parent);
  }
  return chooseTrunk(reading, {
    remote: "origin",
    namedAsRoot,
    ...(configured !== undefined && { configured }),
  });
}

function commitsOf(spec: Record<string, readonly string[]>): Map<string, CommitFacts> {
  return new Map(Object.entries(spec).map(([name, parents]) => [oidOf(name), commitNamed(name, parents)]));
}

export function commitNamed(name: string, parents: readonly string[]): CommitFacts {
  return {
    oid: oidOf(name),
    parents: parents.map(oidOf),
    author: "Ada",
    authorEmail: "ada@example.com",
    committedAtMs: 0,
    subject: name,
  };
}

/** All commits but those of the trunk; without one only the tips, since nothing would end the walk. */
function historyOf(
  commits: ReadonlyMap<string, CommitFacts>,
  trunk: Trunk | undefined,
  refs: ReadonlyMap<string, string>,
): History {
  const tips = new Set(refs.values());
  const onTrunk = reachedFrom(commits, trunk?.tips ?? []);
  const known = new Map(
    [...commits].filter(([oid]) => (onTrunk.size > 0 ? !onTrunk.has(oid) : tips.has(oid))),
  );
  return { commit: (oid) => known.get(oid) };
}

export function reachedFrom(
  commits: ReadonlyMap<string, CommitFacts>,
  starts: Iterable<string>,
): Set<string> {
  const seen = new Set<string>();
  const open = [...starts];
  for (let oid = open.pop(); oid !== undefined; oid = open.pop()) {
    const commit = commits.get(oid);
    if (!commit || seen.has(oid)) continue;
    seen.add(oid);
    open.push(...commit.parents);
  }
  return seen;
}
