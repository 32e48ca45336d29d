import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HelperSpawner } from "../packages/stackit/src/git/helper-spawner.ts";
import { ObjectPool } from "../packages/stackit/src/git/object-pool.ts";
import { ReadOnlyGit } from "../packages/stackit/src/git/read-only-git.ts";
import { restackCommits } from "../packages/stackit/src/repos/restack-commits.ts";
import type { RestackLayer } from "../packages/stackit/src/stacks/restack-layers.ts";
import { type Comparison, compare, inTurn, timeMs } from "./measure.ts";
import { git, gitIn } from "./plain-git.ts";
import type { Bench } from "./scenarios.ts";

const BRANCHES = 10;
const COMMITS = 3;
const COMMITTER = { name: "Bench", email: "bench@example.com", atMs: 1_800_000_000_000 };
const LINES = Array.from({ length: 300 }, (_, line) => `line ${line}`);

/** The files that each commit changes: one of its own that was there before, or the one that all of them change. */
type Touch = "files of their own" | "one file";

/**
 * A restack of ten branches of three commits each, in one line, on a branch whose commit was amended: into objects that can be pushed. Floor: git
 * rebase --update-refs of the same in a worktree, which is there already with the top of the stack in it.
 */
export async function restacks({ repository, branches, rounds }: Bench): Promise<Comparison[]> {
  const scratchDir = await mkdtemp(join(tmpdir(), "stackit-bench-restack-"));
  try {
    const results: Comparison[] = [];
    for (const touch of ["files of their own", "one file"] as const) {
      results.push(await restackOf(touch, { repository, branches, rounds }, scratchDir));
    }
    return results;
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
}

async function restackOf(touch: Touch, bench: Bench, scratchDir: string): Promise<Comparison> {
  const { repository, branches, rounds } = bench;
  const stack = await makeStack(repository, touch);
  const worktree = join(scratchDir, touch.replaceAll(" ", "-"));
  await git(repository, ["worktree", "add", "--quiet", worktree, nameOf(touch, BRANCHES)]);
  await using spawner = new HelperSpawner();
  const read = new ReadOnlyGit(spawner, repository);
  await using objects = new ObjectPool(read);
  const tools = { spawner, git: read, objects, commonDir: repository, scratchDir };

  const restack = async (): Promise<number> => {
    const { signal } = new AbortController();
    let result: Awaited<ReturnType<typeof restackCommits>> | undefined;
    const ms = await timeMs(async () => {
      result = await restackCommits(stack.layers, tools, COMMITTER, signal);
    });
    if (result?.kind !== "restacked") throw new Error(`nothing was restacked: ${JSON.stringify(result)}`);
    const moved = [...result.branches.values()].filter(({ from, to }) => from !== to);
    if (moved.length !== BRANCHES) throw new Error(`only ${moved.length} branches were moved`);
    await result.objects[Symbol.asyncDispose]();
    return ms;
  };
  const rebase = async (): Promise<number> => {
    const args = ["rebase", "--quiet", "--update-refs", "--onto", stack.onto, stack.base];
    const ms = await timeMs(() => gitIn(worktree, args));
    await gitIn(worktree, ["checkout", "--quiet", "--detach"]);
    const back = stack.layers.map(({ name, tip }) => `update refs/heads/${name} ${tip}\n`).join("");
    await git(repository, ["update-ref", "--stdin"], back);
    await gitIn(worktree, ["checkout", "--quiet", nameOf(touch, BRANCHES)]);
    return ms;
  };
  await restack();
  return await compare(
    branches,
    `restack of ${BRANCHES} branches, ${touch}`,
    rounds,
    (_index, productFirst) => inTurn(productFirst, restack, rebase),
  );
}

const nameOf = (touch: Touch, number: number): string => `bench/${touch.replaceAll(" ", "-")}/${number}`;

/** `base`: what the lowest of them stands on; `onto`: what that has become. */
async function makeStack(
  repository: string,
  touch: Touch,
): Promise<{ base: string; onto: string; layers: readonly RestackLayer[] }> {
  const files = await git(repository, ["ls-tree", "-r", "--name-only", "refs/heads/main"]);
  const [shared = "", ...own] = files.split("\n").filter(Boolean);
  const text = (changed: ReadonlyMap<number, string>): string =>
    `${LINES.map((line, index) => changed.get(index) ?? line).join("\n")}\n`;
  const lines: string[] = [];
  let mark = 0;
  const commit = (branch: string, from: string, path: string, content: string): void => {
    mark++;
    lines.push(
      `commit refs/heads/${branch}\nmark :${mark}\ncommitter Bench <bench@example.com> 1700000000 +0000\n`,
      `${data(`Commit ${mark}`)}from ${from}\nM 100644 inline ${path}\n${data(content)}`,
    );
  };
  const changed = new Map<number, string>();
  commit(nameOf(touch, 0), "refs/heads/main^0", shared, text(changed));
  for (let branch = 1; branch <= BRANCHES; branch++) {
    for (let step = 0; step < COMMITS; step++) {
      const path = touch === "one file" ? shared : (own[mark] ?? "");
      if (touch === "one file") changed.set(mark * 8, `changed by ${mark}`);
      commit(nameOf(touch, branch), `:${mark}`, path, text(changed));
    }
  }
  const tips = mark;
  commit(`${nameOf(touch, 0)}-amended`, "refs/heads/main^0", shared, text(new Map([[2, "amended"]])));
  await git(repository, ["fast-import", "--quiet", "--force"], lines.join(""));

  const oids = await git(repository, [
    "rev-list",
    "--reverse",
    "--topo-order",
    `-${tips}`,
    nameOf(touch, BRANCHES),
  ]);
  const [baseOid = "", ...commits] = oids.split("\n").filter(Boolean);
  const onto = (await git(repository, ["rev-parse", `refs/heads/${nameOf(touch, 0)}-amended`])).trim();
  const layers = Array.from({ length: BRANCHES }, (_, index): RestackLayer => {
    const ownCommits = commits.slice(index * COMMITS, (index + 1) * COMMITS);
    return {
      name: nameOf(touch, index + 1),
      tip: ownCommits.at(-1) ?? "",
      base: commits[index * COMMITS - 1] ?? baseOid,
      commits: ownCommits,
      movedCount: (index + 1) * COMMITS,
      onto: index === 0 ? { commit: onto } : { layer: nameOf(touch, index) },
    };
  });
  return { base: baseOid, onto, layers };
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}
