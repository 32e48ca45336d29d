import { setImmediate } from "node:timers/promises";
import type { RepoNote } from "../contract/repo.ts";
import type { Branch, StackDetail, StackSummary, View } from "../contract/view.ts";
import { findStack, type NamedStack } from "../stacks/stack-identity.ts";
import type { GraphSnapshot } from "./graph-snapshot.ts";
import type { Snapshot } from "./served-repo.ts";

interface Range {
  readonly base: string;
  readonly head: string;
}

interface KeptBranch {
  /** Absent for the trunk, which no list has. */
  readonly listed?: Branch;
  readonly detail: Branch;
  readonly parent?: Range;
  readonly trunk?: Range;
}

/** Branches by name. */
type KeptStack = Omit<StackDetail, "branches"> & { readonly branches: readonly string[] };

interface KeptRest {
  readonly generation: number;
  readonly fingerprint: string;
  readonly trunk: string;
  readonly currentBranch: string;
  readonly notes: readonly RepoNote[];
  readonly counts: Snapshot["counts"];
  /** Its stacks stand beside it. What is in it keeps its order, and so do the bytes. */
  readonly view: View;
  readonly stacks: readonly KeptStack[];
  readonly names: readonly NamedStack[];
}

/** So many branches are put into words, or read, without letting others have their turn. */
const BRANCHES_A_TURN = 100;

/** All that readers can be told of the snapshot, in lines of JSON. It may be asked of meanwhile. */
export async function linesOf(snapshot: GraphSnapshot): Promise<string[]> {
  const { generation, fingerprint, trunk, currentBranch, notes, counts, parts } = snapshot;
  const view = snapshot.view();
  const rest: KeptRest = {
    generation,
    fingerprint,
    trunk,
    currentBranch,
    notes,
    counts,
    view: { ...view, stacks: [] },
    stacks: view.stacks.map((stack) => ({ ...stack, branches: stack.branches.map(({ name }) => name) })),
    names: parts.identities.flatMap(({ id, roots, formerIds, goneAtMs }) =>
      goneAtMs === undefined ? [{ id, roots, formerIds }] : [],
    ),
  };
  const lines = [JSON.stringify(rest)];
  const trunkDetail = snapshot.branch(trunk);
  if (trunkDetail) lines.push(JSON.stringify({ detail: trunkDetail } satisfies KeptBranch));
  for (const [index, listed] of snapshot.branches().entries()) {
    if (index % BRANCHES_A_TURN === BRANCHES_A_TURN - 1) await setImmediate();
    const detail = snapshot.branch(listed.name) ?? listed;
    const [parent, onTrunk] = (["parent", "trunk"] as const).map((against) =>
      snapshot.diffRange(listed.name, against),
    );
    const kept: KeptBranch = {
      listed,
      detail,
      ...(parent && { parent }),
      ...(onTrunk && { trunk: onTrunk }),
    };
    lines.push(JSON.stringify(kept));
  }
  return lines;
}

/** The answers of a snapshot that an earlier process showed, byte by byte. */
export class KeptSnapshot implements Snapshot {
  readonly #rest: KeptRest;
  readonly #branches: ReadonlyMap<string, KeptBranch>;
  #view: View | undefined;
  #listed: Branch[] | undefined;

  private constructor(rest: KeptRest, branches: ReadonlyMap<string, KeptBranch>) {
    this.#rest = rest;
    this.#branches = branches;
  }

  /** Of lines that `linesOf` made, in this version of the product. @throws {Error} for others */
  static async of([first = "", ...others]: readonly string[]): Promise<KeptSnapshot> {
    const rest: KeptRest = JSON.parse(first);
    const branches = new Map<string, KeptBranch>();
    for (const [index, line] of others.entries()) {
      if (index % BRANCHES_A_TURN === BRANCHES_A_TURN - 1) await setImmediate();
      const kept: KeptBranch = JSON.parse(line);
      branches.set(kept.detail.name, kept);
    }
    return new KeptSnapshot(rest, branches);
  }

  get generation(): number {
    return this.#rest.generation;
  }

  get fingerprint(): string {
    return this.#rest.fingerprint;
  }

  get trunk(): string {
    return this.#rest.trunk;
  }

  get currentBranch(): string {
    return this.#rest.currentBranch;
  }

  get notes(): readonly RepoNote[] {
    return this.#rest.notes;
  }

  get counts(): Snapshot["counts"] {
    return this.#rest.counts;
  }

  view(): View {
    this.#view ??= {
      ...this.#rest.view,
      stacks: this.#rest.stacks.map((stack) => this.#whole(stack, ({ listed, detail }) => listed ?? detail)),
    };
    return this.#view;
  }

  stackSummaries(): StackSummary[] {
    return this.#rest.stacks.map(({ branches: _, landed: __, ...summary }) => summary);
  }

  stack(name: string): StackDetail | undefined {
    const root = findStack(this.#rest.names, name)?.roots[0];
    const stack = this.#rest.stacks.find(({ rootBranch }) => rootBranch === root);
    return stack && this.#whole(stack, ({ detail }) => detail);
  }

  branches(): Branch[] {
    this.#listed ??= [...this.#branches.values()].flatMap(({ listed }) => listed ?? []);
    return this.#listed;
  }

  branch(name: string): Branch | undefined {
    return this.#branches.get(name)?.detail;
  }

  diffRange(name: string, against: "parent" | "trunk"): Range | undefined {
    return this.#branches.get(name)?.[against];
  }

  #whole(stack: KeptStack, which: (branch: KeptBranch) => Branch): StackDetail {
    const branches = stack.branches.flatMap((name) => {
      const kept = this.#branches.get(name);
      return kept ? [which(kept)] : [];
    });
    return { ...stack, branches };
  }
}
