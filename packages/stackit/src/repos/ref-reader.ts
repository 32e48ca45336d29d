import { type BigIntStats, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { GitDirs } from "../git/find-git-dir.ts";
import { listRefs, type RefListing } from "../git/for-each-ref.ts";
import { type HeadFile, parseHead, readCheckedOut, readHeadFile } from "../git/heads.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import { HEADS, type Head, READ_PREFIXES, type RefReading } from "../stacks/ref-reading.ts";
import { TOOL_FILES } from "./tool-records.ts";

/** What is on disk at one moment, before anything is made of it. */
export interface RawReading {
  readonly listing: Buffer;
  /** Whether there are refs that could not be read, and are not in the listing. */
  readonly hasBroken: boolean;
  readonly head: HeadFile;
  readonly checkedOut: ReadonlySet<string>;
  /** Changes when a file changes whose content the model depends on besides refs. */
  readonly settingsStamp: string;
}

/**
 * Files below the common folder, beside the refs, that change what is shown: remotes and trunk, the edge of a shallow clone,
 * Graphite's trunk, and what stacking tools keep for themselves.
 */
export const SETTINGS_FILES: readonly string[] = [
  "config",
  "config.worktree",
  "shallow",
  ".graphite_repo_config",
  ...TOOL_FILES,
];

/**
 * One pass over the refs, the HEADs and the settings. Costs one process, or none where the listing is `known`. `isOurs`: the files lie in
 * the data folder, and are looked at at once, since handing each look to a thread costs many times as much; a clone may lie on a slow disk.
 * @throws {GitError} or a system error
 */
export async function readRaw(
  git: ReadOnlyGit,
  dirs: GitDirs,
  signal: AbortSignal,
  { known, isOurs = false }: { known?: Buffer | undefined; isOurs?: boolean } = {},
): Promise<RawReading> {
  const stampOf = isOurs ? stampAtOnce : stampLater;
  const [{ listing, hasBroken }, head, checkedOut, ...stamps] = await Promise.all([
    known ? { listing: known, hasBroken: false } : listRefs(git, READ_PREFIXES, { signal }),
    readHead(git, dirs.gitDir, signal),
    readCheckedOut(dirs.commonDir),
    ...SETTINGS_FILES.map((name) => stampOf(join(dirs.commonDir, name))),
  ]);
  return { listing, hasBroken, head, checkedOut, settingsStamp: stamps.join(" ") };
}

/** Whether both would give the same model. */
export function sameReading(a: RawReading, b: RawReading): boolean {
  return a.settingsStamp === b.settingsStamp && sameRefs(a, b);
}

/** Whether both say the same of refs and HEADs. */
export function sameRefs(a: RawReading, b: RawReading): boolean {
  return (
    a.listing.equals(b.listing) &&
    JSON.stringify(a.head) === JSON.stringify(b.head) &&
    a.checkedOut.size === b.checkedOut.size &&
    [...a.checkedOut].every((ref) => b.checkedOut.has(ref))
  );
}

export function toReading(raw: RawReading, listing: RefListing): RefReading {
  const { refs, symbolic } = listing;
  return { refs, symbolic, checkedOut: raw.checkedOut, head: resolveHead(raw.head, refs) };
}

function resolveHead(file: HeadFile, refs: ReadonlyMap<string, string>): Head {
  if (file.kind === "oid") return { kind: "detached", oid: file.oid };
  const ref = file.kind === "ref" && file.ref.startsWith(HEADS) ? file.ref : undefined;
  if (ref === undefined) return { kind: "detached", oid: "" };
  const oid = refs.get(ref);
  return { kind: "branch", name: ref.slice(HEADS.length), ...(oid !== undefined && { oid }) };
}

async function readHead(git: ReadOnlyGit, gitDir: string, signal: AbortSignal): Promise<HeadFile> {
  const head = await readHeadFile(gitDir);
  if (head.kind !== "unknown") return head;
  const { stdout, exitCode } = await git.run("rev-parse", ["--symbolic-full-name", "HEAD"], {
    signal,
    okExitCodes: [128],
  });
  const named = parseHead(`ref: ${stdout.toString("latin1")}`);
  return exitCode === 0 && named.kind === "ref" && named.ref.startsWith("refs/") ? named : head;
}

async function stampLater(path: string): Promise<string> {
  return stampFrom(await stat(path, { bigint: true }).catch(() => undefined));
}

function stampAtOnce(path: string): string {
  try {
    return stampFrom(statSync(path, { bigint: true, throwIfNoEntry: false }));
  } catch {
    return stampFrom(undefined);
  }
}

function stampFrom(found: BigIntStats | undefined): string {
  return found ? `${found.mtimeNs}:${found.size}:${found.ino}` : "-";
}
