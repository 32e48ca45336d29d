import type { RepoNote } from "../contract/repo.ts";
import type { Branch, RepoInfo } from "../contract/view.ts";
import type { CommitPair } from "../git/diff-tree.ts";
import type { StackMetadata } from "../stacks/branch-metadata.ts";
import type { StackGraph } from "../stacks/build-graph.ts";
import type { Departed, Ghost } from "../stacks/departed.ts";
import type { CommitFacts, History } from "../stacks/history.ts";
import { instantWords } from "../stacks/instant-words.ts";
import type { PlacedStack } from "../stacks/order-stacks.ts";
import type { RecordedEdges } from "../stacks/recorded-edges.ts";
import { HEADS, type RefReading } from "../stacks/ref-reading.ts";
import type { Landing } from "../stacks/trunk-log.ts";
import type { BranchFacts } from "./branch-facts.ts";
import type { RepoSettings } from "./repo-settings.ts";

/** Everything that one reading gives. Immutable. */
export interface RepoModel {
  readonly reading: RefReading;
  readonly settings: RepoSettings;
  readonly graph: StackGraph;
  readonly stacks: readonly PlacedStack[];
  readonly facts: ReadonlyMap<string, BranchFacts>;
  readonly history: History;
  /** The same in two models: what was on the trunk in the first is on it in the second. */
  readonly epoch: object;
  readonly landings: readonly Landing[];
  /** Branches that left the stacks. */
  readonly departed: readonly Departed[];
  /** Those of them that landed, by the roots of the stacks that they were layers of. */
  readonly ghosts: ReadonlyMap<string, readonly Ghost[]>;
  readonly trunkHeader: CommitFacts | undefined;
  /** What the tips of branches outside of stacks say, by object id. */
  readonly looseHeaders: ReadonlyMap<string, CommitFacts>;
  readonly stackMetadata: ReadonlyMap<string, StackMetadata>;
  readonly info: RepoInfo;
  readonly notes: readonly RepoNote[];
  /** The line counts that a complete picture of this model lacks. */
  readonly uncounted: readonly CommitPair[];
  /** The only stacks that can look different from the model before; undefined when any can. */
  readonly moved: readonly PlacedStack[] | undefined;
  /** Views by what they were made of, shared by the models of one repository. */
  readonly views: WeakMap<BranchFacts, Branch>;
}

/** What a reader should know of the repository as a whole. */
export function notesOf(
  reading: RefReading,
  settings: RepoSettings,
  graph: StackGraph,
  recorded: readonly RecordedEdges[],
): RepoNote[] {
  const { trunk } = graph;
  const notes: RepoNote[] = [];
  if (!reading.refs.keys().some((ref) => ref.startsWith(HEADS))) {
    notes.push({ code: "no-commits", detail: "There is no branch with a commit yet." });
  } else if (!trunk) {
    notes.push({
      code: "no-trunk",
      detail: "No branch looks like the trunk. Name it with `git config stackit.trunk <branch>`.",
    });
  } else if (trunk.tip === undefined) {
    notes.push({ code: "trunk-unborn", detail: `The trunk ${trunk.name} has no commit here.` });
  }
  if (reading.head.kind === "detached") {
    notes.push({ code: "detached-head", detail: "HEAD is detached: no branch is checked out." });
  }
  if (settings.shallowStamp !== undefined) {
    notes.push({ code: "shallow", detail: "A shallow clone: commits beyond its edge are not known here." });
  }
  for (const { source, outdated } of recorded) {
    if (outdated) notes.push({ code: "source-unreadable", detail: outdatedDetail(source, outdated) });
  }
  for (const detail of damagedRecordDetails(graph)) notes.push({ code: "source-unreadable", detail });
  if (settings.isPartial) {
    notes.push({
      code: "partial",
      detail:
        "A partial clone: where files are missing, diffs are not shown, and what landed as other commits is not known.",
    });
  }
  return notes;
}

function outdatedDetail(
  source: string,
  { detail, readAtMs }: NonNullable<RecordedEdges["outdated"]>,
): string {
  const shown =
    readAtMs === undefined ? "is not known" : `is shown as it was read at ${instantWords(readAtMs)}`;
  return `${detail} What ${source} keeps of the stacks ${shown}.`;
}

/** A branch whose record is damaged may have been cut off another's stack, so the page as a whole says so. */
function damagedRecordDetails({ nodes, workings: { records } }: StackGraph): string[] {
  const kept = new Map<string, number>();
  const unknown = new Set<string>();
  for (const { unreadable, readAtMs } of records.sources) {
    for (const name of unreadable.keys()) {
      const atMs = readAtMs.get(name);
      if (!nodes.has(name)) continue;
      if (atMs === undefined) unknown.add(name);
      else kept.set(name, Math.min(atMs, kept.get(name) ?? atMs));
    }
  }
  const details: string[] = [];
  if (kept.size > 0) {
    const orLater = kept.size > 1 ? " or later" : "";
    const oldest = instantWords(Math.min(...kept.values()));
    details.push(
      `The metadata of ${someOf(kept)} cannot be read. It is shown as it was read at ${oldest}${orLater}.`,
    );
  }
  if (unknown.size > 0) {
    const what = `The metadata of ${someOf(unknown)} cannot be read, and what it said is not known.`;
    details.push(`${what} Stacks may be incomplete.`);
  }
  return details;
}

function someOf(branches: ReadonlyMap<string, unknown> | ReadonlySet<string>): string {
  const [first] = [...branches.keys()].toSorted();
  const others = branches.size - 1;
  return others === 0 ? `${first}` : `${first} and of ${others} ${others === 1 ? "branch" : "branches"} more`;
}
