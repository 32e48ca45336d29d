// Measures the product against the plain Git commands that any implementation needs, side by side in one run.
//
//   npm run bench [-- --sizes 50,1000,10000 --rounds 7 --only mirror,sweep --dir DIR --json]
//
// What is measured, and what each floor is, stands below the table that it prints.

import { rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { landings } from "./landed.ts";
import { manyMirrors } from "./many-mirrors.ts";
import type { Result } from "./measure.ts";
import { mirrorSyncs } from "./mirror.ts";
import { pages } from "./page.ts";
import { publicReads } from "./public-reads.ts";
import { pushesToEvents } from "./push-to-event.ts";
import { cachedRepository, SIZES, type Size, scratchCopy } from "./repositories.ts";
import { restacks } from "./restack.ts";
import { firstSnapshot, httpReads, refreshes } from "./scenarios.ts";
import { submitPlans } from "./submit-plan.ts";
import { sweeps } from "./sweep.ts";
import { table } from "./table.ts";
import { webhookBursts } from "./webhook-burst.ts";

const NOTES = `
Medians (min–max) in milliseconds; both sides run in turn in one process, each going first every other time. The ratio is median by median.
first snapshot: open the repository and read it for the first time, in a fresh process without a database; the start of Node and the loading
  of modules are not counted, nor are line counts, which follow later. Floor: for-each-ref of heads and metadata, cat-file --batch of the
  metadata, cat-file --batch of the tips, rev-list --parents of everything that is not on the trunk.
refresh, nothing changed: floor: for-each-ref of heads and metadata.
refresh, one branch changed: one new commit and new metadata of one branch; the product's time includes the new line counts and the
  publishing. Floor: for-each-ref, cat-file --batch of the two new objects, diff-tree --stdin --numstat of one pair.
GET /view and POST /sync: the whole server over HTTP on loopback, gzip accepted. Floor: one for-each-ref of heads and metadata, which is
  what answering from Git each time would cost at least.
mirror, …: a mirror of the repository on a smart HTTP host on loopback. Nothing pushed: floor: git ls-remote with the same prefixes. One
  branch pushed, with its metadata: the product's time includes the look, the fetch, the model, the line counts and the publishing. Floor:
  the best bare git fetch: the two refs by name with --negotiation-tip, which somebody would first have to know of.
push to event: one push at a time to a server process with one mirror, its webhook at once after it; from the posting to the refresh event at
  a reader, less the settle window of 250 ms and the fetch (fetchMs of the run: look and fetch). Reading and deriving are medians.
restack of 10 branches: of three commits each, in one line, on a commit that was amended, into objects that can be pushed from beside the
  repository. Files of their own: each commit changes another file; one file: all change the same one, as the amended commit did, so that
  git is asked to merge each. Floor: git rebase --update-refs in a worktree that has the top of the stack checked out.
plan of 100 branches: of a mirror, in one line, without pull requests so far: the sync before it, the look at the remote in the name of who submits, what
  a restack would make, and the texts of 100 pull requests; the forge answers at once. Floor: git ls-remote with the mirror's prefixes, git ls-remote of
  the 100 branches with their metadata, and git cat-file --batch of their commits.
200 mirrors, …: all synced through the queue, four at once, each run recorded in the store. Floor: git fetch --prune in 200 clones by xargs -P 4.
  What is found out behind a sweep, such as what landed, waits for the end of it, and is measured by itself.
1000 webhooks: to a server process, by another process over 10 or 50 connections, opened before, as fast as they are answered, each at once after the push of
  which it tells; from the sending to the status; medians of the bursts. "Runs meanwhile": of syncs asked for when the burst begins. "Sender late": by how much the sender's own event loop was late, at the 99th of 100 times:
  that is in all figures. Fetches as the host counts them. Floor, under plain Git: an endpoint that checks the signature and does no more, at the same load.
GET /view of 10 mirrors: of a public server, which looks at each every second, and each is pushed to once in a round; from the sending to the last byte, gzipped; medians
  of rounds of five seconds. Floor, under plain Git: an endpoint of node:http alone that answers with the bytes of one view, at the same load.
1000 mirrors: of 50 branches, on the disk when the server process starts; first runs are spread at ten a second. Idle: looked at, with nothing new, and
  left unread. Active: read, since a webhook told of a commit. Each: what one more adds.
page: the dashboard's page of a repository, from this server, in Chromium. First row: from the start of the navigation to the frame that shows it,
  nothing cached, the page's processor slowed by four. Patch: 200 leaves of as many stacks go to another commit; what the page's main thread was busy
  from before it until it is seen, at full speed. Heap: of what is reachable, before and after as many patches. The aims stand beside them.
landed: which branches have landed on a trunk of 100,000 commits, as it is found out behind a snapshot, with a store in which nothing is yet. First
  look: floor: rev-list --topo-order --parents of the trunk, and diff-tree --stdin -p piped into patch-id for all that has to be compared: the
  commits of the trunk since the oldest branch, and those of the branches, each and as a whole. One more on the trunk: the same for that commit.`;

/** Groups of scenarios, as `--only` names them: with one repository of each size, and with many small ones. */
const OF_ONE = ["first", "refresh", "http", "mirror", "events", "restack", "plan"] as const;
const OF_MANY = ["sweep", "webhooks", "memory", "public"] as const;
const GROUPS = [...OF_ONE, ...OF_MANY, "page", "landed"] as const;
type Group = (typeof GROUPS)[number];

const OF_PAGE: Size = { branches: 5_000, stacks: 1_250, trunkCommits: 20_000, files: 2_000 };

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: SIZES.map(({ branches }) => branches).join(",") },
    rounds: { type: "string", default: "7" },
    dir: { type: "string", default: join(tmpdir(), "stackit-bench") },
    only: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

