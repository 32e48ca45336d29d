// Measures the product against the plain Git commands that any implementation needs, side by side in one run.
//
//   npm run bench [-- --sizes 50,1000,10000 --rounds 7 --dir DIR --json]
//
// What is measured, and what each floor is, stands below the table that it prints.

import { rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Comparison, Sample } from "./measure.ts";
import { mirrorSyncs } from "./mirror.ts";
import { cachedRepository, SIZES, scratchCopy } from "./repositories.ts";
import { firstSnapshot, httpReads, refreshes } from "./scenarios.ts";

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
  the best bare git fetch: the two refs by name with --negotiation-tip, which somebody would first have to know of.`;

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: SIZES.map(({ branches }) => branches).join(",") },
    rounds: { type: "string", default: "7" },
    dir: { type: "string", default: join(tmpdir(), "stackit-bench") },
    json: { type: "boolean", default: false },
  },
});

const wanted = new Set(values.sizes.split(",").map(Number));
const results: Comparison[] = [];
for (const size of SIZES) {
  if (!wanted.has(size.branches)) continue;
  const copy = await scratchCopy(await cachedRepository(size, values.dir));
  try {
    const bench = { repository: copy, branches: size.branches, rounds: Number(values.rounds) };
    process.stderr.write(`Measuring ${size.branches} branches …\n`);
    results.push(await firstSnapshot(bench), ...(await refreshes(bench)));
    results.push(...(await httpReads(bench)), ...(await mirrorSyncs(bench)));
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

process.stdout.write(
  values.json
    ? `${JSON.stringify({ node: process.version, cpus: cpus().length, results }, null, 2)}\n`
    : `${table(results)}\n${NOTES}\n`,
);

function table(rows: readonly Comparison[]): string {
  const lines = ["| branches | | Stackit | plain Git | ratio |", "|---:|---|---:|---:|---:|"];
  for (const { branches, scenario, product, floor, ratio } of rows) {
    lines.push(
      `| ${branches.toLocaleString("en")} | ${scenario} | ${show(product)} | ${show(floor)} | ${ratio.toFixed(2)} |`,
    );
  }
  return lines.join("\n");
}

function show({ medianMs, minMs, maxMs }: Sample): string {
  const digits = medianMs < 10 ? 1 : 0;
  return `${medianMs.toFixed(digits)} (${minMs.toFixed(digits)}–${maxMs.toFixed(digits)})`;
}
