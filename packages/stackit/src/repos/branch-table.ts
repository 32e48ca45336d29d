import type { CommitPair, LineCount } from "../git/diff-tree.ts";
import type { BranchNode } from "../stacks/build-graph.ts";
import type { CommitFacts } from "../stacks/history.ts";
import type { PlacedStack } from "../stacks/order-stacks.ts";
import { HEADS } from "../stacks/ref-reading.ts";
import { type BranchFacts, remoteDistance, sameFacts, samePreview } from "./branch-facts.ts";
import { remoteTipOf } from "./remote-tips.ts";
import type { RepoModel } from "./repo-model.ts";
import type { RestackPreview } from "./restack-previews.ts";

/** Where the facts that follow from object ids are looked up; what is not known there is absent. */
export interface FactSources {
  header(oid: string): CommitFacts | undefined;
  lines(pair: CommitPair): LineCount | undefined;
}

/** The same model with the line counts that are known by now. */
export function withLineCounts(model: RepoModel, sources: FactSources): RepoModel {
  const facts = new Map(model.facts);
  const heads = new Set(model.uncounted.map(({ head }) => head));
  for (const stack of model.moved ?? model.stacks) {
    for (const { node } of stack.members) {
      const old = heads.has(node.tip) ? facts.get(node.name) : undefined;
      if (old && !old.lines) facts.set(node.name, { ...old, lines: linesOf(node, sources) });
    }
  }
  return { ...model, facts, uncounted: model.uncounted.filter((pair) => !sources.lines(pair)) };
}

/**
 * The same model with what restacks and merges would do; another object only where a reader would see a difference. Facts that are equal to those
 * before are the same objects. What was said of a merge is said until it was tried again, so that a trunk that goes on changes no branch by itself.
 * `only`: the stacks that are looked at, which hold all that can have changed; all where there are none.
 */
export function withPreviews(
  model: RepoModel,
  previews: ReadonlyMap<string, RestackPreview>,
  merges: ReadonlyMap<string, RestackPreview | undefined> | undefined,
  before: RepoModel | undefined,
  only?: readonly PlacedStack[],
): RepoModel {
  const told = new Map<string, BranchFacts>();
  for (const name of only ? membersOf(only).map((node) => node.name) : model.facts.keys()) {
    const facts = model.facts.get(name);
    if (!facts) continue;
    const preview = previews.get(name);
    const isBehind = merges === undefined || merges.has(name);
    const merge = isBehind ? (merges?.get(name) ?? facts.merge) : undefined;
    if (samePreview(facts.preview, preview) && samePreview(facts.merge, merge)) continue;
    const [old, fresh] = [before?.facts.get(name), { ...facts, preview, merge }];
    told.set(name, old && sameFacts(old, fresh) ? old : fresh);
  }
  return told.size === 0 ? model : { ...model, facts: new Map([...model.facts, ...told]), moved: only };
}

export function membersOf(stacks: readonly PlacedStack[]): BranchNode[] {
  return stacks.flatMap(({ members }) => members.map(({ node }) => node));
}

/**
 * The model with the facts about each of its branches. Facts that are equal to those before are the same objects.
 * `remotesMoved`: whether remote-tracking refs differ from the model before.
 */
export function withFacts(
  model: RepoModel,
  before: RepoModel | undefined,
  remotesMoved: boolean,
  sources: FactSources,
): RepoModel {
  const { reading, settings, history, info } = model;
  const uncounted: CommitPair[] = [];
  const comparable = before?.history === history && before.settings === settings;
  const nowMs = Date.now();
  // Where nothing but these stacks can look different, all others' facts are taken over without a look.
  const moved = comparable ? onlyMovedStacks(before, model, remotesMoved) : undefined;
  const facts = new Map(moved && before?.facts);
  for (const stack of moved ?? model.stacks) {
    for (const placed of stack.members) {
      const { node } = placed;
      const { name, tip } = node;
      const old = before?.facts.get(name);
      const known = old?.placed.node === node ? old : undefined;
      const remoteTip =
        comparable && old && !remotesMoved ? old.remoteTip : remoteTipOf(reading, settings, name);
      const isCurrent = name === info.currentBranch;
      const inWorktree = !isCurrent && reading.checkedOut.has(HEADS + name);
      const lines = known?.lines ?? linesOf(node, sources);
      if (!lines) uncounted.push(...pairOf(node));
      const isSame =
        comparable &&
        old?.placed === placed &&
        old.lines === lines &&
        old.remoteTip === remoteTip &&
        old.isCurrent === isCurrent &&
        old.inWorktree === inWorktree;
      if (isSame) {
        facts.set(name, old);
        continue;
      }
      const fresh: BranchFacts = {
        placed,
        header: known?.header ?? sources.header(tip),
        lines,
        remoteTip,
        distance: settings.remote === undefined ? undefined : remoteDistance(history, tip, remoteTip),
        isCurrent,
        inWorktree,
        preview: known?.preview,
        merge: old?.placed.node.tip === tip ? old.merge : undefined,
        observedAtMs: old && sameSources(old, node) ? old.observedAtMs : nowMs,
      };
      facts.set(name, old && sameFacts(old, fresh) ? old : fresh);
    }
  }
  return { ...model, facts, uncounted, moved };
}

function linesOf(node: BranchNode, sources: FactSources): LineCount | undefined {
  const [pair] = pairOf(node);
  return pair ? sources.lines(pair) : node.standing.base === undefined ? undefined : NO_LINES;
}

const NO_LINES = { added: 0, deleted: 0, files: 0 };

/** The commits whose difference the branch's lines are; nothing for a branch without commits of its own. */
function pairOf({ tip, standing: { base } }: BranchNode): CommitPair[] {
  return base === undefined || base === tip ? [] : [{ base, head: tip }];
}

/** The stacks that are not the same as in the model before. Undefined when something else may show a difference too. */
function onlyMovedStacks(
  before: RepoModel,
  model: RepoModel,
  remotesMoved: boolean,
): readonly PlacedStack[] | undefined {
  const isQuiet =
    !remotesMoved &&
    before.uncounted.length === 0 &&
    before.info.currentBranch === model.info.currentBranch &&
    before.stacks.length === model.stacks.length &&
    sameSet(before.reading.checkedOut, model.reading.checkedOut);
  if (!isQuiet) return undefined;
  const moved = model.stacks.filter((stack, index) => stack !== before.stacks[index]);
  // A stack that kept its place and its members may have moved; any other change is a change of shape.
  const keptShape = moved.every((stack) => {
    const old = before.stacks[model.stacks.indexOf(stack)];
    return (
      old?.members.length === stack.members.length &&
      old.members.every(({ node }, index) => node.name === stack.members[index]?.node.name)
    );
  });
  return keptShape ? moved : undefined;
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && a.isSubsetOf(b);
}

function sameSources(old: BranchFacts, node: BranchFacts["placed"]["node"]): boolean {
  const before = old.placed.node;
  return before.metadata === node.metadata && before.parent === node.parent && before.tip === node.tip;
}
