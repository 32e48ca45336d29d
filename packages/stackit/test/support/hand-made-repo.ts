import { createHash } from "node:crypto";
import { Problem } from "../../src/contract/problem-error.ts";
import type { RepoKind } from "../../src/contract/repo.ts";
import type { RefChanges } from "../../src/contract/sync-run.ts";
import type { Branch, StackDetail, StackSummary, View } from "../../src/contract/view.ts";
import type { MirrorPlace } from "../../src/repos/mirror-place.ts";
import type { ChangedFileOptions, DiffOptions, ServedRepo, Snapshot } from "../../src/repos/served-repo.ts";

const AT = "2026-01-02T03:04:05.000Z";

/** Child branch → parent branch; `main` is the trunk. */
export type HandMadeStacks = Readonly<Record<string, string>>;

/** The object id that a branch of a hand-made repository has: any 40 digits that its name and `round` decide. */
export function oidOf(name: string, round = 0): string {
  return createHash("sha1").update(`${name}\0${round}`).digest("hex");
}

/** A snapshot without git: each branch has one commit. `round` stands for what was committed since. */
export function handMadeSnapshot(stacks: HandMadeStacks, generation: number, round = 0): Snapshot {
  const names = Object.keys(stacks).sort();
  const childrenOf = (parent: string) => names.filter((name) => stacks[name] === parent);
  const depthOf = (name: string): number => (name === "main" ? 0 : 1 + depthOf(stacks[name] ?? "main"));
  const branchOf = (name: string): Branch => {
    const parent = stacks[name];
    const sources = parent === undefined ? [] : [{ source: "stackit" as const, parent, observedAt: AT }];
    return {
      name,
      ...(parent === undefined ? {} : { parent }),
      children: childrenOf(name),
      depth: depthOf(name),
      isCurrent: false,
      needsRestack: false,
      isLocked: false,
      isFrozen: false,
      revision: oidOf(name, round),
      commitDate: AT,
      commitAuthor: "Ada",
      commitMessage: `Write ${name}`,
      commitCount: parent === undefined ? 0 : 1,
      linesAdded: 2,
      linesDeleted: 1,
      edge: { sources, agreed: true },
      restack: { state: "in-sync", reason: "It stands on its parent's tip." },
    };
  };
  const commitOf = (name: string) => ({
    sha: oidOf(name, round),
    message: `Write ${name}`,
    author: "Ada",
    date: AT,
  });
  const detailOf = (name: string) => ({ ...branchOf(name), commits: [commitOf(name)] });
  const upstackOf = (name: string): string[] => [name, ...childrenOf(name).flatMap(upstackOf)];
  const summaryOf = (rootBranch: string): StackSummary => ({
    id: `id-of-${rootBranch}`,
    rootBranch,
    title: rootBranch,
    status: "incomplete",
    branchCount: upstackOf(rootBranch).length,
    prCount: 0,
    isCurrent: false,
  });
  const roots = childrenOf("main");
  const view: View = {
    generation,
    repo: { owner: "octo", repo: "widget", trunk: "main", currentBranch: "main", remote: "origin" },
    stacks: roots.map(
      (root): StackDetail => ({
        ...summaryOf(root),
        branches: upstackOf(root).map(branchOf),
      }),
    ),
    recentlyMerged: [],
    unstacked: [],
  };
  return {
    generation,
    fingerprint: oidOf(JSON.stringify(stacks), round),
    trunk: "main",
    currentBranch: "main",
    notes: [],
    counts: { branches: names.length, stacks: roots.length, needsRestack: 0 },
    view: () => view,
    stackSummaries: () => roots.map(summaryOf),
    stack: (root) =>
      roots.includes(root) ? { ...summaryOf(root), branches: upstackOf(root).map(detailOf) } : undefined,
    branches: () => names.map(branchOf),
    branch: (name) => (name === "main" || names.includes(name) ? detailOf(name) : undefined),
    diffRange: (name, against) => {
      const parent = stacks[name];
      if (parent === undefined) return undefined;
      return { base: oidOf(against === "trunk" ? "main" : parent, round), head: oidOf(name, round) };
    },
  };
}

/** A repository without git, whose state a test publishes by hand. */
export class HandMadeRepo implements ServedRepo {
  readonly id: string;
  readonly displayName = "Widget";
  readonly kind: RepoKind;
  place: MirrorPlace;
  deletedAt: string | undefined;
  readonly displayPath = "~/widget";
  readonly watching = { mode: "events" as const, pollIntervalSec: 60 };
  readonly remotes = [{ name: "origin", host: "git.example.com" }];
  readonly refPrefixes = ["refs/heads/"];
  snapshot: Snapshot | undefined;
  /** The calls of `diff`, for tests that must know whether it was called. */
  readonly diffs: { range: { base: string; head: string }; options: DiffOptions }[] = [];
  /** What `diff` answers. */
  makeDiff: (options: DiffOptions) => Promise<string> = async () => "diff --git a/a b/a\n";
  wouldChange: RefChanges = { created: 0, updated: 0, deleted: 0, changes: [], truncated: false };
  #stacks: HandMadeStacks = {};
  #round = 0;

  /** `fullName` is empty for a repository that no forge knows. */
  constructor(id = "default", fullName = "Octo/Widget", kind: RepoKind = "working-copy") {
    const [owner, name] = fullName.split("/");
    this.kind = kind;
    this.id = id;
    const url = new URL(`https://github.com/${fullName || id}.git`);
    this.place = { url, ...(owner && { owner }), ...(name && { name }), formerNames: [] };
  }

  get owner(): string | undefined {
    return this.place.owner;
  }

  get name(): string | undefined {
    return this.place.name;
  }

  get formerNames(): readonly string[] {
    return this.place.formerNames;
  }

  relocate(place: MirrorPlace): void {
    this.place = place;
  }

  publish(stacks: HandMadeStacks, round = 0): Snapshot {
    this.#stacks = stacks;
    this.#round = round;
    this.snapshot = handMadeSnapshot(stacks, (this.snapshot?.generation ?? 0) + 1, round);
    return this.snapshot;
  }

  async diff(range: { base: string; head: string }, options: DiffOptions) {
    this.diffs.push({ range, options });
    if (range.head === oidOf("shallow", this.#round))
      throw new Problem("diff/unavailable", "Not in this clone.");
    return { patch: await this.makeDiff(options), truncated: false, binaries: [], generatedRules: [] };
  }

  /** The only files that any diff changes. */
  readonly file = { blob: "f".repeat(40), content: Buffer.from("one\ntwo\nthree\n") };
  readonly image = { blob: "e".repeat(40), content: Buffer.from("474946383961010001000000003b", "hex") };

  async changedFile(_range: unknown, { blob, maxBytes }: ChangedFileOptions): Promise<Buffer> {
    const file = [this.file, this.image].find((one) => one.blob === blob);
    if (!file) throw new Problem("file/not-found", "Not in this diff.");
    if (file.content.length > maxBytes) throw new Problem("file/too-large", "Too many bytes.");
    return file.content;
  }

  refOid(fullName: string): string | undefined {
    const name = fullName.replace(/^refs\/heads\//, "");
    return name === "main" || name in this.#stacks ? oidOf(name, this.#round) : undefined;
  }

  async probe(): Promise<RefChanges> {
    return this.wouldChange;
  }
}
