import type { RepoNote } from "../contract/repo.ts";
import type { Branch, StackDetail, StackSummary, TrunkCommit, Unstacked, View } from "../contract/view.ts";
import type { StackMetadata } from "../stacks/branch-metadata.ts";
import { landedWords } from "../stacks/landed.ts";
import type { PlacedStack } from "../stacks/order-stacks.ts";
import { forkPoint } from "../stacks/restack.ts";
import { findStack, type KnownStack } from "../stacks/stack-identity.ts";
import { stackStatus } from "../stacks/stack-status.ts";
import type { Landing } from "../stacks/trunk-log.ts";
import { branchView, landedLayer, landedView, ownCommits, tipView } from "./branch-view.ts";
import { type ForgeKnowledge, stackMember, withChecks, withPullRequest } from "./forge-knowledge.ts";
import { mergeNote } from "./merge-note.ts";
import type { RepoModel } from "./repo-model.ts";
import type { Snapshot } from "./served-repo.ts";

export interface SnapshotParts extends RepoModel {
  /** What the forge says beside. It adds to branches, and never to their order. */
  readonly forge?: ForgeKnowledge | undefined;
  /** Which stack is which. */
  readonly identities: readonly KnownStack[];
  readonly generation: number;
  readonly fingerprint: string;
}

/** A model of one reading, put into the words of the contract when somebody asks. */
export class GraphSnapshot implements Snapshot {
  readonly parts: SnapshotParts;
  #view: View | undefined;
  #branches: Branch[] | undefined;
  #ids: Map<string, string> | undefined;

  constructor(parts: SnapshotParts) {
    this.parts = parts;
  }

  get generation(): number {
    return this.parts.generation;
  }

  get fingerprint(): string {
    return this.parts.fingerprint;
  }

  get trunk(): string {
    return this.parts.info.trunk;
  }

  get currentBranch(): string {
    return this.parts.info.currentBranch;
  }

  get notes(): readonly RepoNote[] {
    return this.parts.notes;
  }

  get counts(): { branches: number; stacks: number; needsRestack: number } {
    let needsRestack = 0;
    for (const { placed } of this.parts.facts.values()) {
      const { state } = placed.node.standing;
      if (state === "parent-moved" || state === "diverged") needsRestack++;
    }
    const { facts, stacks, graph } = this.parts;
    return { branches: facts.size + graph.unstacked.size, stacks: stacks.length, needsRestack };
  }