const sizes = new Set(values.sizes.split(",").map(Number));
const rounds = Number(values.rounds);
const isWanted = (group: Group) => (values.only ?? GROUPS.join(",")).split(",").includes(group);
const results: Result[] = [];

async function measure(group: Group, what: () => Promise<readonly Result[]>): Promise<void> {
  if (!isWanted(group)) return;
  process.stderr.write(`Measuring ${group} …\n`);
  results.push(...(await what()));
}

for (const size of SIZES) {
  if (!sizes.has(size.branches) || !OF_ONE.some(isWanted)) continue;
  process.stderr.write(`${size.branches} branches:\n`);
  const copy = await scratchCopy(await cachedRepository(size, values.dir));
  try {
    const bench = { repository: copy, branches: size.branches, rounds };
    await measure("first", async () => [await firstSnapshot(bench)]);
    await measure("refresh", () => refreshes(bench));
    await measure("http", () => httpReads(bench));
    await measure("mirror", () => mirrorSyncs(bench));
    await measure("events", async () => [await pushesToEvents(bench)]);
    await measure("restack", () => restacks(bench));
    await measure("plan", () => submitPlans(bench));
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
if (OF_MANY.some(isWanted)) {
  const [smallest] = SIZES;
  if (!smallest) throw new Error("there is no size");
  const template = await cachedRepository(smallest, values.dir);
  await measure("sweep", () => sweeps(template, rounds));
  await measure("webhooks", () => webhookBursts(template, rounds));
  await measure("memory", () => manyMirrors(template));
  await measure("public", () => publicReads(template, rounds));
}

await measure("page", async () => {
  const copy = await scratchCopy(await cachedRepository(OF_PAGE, values.dir));
  try {
    return await pages({ repository: copy, branches: OF_PAGE.branches, rounds });
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
});
await measure("landed", () => landings(values.dir, rounds));

process.stdout.write(
  values.json
    ? `${JSON.stringify({ node: process.version, cpus: cpus().length, results }, null, 2)}\n`
    : `${table(results)}\n${NOTES}\n`,
);
