import { rm } from "node:fs/promises";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { HelperSpawner } from "../packages/stackit/src/git/helper-spawner.ts";
import { ObjectPool } from "../packages/stackit/src/git/object-pool.ts";
import { ReadOnlyGit } from "../packages/stackit/src/git/read-only-git.ts";
import type { Spawner } from "../packages/stackit/src/git/spawner.ts";
import { LandingWatch } from "../packages/stackit/src/repos/landing-watch.ts";
import type { RepoModel } from "../packages/stackit/src/repos/repo-model.ts";
import { WorkingCopy } from "../packages/stackit/src/repos/working-copy.ts";
import { NOTHING_LANDED } from "../packages/stackit/src/stacks/landed.ts";
import { landingQuestions } from "../packages/stackit/src/stacks/landing-questions.ts";
import { openStore } from "../packages/stackit/src/store/open-store.ts";
import { type Comparison, compare, type Finding, inTurn, timeMs } from "./measure.ts";
import { git, patchesFloor } from "./plain-git.ts";
import { cachedRepository, type Size, scratchCopy } from "./repositories.ts";
import { untilCounted } from "./scenarios.ts";

/** A trunk as long as it is looked at. */
const SIZE: Size = { branches: 1_000, stacks: 250, trunkCommits: 100_000, files: 2_000 };

const never = new AbortController().signal;

/** Which of 1,000 branches have landed on a trunk of 100,000 commits: the first look, and the next after a commit on the trunk. */
export async function landings(folder: string, rounds: number): Promise<(Comparison | Finding)[]> {
  const repository = await scratchCopy(await cachedRepository(SIZE, folder));
  try {
    await using spawner = new HelperSpawner();
    const model = await modelOf(spawner, repository);
    const work = await workFor(model, repository);
    let busyMs = 0;
    let found = 0;
    const first = await compare(SIZE.branches, "landed, first look", 2, (_index, productFirst) =>
      inTurn(
        productFirst,
        async () => {
          const delay = monitorEventLoopDelay({ resolution: 5 });
          delay.enable();
          const ms = await withWatch(spawner, repository, (watch) =>
            timeMs(() => lookToTheEnd(watch, model)),
          );
          busyMs = Math.max(busyMs, delay.max / 1e6);
          return ms;
        },
        () => timeMs(() => firstFloor(repository, work)),
      ),
    );
    const next = await withWatch(spawner, repository, async (watch) => {
      await lookToTheEnd(watch, model);
      found = watch.landed.size;
      return compare(SIZE.branches, "landed, one more on the trunk", rounds, async (index, productFirst) => {
        const [before, tip] = await commitOnTrunk(repository, index);
        const trunk = model.graph.trunk;
        if (!trunk) throw new Error("there is no trunk");
        const moved = { ...model, graph: { ...model.graph, trunk: { ...trunk, tip, tips: [tip] } } };
        return inTurn(
          productFirst,
          () => timeMs(() => lookToTheEnd(watch, moved)),
          () => timeMs(() => nextFloor(repository, before, tip)),
        );
      });
    });
    const blocked: Finding = {
      branches: SIZE.branches,
      scenario: "landed, first look",
      product: [
        ["landed", found],
        ["event loop busy for at most", busyMs, "ms"],
      ],
      floor: [],
    };
    return [first, next, blocked];
  } finally {
    await rm(repository, { recursive: true, force: true });
  }
}

async function modelOf(spawner: Spawner, repository: string): Promise<RepoModel> {
  await using repo = new WorkingCopy(spawner, { id: "bench", folder: repository, namesPerson: false });
  await repo.refresh({ signal: never, confirmed: new Set() });
  await untilCounted(repo);
  if (!repo.snapshot) throw new Error("there is no snapshot");
  const { parts } = repo.snapshot;
  // As if nobody had looked yet.
  const { workings } = parts.graph;
  const input = { ...workings.input, landed: NOTHING_LANDED };
  return { ...parts, graph: { ...parts.graph, workings: { ...workings, input } } };
}

/** With a store of its own, so that nobody's patches are known. */
async function withWatch<T>(
  spawner: Spawner,
  repository: string,
  use: (watch: LandingWatch) => Promise<T>,
): Promise<T> {
  const dataDir = join(repository, "..", `landed-${process.pid}`);
  try {
    await using store = await openStore(dataDir);
    const readOnly = new ReadOnlyGit(spawner, repository);
    await using objects = new ObjectPool(readOnly);
    const stores = { patchIds: store.patchIds, landed: store.landed("bench") };
    return await use(new LandingWatch(readOnly, objects, stores));
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function lookToTheEnd(watch: LandingWatch, model: RepoModel): Promise<void> {
  while (!(await watch.look(model, [], never)));
}

/** What has to be compared, which somebody would first have to know: lines for `git diff-tree --stdin`. */
async function workFor({ graph, history }: RepoModel, repository: string): Promise<string> {
  const questions = landingQuestions(graph, NOTHING_LANDED, history, new Map());
  const trunk = (await git(repository, ["rev-list", "--topo-order", "main"])).split("\n").filter(Boolean);
  const grounds = new Set(questions.flatMap((question) => question.grounds));
  const oldest = trunk.findLastIndex((oid) => grounds.has(oid));
  const ofBranches = questions.flatMap(({ tip, base, commits }) =>
    commits.length === 1 ? commits : [...commits, `${tip} ${base}`],
  );
  return [...trunk.slice(0, oldest), ...new Set(ofBranches), ""].join("\n");
}

async function firstFloor(repository: string, work: string): Promise<void> {
  await git(repository, ["rev-list", "--topo-order", "--parents", "main"]);
  await patchesFloor(repository, work);
}

async function nextFloor(repository: string, before: string, tip: string): Promise<void> {
  await git(repository, ["rev-list", "--topo-order", "--parents", tip, `^${before}`]);
  await patchesFloor(repository, `${tip}\n`);
}

async function commitOnTrunk(repository: string, round: number): Promise<[before: string, tip: string]> {
  const before = (await git(repository, ["rev-parse", "refs/heads/main"])).trim();
  const file = (await git(repository, ["hash-object", "-w", "--stdin"], `trunk ${round}\n`)).trim();
  const entries = await git(repository, ["ls-tree", before]);
  const tree = (
    await git(repository, ["mktree"], `${entries}100644 blob ${file}\ttrunk-${round}.txt\n`)
  ).trim();
  const message = ["-m", `Round ${round}`];
  const tip = (await git(repository, ["commit-tree", tree, "-p", before, ...message])).trim();
  await git(repository, ["update-ref", "refs/heads/main", tip]);
  return [before, tip];
}