  view(): View {
    this.#view ??= {
      generation: this.generation,
      repo: this.parts.info,
      stacks: this.#orderedStacks().map((stack) => ({
        ...this.#summary(stack),
        branches: stack.members.map(({ node }) => this.#branchView(node.name)),
        ...this.#landedLayers(stack),
      })),
      recentlyMerged: this.#landings(),
      unstacked: this.#unstacked(),
    };
    return this.#view;
  }

  #landings(): TrunkCommit[] {
    const { landings, forge } = this.parts;
    const known = forge?.pullRequests.values() ?? [];
    const titles = new Map([...known].map(({ number, title }) => [number, title]));
    return landings.map((landing) => landingView(landing, titles));
  }

  stackSummaries(): StackSummary[] {
    return this.#orderedStacks().map((stack) => this.#summary(stack));
  }

  stack(name: string): StackDetail | undefined {
    const root = findStack(this.parts.identities, name)?.roots[0];
    const stack = this.parts.stacks.find((one) => one.root === root);
    return (
      stack && {
        ...this.#summary(stack),
        branches: stack.members.map(({ node }) => this.#detail(node.name)),
        ...this.#landedLayers(stack),
      }
    );
  }

  /** Which stack a branch is in; undefined for one outside of stacks. */
  stackOf(branch: string): Pick<StackSummary, "id" | "title" | "owner"> | undefined {
    const root = this.parts.facts.get(branch)?.placed.root;
    const stack = root === undefined ? undefined : this.parts.stacks.find((one) => one.root === root);
    return stack && this.#summary(stack);
  }

  branches(): Branch[] {
    const { facts, graph } = this.parts;
    this.#branches ??= [
      ...[...facts.keys()].map((name) => this.#branchView(name)),
      ...[...graph.unstacked].map(([name, { tip }]) => this.#looseBranch(name, tip)),
    ].sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.#branches;
  }

  branch(name: string): Branch | undefined {
    if (this.parts.facts.has(name)) return this.#detail(name);
    const unstacked = this.parts.graph.unstacked.get(name);
    if (unstacked) return this.#looseBranch(name, unstacked.tip);
    const tip = this.parts.graph.trunk?.tip;
    return name === this.trunk && tip !== undefined ? this.#looseBranch(name, tip) : undefined;
  }

  diffRange(name: string, against: "parent" | "trunk"): { base: string; head: string } | undefined {
    const facts = this.parts.facts.get(name);
    if (!facts) return this.#looseRange(name);
    const { tip, standing } = facts.placed.node;
    const base = against === "parent" ? standing.base : forkPoint(this.parts.history, tip);
    return base === undefined ? undefined : { base, head: tip };
  }

  /** A branch outside of stacks has no parent but the trunk; one whose commits are all on it adds nothing. */
  #looseRange(name: string): { base: string; head: string } | undefined {
    const { graph, history } = this.parts;
    const loose = graph.unstacked.get(name);
    if (!loose || loose.reason === "no-trunk") return undefined;
    const base = loose.reason === "on-trunk" ? loose.tip : forkPoint(history, loose.tip);
    return base === undefined ? undefined : { base, head: loose.tip };
  }

  /** The current stack first, then by the newest commit on it. */
  #orderedStacks(): PlacedStack[] {
    const keys = new Map<PlacedStack, { current: boolean; newestMs: number }>();
    for (const stack of this.parts.stacks) {
      let newestMs = 0;
      let current = false;
      for (const { node } of stack.members) {
        const facts = this.parts.facts.get(node.name);
        newestMs = Math.max(newestMs, facts?.header?.committedAtMs ?? 0);
        current ||= facts?.isCurrent ?? false;
      }
      keys.set(stack, { current, newestMs });
    }
    return [...keys]
      .sort(
        ([a, x], [b, y]) =>
          Number(y.current) - Number(x.current) || y.newestMs - x.newestMs || (a.root < b.root ? -1 : 1),
      )
      .map(([stack]) => stack);
  }

  #summary(stack: PlacedStack): StackSummary {
    const members = stack.members.map(({ node }) => node);
    const facts = members.flatMap((node) => this.parts.facts.get(node.name) ?? []);
    const root = facts[0];
    const metadata = this.#stackMetadata(stack);
    const { forge, graph } = this.parts;
    const owner = root?.header?.author;
    return {
      id: this.#idOf(stack),
      rootBranch: stack.root,
      title: metadata?.title ?? this.#titleOf(stack),
      status: stackStatus(members.map((node) => stackMember(node, graph, forge))),
      ...(root?.placed.scope !== undefined && { scope: root.placed.scope }),
      branchCount: members.length,
      prCount: members.filter(({ name, metadata }) => metadata?.pullRequest || forge?.pullRequests.has(name))
        .length,
      isCurrent: facts.some(({ isCurrent }) => isCurrent),
      ...(stack.hasWorktree && { hasWorktree: true }),
      ...(metadata?.description !== undefined && { description: metadata.description }),
      ...(owner && { owner }),
    };
  }

  #idOf({ root }: PlacedStack): string {
    this.#ids ??= new Map(
      this.parts.identities.flatMap(({ id, roots: [now], goneAtMs }) =>
        goneAtMs === undefined && now !== undefined ? [[now, id]] : [],
      ),
    );
    return this.#ids.get(root) ?? root;
  }

  #landedLayers({ root }: PlacedStack): Pick<StackDetail, "landed"> {
    const ghosts = this.parts.ghosts.get(root);
    return ghosts ? { landed: ghosts.map(landedLayer) } : {};
  }

  #stackMetadata(stack: PlacedStack): StackMetadata | undefined {
    for (const { node } of stack.members) {
      const id = node.metadata?.stackId;
      const found = id === undefined ? undefined : this.parts.stackMetadata.get(id);
      if (found) return found;
    }
    return undefined;
  }

  /** A fork has no single leaf to be named after, so its root names it. */
  #titleOf(stack: PlacedStack): string {
    const leaves = stack.members.filter(({ children }) => children.length === 0);
    const name = (leaves.length === 1 ? leaves[0]?.node.name : undefined) ?? stack.root;
    const facts = this.parts.facts.get(name);
    const node = facts?.placed.node;
    const title = this.parts.forge?.pullRequests.get(name)?.title ?? node?.metadata?.pullRequest?.title;
    const subject = node?.standing.commitCount === 1 ? facts?.header?.subject : undefined;
    return title ?? (subject || name);
  }

  #branchView(name: string): Branch {
    const facts = this.parts.facts.get(name);
    if (!facts) throw new Error(`no facts about a branch of the snapshot: ${JSON.stringify(name)}`);
    let view = this.parts.views.get(facts);
    if (!view) {
      view = branchView(facts);
      this.parts.views.set(facts, view);
    }
    const note = mergeNote(facts.placed.node, this.parts);
    const told = this.#withPullRequest(view);
    if (note === undefined) return told;
    return { ...told, restack: { ...told.restack, reason: `${told.restack.reason} ${note}` } };
  }

  #withPullRequest(view: Branch): Branch {
    const pullRequest = this.parts.forge?.pullRequests.get(view.name);
    return pullRequest ? withPullRequest(view, pullRequest) : view;
  }

  #detail(name: string): Branch {
    const facts = this.parts.facts.get(name);
    const view = this.#branchView(name);
    const pullRequest = this.parts.forge?.pullRequests.get(name);
    return {
      ...(pullRequest ? withChecks(view, pullRequest) : view),
      ...(facts && { commits: ownCommits(this.parts.history, facts) }),
    };
  }

  #looseBranch(name: string, tip: string): Branch {
    const isTrunk = name === this.trunk;
    const reason = this.parts.graph.unstacked.get(name)?.reason;
    const landed = isTrunk ? undefined : this.parts.graph.workings.input.landed?.get(tip);
    return this.#withPullRequest({
      name,
      depth: isTrunk ? 0 : 1,
      isCurrent: name === this.currentBranch,
      needsRestack: false,
      isLocked: false,
      isFrozen: false,
      revision: tip,
      ...tipView(isTrunk ? this.parts.trunkHeader : this.parts.looseHeaders.get(tip)),
      commitCount: 0,
      ...(reason === "on-trunk" && { linesAdded: 0, linesDeleted: 0 }),
      edge: { sources: [], agreed: true },
      restack: landed
        ? { state: "merged", reason: `${landedWords(landed)}.` }
        : { state: "unknown", reason: isTrunk ? "It is the trunk." : "It belongs to no stack." },
      ...(landed && { landed: landedView(landed) }),
    });
  }

  #unstacked(): Unstacked[] {
    return [...this.parts.graph.unstacked]
      .map(([name, { reason }]) => ({ name, reason }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

function landingView(landing: Landing, titles: ReadonlyMap<number, string>): TrunkCommit {
  const { stackPRs = [] } = landing;
  const stackPRTitles = stackPRs.flatMap((number) => titles.get(number) ?? []);
  return {
    sha: landing.oid.slice(0, 7),
    message: landing.message,
    author: landing.author,
    date: new Date(landing.committedAtMs).toISOString(),
    kind: landing.kind,
    ...(landing.prNumber !== undefined && { prNumber: landing.prNumber }),
    ...(landing.stackSize !== undefined && { stackSize: landing.stackSize }),
    ...(landing.stackPRs && { stackPRs: [...stackPRs] }),
    // They stand beside the numbers: all of them, or none.
    ...(stackPRs.length > 0 && stackPRTitles.length === stackPRs.length && { stackPRTitles }),
    ...(landing.stackScope !== undefined && { stackScope: landing.stackScope }),
  };
}
