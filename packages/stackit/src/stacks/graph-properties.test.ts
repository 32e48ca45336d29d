import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  commitNamed,
  oidOf,
  type RecordSpec,
  reachedFrom,
  readingOf,
  recordText,
  trunkOf,
} from "../../test/support/stack-world.ts";
import { type ParsedMetadata, parseBranchMetadata } from "./branch-metadata.ts";
import { type BranchNode, buildGraph, type GraphInput, type StackGraph, updateGraph } from "./build-graph.ts";
import type { EdgeSource } from "./edge-source.ts";
import type { CommitFacts, History } from "./history.ts";
import type { Landed } from "./landed.ts";
import { orderStacks, type PlacedStack, reorderStacks } from "./order-stacks.ts";
import type { RecordedEdges } from "./recorded-edges.ts";
import { HEADS, type RefReading } from "./ref-reading.ts";
import { restackLayers } from "./restack-layers.ts";

const BRANCHES = ["main", "a", "b", "c/d", "e#1", "__proto__", "toString", "gitbutler/edit"];
const NAMES = [...BRANCHES, "gone", "gone-too", ""];
const TOOLS: readonly EdgeSource[] = ["gh-stack", "git-machete"];
const RECORDS = ["refs/stackit/metadata/", "refs/branch-metadata/", "refs/stackit/local-metadata/"];

type Change =
  | { kind: "point"; ref: string; at: number }
  | { kind: "commit"; ref: string; on: number; merge: number | null }
  | { kind: "record"; ref: string; value: RecordSpec }
  | { kind: "tool"; source: EdgeSource; branch: string; parent: string | null }
  | { kind: "unreadable"; ref: string }
  | { kind: "delete"; ref: string };

/** Commits are known by their number; a number beyond the last one wraps around. */
const commitNumber = fc.nat({ max: 40 });
const head = fc.constantFrom(...BRANCHES).map((name) => HEADS + name);
const tipRef = fc.oneof({ weight: 4, arbitrary: head }, fc.constantFrom("refs/remotes/origin/main"));
const recordRef = fc
  .tuple(fc.constantFrom(...RECORDS), fc.constantFrom(...BRANCHES, "gone"))
  .map(([prefix, name]) => prefix + name);
const recordValue: fc.Arbitrary<RecordSpec> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      {
        parent: fc.constantFrom(...NAMES),
        revision: commitNumber.map((number) => `commit ${number}`),
        scope: fc.constantFrom("none", "SHOP"),
        branchType: fc.constantFrom("user", "worktree-anchor"),
        frozen: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: fc.oneof(fc.string(), fc.json()) },
);

const point = fc.record({ kind: fc.constant("point" as const), ref: tipRef, at: commitNumber });
const commit = fc.record({
  kind: fc.constant("commit" as const),
  ref: tipRef,
  on: commitNumber,
  merge: fc.option(commitNumber, { freq: 8 }),
});
const record = fc.record({ kind: fc.constant("record" as const), ref: recordRef, value: recordValue });
const tool = fc.record({
  kind: fc.constant("tool" as const),
  source: fc.constantFrom(...TOOLS),
  branch: fc.constantFrom(...BRANCHES, "gone"),
  parent: fc.option(fc.constantFrom(...NAMES), { freq: 4 }),
});
const unreadable = fc.record({ kind: fc.constant("unreadable" as const), ref: recordRef });
const remove = fc.record({ kind: fc.constant("delete" as const), ref: fc.oneof(head, recordRef) });

interface Beginning {
  commits: { on: number | null; merge: number | null }[];
  changes: Change[];
  remembered: [commit: number, names: string[]][];
}

const beginning: fc.Arbitrary<Beginning> = fc.record({
  commits: fc.array(
    fc.record({ on: fc.option(commitNumber, { freq: 12 }), merge: fc.option(commitNumber, { freq: 8 }) }),
    { minLength: 1, maxLength: 14 },
  ),
  changes: fc.array(
    fc.oneof({ weight: 5, arbitrary: point }, { weight: 3, arbitrary: record }, unreadable, tool),
    {
      maxLength: 16,
    },
  ),
  remembered: fc.array(
    fc.tuple(commitNumber, fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 })),
    { maxLength: 6 },
  ),
});

/** A repository that changes, and what is known of it after each change, as a server would know it. */
class World {
  readonly refs = new Map<string, string>();
  readonly #commits = new Map<string, CommitFacts>();
  readonly #oids: string[] = [];
  readonly #blobs = new Map<string, ParsedMetadata>();
  readonly #remembered = new Map<string, string[]>();
  readonly #landed = new Map<string, Landed>();
  #recorded: readonly RecordedEdges[] = [];
  /** By what is on the trunk: its tips may move within that. */
  readonly #histories = new Map<string, History>();
  /** Commits that some tip has reached by now. */
  readonly #seen = new Set<string>();

