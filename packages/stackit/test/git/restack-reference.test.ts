import fc from "fast-check";
import { expect, test } from "vitest";
import { fingerprintTree } from "../support/fingerprint-tree.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { land } from "../support/landings.ts";
import { rebaseReference } from "../support/rebase-reference.ts";
import { type Restacking, restacking } from "../support/restacking.ts";

const FILES = ["a.txt", "lib/b.txt"] as const;

type Files = Readonly<Record<string, string>>;

/** A commit: `file` gets `text` in one line. Several may well say the same. */
interface Edit {
  readonly file: (typeof FILES)[number] | "own";
  readonly line: number;
  readonly text: number;
}

interface PlannedBranch {
  /** Which of the branches before it. */
  readonly on: number;
  readonly edits: readonly Edit[];
}

type Move =
  | { readonly do: "trunk"; readonly edit: Edit }
  | { readonly do: "go on" | "rewrite"; readonly branch: number; readonly edit: Edit }
  | { readonly do: "land"; readonly how: "merge" | "squash" | "rebase"; readonly stays: boolean };

const edit = fc.record<Edit>({
  file: fc.constantFrom("own", "own", ...FILES),
  line: fc.integer({ min: 0, max: 8 }),
  text: fc.integer({ min: 1, max: 3 }),
});
const branches = fc.array(
  fc.record<PlannedBranch>({
    on: fc.integer({ min: 1, max: 4 }),
    edits: fc.array(edit, { minLength: 1, maxLength: 3 }),
  }),
  { minLength: 2, maxLength: 5 },
);
const move = fc.oneof<fc.Arbitrary<Move>[]>(
  fc.record({ do: fc.constant("trunk" as const), edit }),
  fc.record({ do: fc.constantFrom("go on" as const, "rewrite" as const), branch: fc.nat(1), edit }),
);
const landing = fc.record({
  do: fc.constant("land" as const),
  how: fc.constantFrom("merge" as const, "squash" as const, "rebase" as const),
  stays: fc.boolean(),
});

interface Own {
  readonly name: string;
  readonly parent: string;
  /** Oldest first. */
  commits: readonly string[];
  /** Of its files that several branches change, at each of its commits, and before them. */
  readonly files: Files[];
}

const TEXT = Array.from({ length: 12 }, (_, line) => `line ${line}\n`).join("");
const BEGINNING: Files = Object.fromEntries(FILES.map((file) => [file, TEXT]));

/** A scene, and what in it is whose. */
class World {
  readonly scene: Scene;
  readonly #own: ReadonlyMap<string, Own>;
  #count = 1_000;

  private constructor(scene: Scene, own: ReadonlyMap<string, Own>) {
    this.scene = scene;
    this.#own = own;
  }

  static async begin(planned: readonly PlannedBranch[]): Promise<World> {
    const own = new Map<string, Own>();
    const scene = await createScene(
      (s) => {
        s.commit("main", { files: BEGINNING });
        for (const [index, { on, edits }] of planned.entries()) {
          const below = own.get(`branch-${index - 1 - ((on - 1) % Math.max(index, 1))}`);
          const { name: parent, files: ofParent } = below ?? { name: "main", files: [BEGINNING] };
          const one: Own = { name: `branch-${index}`, parent, commits: [], files: ofParent.slice(-1) };
          own.set(one.name, one);
          s.branch(one.name, parent);
          s.metadata(one.name, { parentBranchName: parent });
          for (const [step, edit] of edits.entries()) {
            const change = changeOf(one.files.at(-1), edit, index * 100 + step);
            s.commit(one.name, { files: change });
            one.files.push({ ...one.files.at(-1), ...change });
          }
        }
      },
      { bare: true },
    );
    for (const one of own.values()) {
      const out = await scene.git("rev-list", "--reverse", one.name, `^${one.parent}`);
      one.commits = out.split("\n").filter(Boolean);
    }
    return new World(scene, own);
  }

  own(name: string): Own {
    const own = this.#own.get(name);
    if (!own) throw new Error(`there is no ${name}`);
    return own;
  }

