// Divides a mirror's sync of one pushed branch into its parts, beside the bare Git commands that do the same.
//
//   npx node --conditions=source bench/mirror-parts.ts [--branches 10000 --rounds 15 --dir DIR --profile FILE]
//
// `--profile` writes where this process spent its time in these syncs, as Chrome's tools and speedscope read it.

import { rm, writeFile } from "node:fs/promises";
import { Session } from "node:inspector/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { Mirror } from "../packages/stackit/src/repos/mirror.ts";
import { gitHost } from "./git-host.ts";
import { median, timeMs } from "./measure.ts";
import { listRemote, targetedFetch } from "./mirror.ts";
import { changeBranch, git, unchangedFloor } from "./plain-git.ts";
import { cachedRepository, SIZES, scratchCopy } from "./repositories.ts";
import { someBranches, untilCounted } from "./scenarios.ts";
import { Spans, TimedLooker, TimedSpawner } from "./timed-parts.ts";

const { values } = parseArgs({
  options: {
    branches: { type: "string", default: "10000" },
    rounds: { type: "string", default: "15" },
    dir: { type: "string", default: join(tmpdir(), "stackit-bench") },
    profile: { type: "string" },
  },
});
const size = SIZES.find(({ branches }) => branches === Number(values.branches));
if (!size) throw new Error(`--branches is one of ${SIZES.map(({ branches }) => branches).join(", ")}`);

const repository = await scratchCopy(await cachedRepository(size, values.dir));
const [dir, plain] = [`${repository}-mirror.git`, `${repository}-plain.git`];
try {
  process.stdout.write(`${table(await rounds(Number(values.rounds)))}\n`);
} finally {
  for (const folder of [repository, dir, plain]) await rm(folder, { recursive: true, force: true });
}

/** Milliseconds of each round, by part, in the order in which they are to be shown. */
async function rounds(count: number): Promise<Map<string, number[]>> {
  const spans = new Spans();
  await using host = await gitHost(dirname(repository));
  await using spawner = new TimedSpawner(spans);
  using looker = new TimedLooker(spans);
  const url = `${host.url}/${basename(repository)}`;
  await using mirror = new Mirror(spawner, looker, { id: "bench", dir, url: new URL(url) });
  const sync = () =>
    mirror.refresh({ signal: new AbortController().signal, confirmed: new Set(), expected: [] });
  await sync();
  await untilCounted(mirror);
  await git(repository, ["clone", "--quiet", "--mirror", url, plain]);

  const parts = new Map<string, number[]>();
  const note = (part: string, ms: number) => parts.set(part, [...(parts.get(part) ?? []), ms]);
  using profiler = values.profile === undefined ? undefined : await profile();
  for (const [index, name] of (await someBranches(repository, count)).entries()) {
    await changeBranch(repository, name, 3000 + index);
    spans.clear();
    const startedAt = performance.now();
    const { outcome, phases } = await sync();
    const totalMs = performance.now() - startedAt;
    if (outcome !== "updated") throw new Error(`the push was not seen: ${outcome}`);

    const objectsMs = spans.of("cat-file");
    const linesMs = spans.of("diff-tree");
    note("whole sync", totalMs);
    note("fetch: the look", spans.of("look"));
    const gitMs = ["unpack-objects", "rev-list", "update-ref"].map((command) => {
      note(`fetch: git ${command}`, spans.of(command));
      return spans.of(command);
    });
    note(
      "fetch: own (plan, hold, waiting for the pack)",
      gitMs.reduce((left, ms) => left - ms, phases.fetchMs - spans.of("look")),
    );
    note("read: git for-each-ref", spans.of("for-each-ref"));
    note("read: own (files, parsing)", phases.readMs - spans.of("for-each-ref"));
    note("derive: git cat-file, waited", objectsMs);
    note("derive: git diff-tree", linesMs);
    note("derive: own (model, publishing)", phases.deriveMs - objectsMs - linesMs);
    note("outside the phases", totalMs - phases.fetchMs - phases.readMs - phases.deriveMs);
    note("bare git fetch of the two refs", await timeMs(() => targetedFetch(plain, url, name)));
    note("bare git ls-remote", await timeMs(() => listRemote(plain, url)));
    note("bare git for-each-ref", await timeMs(() => unchangedFloor(plain)));
  }
  if (values.profile !== undefined && profiler) await writeFile(values.profile, await profiler.end());
  return parts;
}

async function profile(): Promise<Disposable & { end(): Promise<string> }> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 200 });
  await session.post("Profiler.start");
  return {
    end: async () => JSON.stringify((await session.post("Profiler.stop")).profile),
    [Symbol.dispose]: () => session.disconnect(),
  };
}

function table(parts: ReadonlyMap<string, readonly number[]>): string {
  const fetchMs = median(parts.get("bare git fetch of the two refs") ?? []);
  const lines = ["| part | median ms | of the bare fetch |", "|---|---:|---:|"];
  for (const [part, ms] of parts) {
    lines.push(`| ${part} | ${median(ms).toFixed(1)} | ${(median(ms) / fetchMs).toFixed(2)} |`);
  }
  return lines.join("\n");
}
