import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { HelperSpawner } from "../packages/stackit/src/git/helper-spawner.ts";
import { RefLooker } from "../packages/stackit/src/git/wire/ls-refs.ts";
import { Mirror } from "../packages/stackit/src/repos/mirror.ts";
import type { ForgeDesk } from "../packages/stackit/src/submit/forge-desk.ts";
import { readStack } from "../packages/stackit/src/submit/read-stack.ts";
import { submitSource } from "../packages/stackit/src/submit/submit-source.ts";
import { gitHost } from "./git-host.ts";
import { type Comparison, compare, inTurn, timeMs } from "./measure.ts";
import { listRemote } from "./mirror.ts";
import { git } from "./plain-git.ts";
import { type Bench, untilCounted } from "./scenarios.ts";

const BRANCHES = 100;
const nameOf = (number: number): string => `tall/${number}`;

/**
 * The plan of a stack of a hundred branches in one line, none of which has a pull request yet: the sync before it, the look at the remote for the one
 * who submits, and the texts of a hundred pull requests. The forge answers at once. Floor: git ls-remote with the mirror's prefixes, git ls-remote of the
 * hundred branches with their metadata, and git cat-file --batch of their commits.
 */
export async function submitPlans({ repository, branches, rounds }: Bench): Promise<Comparison[]> {
  const tips = await makeStack(repository);
  await using host = await gitHost(dirname(repository));
  await using spawner = new HelperSpawner();
  using looker = new RefLooker();
  const url = new URL(`${host.url}/${basename(repository)}`);
  const [dir, plain] = [`${repository}-mirror.git`, `${repository}-plain.git`];
  const scratchDir = await mkdtemp(join(tmpdir(), "stackit-bench-plan-"));
  await using mirror = new Mirror(spawner, looker, { id: "bench", dir, url });
  const { signal } = new AbortController();
  const sync = () => mirror.refresh({ signal, confirmed: new Set(), expected: [] });
  try {
    await sync();
    await untilCounted(mirror);
    await git(repository, ["clone", "--quiet", "--mirror", url.href, plain]);
    const source = submitSource(mirror, spawner);
    if (!source) throw new Error("nothing to submit");
    const reader = {
      spawner,
      looker,
      scratchDir,
      forgeOf: () => ({ owner: "bench", name: "bench", url }),
      openForge: () => emptyForge,
      noreplyHost: "users.noreply.example.com",
      wallNow: Date.now,
    };
    const plan = async (): Promise<void> => {
      await sync();
      const account = { kind: "token" as const, token: "" };
      await using reading = await readStack(reader, {
        source,
        stack: nameOf(1),
        account,
        wishes: { draft: false, ready: false, reviewers: [], labels: [], nativeStack: false },
        signal,
      });
      const { creates } = reading.plan;
      if (creates !== BRANCHES) throw new Error(`${creates} pull requests were planned`);
    };
    const names = tips.map((_, index) => nameOf(index + 1));
    const floor = async (): Promise<void> => {
      await listRemote(plain, url.href);
      const refs = names.flatMap((name) => [`refs/heads/${name}`, `refs/stackit/metadata/${name}`]);
      await git(plain, ["ls-remote", url.href, ...refs]);
      await git(plain, ["cat-file", "--batch", "--buffer"], tips.map((oid) => `${oid}\n`).join(""));
    };
    await plan();
    const measured = await compare(branches, `plan of ${BRANCHES} branches`, rounds, (_index, productFirst) =>
      inTurn(
        productFirst,
        () => timeMs(plan),
        () => timeMs(floor),
      ),
    );
    return [measured];
  } finally {
    for (const folder of [dir, plain, scratchDir]) await rm(folder, { recursive: true, force: true });
  }
}

const noWrite = () => Promise.reject(new Error("a plan changes nothing"));

const emptyForge: ForgeDesk = {
  owner: "bench",
  find: async () => ({
    login: "bench",
    mayPush: true,
    pullRequests: new Map(),
    guarded: new Map(),
  }),
  create: noWrite,
  update: noWrite,
  markReady: noWrite,
  requestReviewers: noWrite,
  addLabels: noWrite,
  nativeStackOf: noWrite,
  createNativeStack: noWrite,
  extendNativeStack: noWrite,
};

/** Resolves to the tips, from below. */
async function makeStack(repository: string): Promise<string[]> {
  const main = (await git(repository, ["rev-parse", "refs/heads/main"])).trim();
  const tips: string[] = [];
  const refs: string[] = [];
  for (let number = 1; number <= BRANCHES; number++) {
    const below = tips.at(-1) ?? main;
    const message = `Step ${number}\n\nWhat it is for, in a sentence.`;
    const made = await git(repository, ["commit-tree", `${main}^{tree}`, "-p", below, "-m", message]);
    tips.push(made.trim());
    const parentBranchName = number === 1 ? "main" : nameOf(number - 1);
    const metadata = JSON.stringify({ parentBranchName, parentBranchRevision: below });
    const blob = (await git(repository, ["hash-object", "-w", "--stdin"], metadata)).trim();
    refs.push(`create refs/heads/${nameOf(number)} ${made.trim()}\n`);
    refs.push(`create refs/stackit/metadata/${nameOf(number)} ${blob}\n`);
  }
  await git(repository, ["update-ref", "--stdin"], refs.join(""));
  return tips;
}