  async apply(move: Move): Promise<void> {
    const { scene } = this;
    if (move.do === "trunk") {
      const [file, ...others] = await Promise.all(FILES.map((name) => scene.git("show", `main:${name}`)));
      const files = { [FILES[0]]: `${file}\n`, [FILES[1]]: `${others[0]}\n` };
      await scene.commit("main", { files: changeOf(files, move.edit, this.#count++) });
    } else if (move.do === "land") {
      const { name } = this.own("branch-0");
      // One that conflicts does not land.
      await land(scene, move.how, `Land ${name} (#1)`, name).catch(() => fc.pre(false));
      if (!move.stays) await scene.git("update-ref", "-d", `refs/heads/${name}`);
    } else {
      const own = this.own(`branch-${move.branch % this.#own.size}`);
      if (move.do === "rewrite") {
        await scene.git("update-ref", `refs/heads/${own.name}`, `${own.name}^`);
        own.commits = own.commits.slice(0, -1);
        own.files.pop();
      }
      const change = changeOf(own.files.at(-1), move.edit, this.#count++);
      own.files.push({ ...own.files.at(-1), ...change });
      own.commits = [...own.commits, await scene.commit(own.name, { files: change })];
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scene[Symbol.asyncDispose]();
  }
}

function changeOf(files: Files = BEGINNING, { file, line, text }: Edit, number: number): Files {
  if (file === "own") return { [`own-${number}.txt`]: `${number}\n` };
  const lines = (files[file] ?? "").split("\n");
  return { [file]: lines.map((was, index) => (index === line ? `text ${text}` : was)).join("\n") };
}

/** What a restack made, beside what git makes of the same, branch by branch. Resolves to whether there was something to do. */
async function agrees(world: World, restacks: Restacking): Promise<boolean> {
  const { scene } = world;
  const layers = await restacks.layers();
  for (const layer of layers) {
    if ("reason" in layer) throw new Error(`${layer.name}: ${layer.reason}`);
    expect(layer.commits).toEqual(world.own(layer.name).commits);
  }
  if (layers.length === 0) return false;
  const before = await fingerprintTree(scene.path);
  const restack = await restacks.restack(layers);
  expect(await fingerprintTree(scene.path)).toEqual(before);
  const reference = await rebaseReference(scene, restacks.committer.atMs);
  const tips = new Map<string, string>();
  for (const layer of layers) {
    if ("reason" in layer) continue;
    const { base, tip, name, commits } = layer;
    const onto = "commit" in layer.onto ? layer.onto.commit : (tips.get(layer.onto.layer) ?? "");
    const rebased = await reference.rebase({ onto, base, tip });
    if ("commit" in rebased) {
      expect(restack).toEqual({ kind: "conflict", branch: name, ...rebased });
      return true;
    }
    tips.set(name, rebased.to);
    if (restack.kind !== "restacked") continue;
    const made = restack.branches.get(name);
    // The same id: tree, parents, author, committer and message are the same, and so of all below.
    expect(made).toMatchObject({ from: tip, to: rebased.to });
    const gitDir = restack.objects.gitDir;
    const now = await ownCommits(scene, gitDir, onto, rebased.to);
    const kept = commits.filter((oid) => !made?.dropped.includes(oid));
    expect(now).toHaveLength(kept.length);
    const changes = await changesOf(scene, gitDir, [...kept, ...now]);
    expect(changes.slice(kept.length)).toEqual(changes.slice(0, kept.length));
  }
  expect(restack.kind).toBe("restacked");
  return true;
}

async function ownCommits(scene: Scene, gitDir: string, below: string, tip: string): Promise<string[]> {
  const out = await scene.gitIn(gitDir, "rev-list", "--reverse", tip, `^${below}`);
  return out.split("\n").filter(Boolean);
}

/** Without the lines around them, which others may have changed. */
async function changesOf(scene: Scene, gitDir: string, oids: readonly string[]): Promise<string[]> {
  if (oids.length === 0) return [];
  const out = await scene.gitIn(gitDir, "show", "--no-walk=unsorted", "-U0", "--format=%x00", ...oids);
  return out
    .split("\0")
    .slice(1)
    .map((text) => text.replace(/^(@@|index ).*$/gm, "").trim());
}

const LAST: Move = { do: "go on", branch: 0, edit: { file: "own", line: 0, text: 1 } };

test("whatever moves, a restack makes the commits that git's own rebase makes, or stops where that stops", async () => {
  await fc.assert(
    fc.asyncProperty(
      branches,
      fc.array(move, { minLength: 1, maxLength: 3 }),
      fc.option(landing),
      fc.array(edit, { maxLength: 1 }),
      async (planned, moves, landed, later) => {
        await using world = await World.begin(planned);
        // What has landed does not go on; where nothing has, something has to move.
        for (const one of [...moves, landed ?? LAST]) await world.apply(one);
        for (const one of later) await world.apply({ do: "trunk", edit: one });
        await using restacks = await restacking(world.scene);
        expect((await agrees(world, restacks)) || landed).toBeTruthy();
      },
    ),
    { numRuns: 10 },
  );
});