  constructor({ commits, changes, remembered }: Beginning) {
    for (const { on, merge } of commits) this.#commit(on, merge);
    for (const change of changes) this.apply(change);
    for (const [number, names] of remembered) {
      const tip = this.#oidAt(number);
      this.#remembered.set(tip, names.sort());
      // Some of these have landed too, down to the commit before.
      const base = this.#commits.get(tip)?.parents[0];
      if (number % 2 > 0 || base === undefined) continue;
      this.#landed.set(tip, {
        tip,
        base,
        trunk: "main",
        how: "squash",
        commit: oidOf("squash"),
        landedAtMs: 0,
        seenAtMs: 0,
      });
    }
  }

  apply(change: Change): void {
    if (change.kind === "tool") {
      this.#tell(change);
      return;
    }
    const { ref } = change;
    if (change.kind === "delete") this.refs.delete(ref);
    else if (change.kind === "point") this.refs.set(ref, this.#oidAt(change.at));
    else if (change.kind === "commit") {
      const tip = this.refs.get(ref);
      const number = tip === undefined ? -1 : this.#oids.indexOf(tip);
      // As often upon its own tip as upon another one.
      this.refs.set(ref, this.#commit(change.on % 2 === 0 && number >= 0 ? number : change.on, change.merge));
    } else {
      const text = change.kind === "record" ? recordText(change.value) : undefined;
      const oid = oidOf(text === undefined ? "an object that is not here" : `blob ${text}`);
      if (text !== undefined) this.#blobs.set(oid, parseBranchMetadata(text));
      this.refs.set(ref, oid);
    }
  }

  input(): GraphInput {
    const reading = readingOf(new Map(this.refs));
    const trunk = trunkOf(reading, this.#blobs);
    for (const oid of reachedFrom(this.#commits, this.refs.values())) this.#seen.add(oid);
    const inside = reachedFrom(this.#commits, trunk?.tips ?? []);
    const key = [...inside].sort().join();
    let history = this.#histories.get(key);
    if (!history) {
      const isKnown = (oid: string): boolean => this.#seen.has(oid) && !inside.has(oid);
      history = { commit: (oid) => (isKnown(oid) ? this.#commits.get(oid) : undefined) };
      this.#histories.set(key, history);
    }
    return {
      reading,
      trunk,
      history,
      blobs: this.#blobs,
      recorded: this.#recorded,
      remembered: this.#remembered,
      landed: this.#landed,
    };
  }

  #tell({ source, branch, parent }: Change & { kind: "tool" }): void {
    this.#recorded = TOOLS.map((name) => {
      const parents = new Map(this.#recorded.find((one) => one.source === name)?.parents);
      if (name === source && parent === null) parents.delete(branch);
      else if (name === source && parent !== null) parents.set(branch, parent);
      return { source: name, parents, boundaries: new Map() };
    });
  }

  #oidAt(number: number): string {
    return this.#oids[number % this.#oids.length] ?? "";
  }

  #commit(on: number | null, merge: number | null): string {
    const name = `commit ${this.#oids.length}`;
    const parents =
      this.#oids.length === 0 || on === null
        ? []
        : [this.#oidAt(on), ...(merge === null ? [] : [this.#oidAt(merge)])];
    const commit = { ...commitNamed(name, []), parents: [...new Set(parents)] };
    this.#commits.set(commit.oid, commit);
    this.#oids.push(commit.oid);
    return commit.oid;
  }
}

const headsOf = (reading: RefReading): string[] =>
  [...reading.refs.keys()].flatMap((ref) => (ref.startsWith(HEADS) ? [ref.slice(HEADS.length)] : []));

/** Without what only the next update reads. */
const shown = ({ trunk, nodes, unstacked }: StackGraph) => ({ trunk, nodes, unstacked });

const nodesOf = ({ members }: PlacedStack): BranchNode[] => members.map(({ node }) => node);

const layersByName = (graph: StackGraph, history: History, branches?: readonly BranchNode[]) =>
  new Map(restackLayers(graph, history, branches).map((layer) => [layer.name, layer]));

test("the order of refs never matters", () => {
  fc.assert(
    fc.property(beginning, fc.array(fc.nat(), { minLength: 40, maxLength: 40 }), (start, ranks) => {
      const input = new World(start).input();
      const refs = [...input.reading.refs]
        .map((entry, index) => ({ entry, rank: ranks[index % ranks.length] ?? 0 }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ entry }) => entry);
      const other = buildGraph({ ...input, reading: readingOf(new Map(refs)) });
      const graph = buildGraph(input);
      expect(shown(other)).toEqual(shown(graph));
      expect(orderStacks(other, "a")).toEqual(orderStacks(graph, "a"));
    }),
    { numRuns: 400 },
  );
});

test("every branch has one place, every parent is a member or the trunk, and every way up ends at the trunk", () => {
  fc.assert(
    fc.property(beginning, (start) => {
      const input = new World(start).input();
      const graph = buildGraph(input);
      const { trunk, nodes, unstacked } = graph;
      for (const name of headsOf(input.reading)) {
        const places = [name === trunk?.name, nodes.has(name), unstacked.has(name)];
        expect(places.filter(Boolean), name).toHaveLength(1);
      }
      expect(nodes.size + unstacked.size).toBe(
        headsOf(input.reading).filter((name) => name !== trunk?.name).length,
      );
      for (const { name, parent, standing, edge } of nodes.values()) {
        expect(parent).toBe(edge.parent);
        let steps = 0;
        for (let step = name; step !== trunk?.name && steps <= nodes.size; steps++) {
          step = nodes.get(step)?.parent ?? "no member";
        }
        expect(steps, name).toBeLessThanOrEqual(nodes.size);
        expect(standing.commitCount).toBeGreaterThanOrEqual(0);
        expect(standing.reason).toMatch(/^\S.*\.$/s);
      }
      const placed = orderStacks(graph, "a").flatMap(({ members }) => members.map(({ node }) => node.name));
      expect(new Set(placed).size).toBe(placed.length);
      const anchors = [...nodes.values()].filter(
        ({ parent, metadata }) => parent === trunk?.name && metadata?.kind === "worktree-anchor",
      );
      expect(placed.length + anchors.length).toBe(nodes.size);
    }),
    { numRuns: 1_000 },
  );
});

/** What a tool takes back is no record more. */
const telling = tool.filter(({ parent }) => parent !== null);

test("a record more never takes a branch away", () => {
  fc.assert(
    fc.property(
      beginning,
      fc.array(fc.oneof(record, telling), { minLength: 1, maxLength: 4 }),
      (start, records) => {
        const world = new World(start);
        const before = world.input();
        for (const change of records) world.apply(change);
        // Records may elect another trunk; here it is about the branches.
        const after = { ...world.input(), trunk: before.trunk, history: before.history };
        const [few, many] = [buildGraph(before), buildGraph(after)];
        for (const name of few.nodes.keys()) expect(many.nodes.has(name), name).toBe(true);
        for (const name of few.unstacked.keys()) {
          expect(many.nodes.has(name) || many.unstacked.has(name), name).toBe(true);
        }
      },
    ),
    { numRuns: 400 },
  );
});

/** All branches off the trunk and some with records, so that the changes that follow seldom need a full build. */
const settled = fc
  .record({
    start: beginning,
    tips: fc.array(commitNumber, { minLength: BRANCHES.length, maxLength: BRANCHES.length }),
    records: fc.array(record, { maxLength: 8 }),
  })
  .map(({ start, tips, records }): Beginning => {
    const main: Change[] = [{ kind: "point", ref: `${HEADS}main`, at: 0 }];
    const heads = BRANCHES.slice(1).map(
      (name, index): Change => ({ kind: "commit", ref: HEADS + name, on: tips[index] ?? 0, merge: null }),
    );
    return { ...start, changes: [...main, ...heads, ...records] };
  });

const bases = fc.dictionary(fc.constantFrom(...BRANCHES), fc.constantFrom(...BRANCHES), { minKeys: 4 });

test("what pull requests say changes nothing of what tools recorded, also where it closes a circle", () => {
  let circles = 0;
  fc.assert(
    fc.property(settled, fc.array(telling, { maxLength: 6 }), bases, (start, told, based) => {
      const world = new World(start);
      for (const change of told) world.apply(change);
      const input = world.input();
      const bare = buildGraph(input);
      const source = {
        source: "pr-base",
        parents: new Map(Object.entries(based)),
        boundaries: new Map(),
      } as const;
      const beside = buildGraph({ ...input, recorded: [...input.recorded, source] });
      for (const { name, edge } of bare.nodes.values()) {
        const { parent, believed, problems } = edge;
        // Who names what is gone is stood in for by the commits.
        if (problems.some(({ code }) => code === "parent-missing")) continue;
        const isRecorded = believed !== undefined && believed !== "ancestry" && believed !== "remembered-tip";
        if (isRecorded) expect(beside.nodes.get(name)?.edge, name).toMatchObject({ parent, believed });
        const hasCircle = beside.nodes.get(name)?.problems.some(({ code }) => code === "cycle");
        if (isRecorded && hasCircle) circles++;
      }
    }),
    { numRuns: 1_000 },
  );
  expect(circles).toBeGreaterThan(50);
});

test("a graph that is updated step by step is the one that is built anew, and so are its stacks, and what a restack would move", () => {
  const movement = fc.oneof(
    { weight: 8, arbitrary: commit },
    { weight: 5, arbitrary: point },
    { weight: 6, arbitrary: record },
    unreadable,
    tool,
  );
  const step = fc.oneof(
    { weight: 12, arbitrary: fc.array(movement, { minLength: 1, maxLength: 2 }) },
    { weight: 3, arbitrary: fc.array(movement, { minLength: 3, maxLength: 6 }) },
    { weight: 1, arbitrary: fc.array(remove, { minLength: 1, maxLength: 1 }) },
  );
  const tally = { steps: 0, updated: 0, moved: 0, reparented: 0, reordered: 0, inARow: 0, restackable: 0 };
  fc.assert(
    fc.property(
      settled,
      fc.array(step, { minLength: 4, maxLength: 14 }),
      fc.constantFrom("a", "b", ""),
      (start, steps, current) => {
        const world = new World(start);
        // Update after update reads on from the one before; a full build only stands in where there is none.
        let graph = buildGraph(world.input());
        let stacks = orderStacks(graph, current);
        let wasUpdated = false;
        for (const [index, changes] of steps.entries()) {
          const old = new Map(world.refs);
          for (const change of changes) {
            // Most steps only change what stack members have: otherwise everything is built anew.
            const isQuiet = index % 10 > 0 && change.kind !== "delete";
            if (change.kind === "tool") {
              world.apply(change);
              continue;
            }
            const isKnown = old.has(change.ref) && !/\/(main|gone|gitbutler\/edit)$/.test(change.ref);
            if (!isQuiet || isKnown) world.apply(change);
          }
          const names = new Set([...old.keys(), ...world.refs.keys()]);
          const changedRefs = [...names].filter((ref) => old.get(ref) !== world.refs.get(ref));
          const input = world.input();
          const built = buildGraph(input);
          const update = updateGraph(graph, input, changedRefs);
          tally.steps++;
          if (update) {
            tally.updated++;
            if (wasUpdated) tally.inARow++;
            if (update.changed.size > 0) tally.moved++;
            // Much quicker than `toEqual`, which then says where they differ.
            if (!isDeepStrictEqual(shown(update.graph), shown(built))) {
              expect(shown(update.graph)).toEqual(shown(built));
            }
            for (const [name, node] of update.graph.nodes) {
              if (!update.changed.has(name)) expect(node).toBe(graph.nodes.get(name));
              else if (node.parent !== graph.nodes.get(name)?.parent) tally.reparented++;
            }
            const reordered = reorderStacks(stacks, graph, update.graph, update.changed);
            if (reordered) {
              tally.reordered++;
              expect(reordered).toEqual(orderStacks(built, current));
              const [was, is] = [graph, update.graph].map((one) => layersByName(one, input.history));
              const moved = reordered.filter((stack, place) => stack !== stacks[place]).flatMap(nodesOf);
              const among = layersByName(update.graph, input.history, moved);
              for (const { name } of reordered.flatMap(nodesOf)) {
                const isAmong = moved.some((node) => node.name === name);
                expect((isAmong ? among : was)?.get(name)).toEqual(is?.get(name));
                if (isAmong && among.has(name)) tally.restackable++;
              }
            }
            stacks = reordered ?? orderStacks(update.graph, current);
          } else stacks = orderStacks(built, current);
          graph = update?.graph ?? built;
          wasUpdated = update !== undefined;
        }
      },
    ),
    { numRuns: 1_000 },
  );
  // Otherwise nothing was proven.
  expect(tally.updated).toBeGreaterThan(tally.steps / 2);
  expect(tally.inARow).toBeGreaterThan(tally.steps / 5);
  expect(tally.moved).toBeGreaterThan(tally.steps / 3);
  expect(tally.reparented).toBeGreaterThan(tally.steps / 10);
  expect(tally.reordered).toBeGreaterThan(tally.steps / 10);
  expect(tally.restackable).toBeGreaterThan(tally.steps / 50);
});
