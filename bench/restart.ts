// How long a server with many mirrors takes from the start of its process until it has answered the view of one of them, again and again.
//
//   npm run build && npx node --conditions=source bench/restart.ts [--mirrors 1000 --rounds 5 --dir DIR --beside MAIN]
//
// It is the built program that is started, as people install it. `--beside` names the `dist/main.js` of another version, or its `src/main.ts`, which
// takes turns with this one on the same data folder.

import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startServerProcess } from "../packages/stackit/test/support/server-process.ts";
import { makeFleet } from "./fleet.ts";
import { gitHost } from "./git-host.ts";
import { median } from "./measure.ts";
import { mirrorDir, readJson, serveMirrors } from "./mirror-server.ts";
import { cachedRepository, SIZES } from "./repositories.ts";

const { values } = parseArgs({
  options: {
    mirrors: { type: "string", default: "1000" },
    rounds: { type: "string", default: "5" },
    dir: { type: "string", default: join(tmpdir(), "stackit-bench") },
    beside: { type: "string" },
  },
});

const BUILT = fileURLToPath(new URL("../packages/stackit/dist/main.js", import.meta.url));

/** As the kernel counts processor time. */
const MS_PER_TICK = 10;

const [smallest] = SIZES.toSorted((a, b) => a.branches - b.branches);
if (!smallest) throw new Error("there is no repository to be served");
const template = await cachedRepository(smallest, values.dir);
await using fleet = await makeFleet(template, { count: Number(values.mirrors), changes: 0 });
await using host = await gitHost(fleet.folder);
const dataDir = `${fleet.folder}-data`;
const list = `${dataDir}.json`;
const repos = fleet.names.map((name) => ({ id: name, url: `${host.url}/${name}.git`, owner: "octo", name }));
const [first = "", ...others] = fleet.names;
const wanted = fleet.names.at(-1) ?? "";

try {
  {
    await using one = await serveMirrors([first], { hostUrl: host.url, dataDir });
    one.signal("SIGTERM");
    await one.ended;
  }
  for (const name of others) await fleet.copyFor(name, mirrorDir(dataDir, first), mirrorDir(dataDir, name));
  await writeFile(list, JSON.stringify({ repos }));
  await restart(BUILT);
  const programs = [
    { name: "this", main: BUILT },
    ...(values.beside ? [{ name: "beside", main: values.beside }] : []),
  ];
  const found = programs.map(({ name, main }) => ({ name, main, rounds: [] as Restart[] }));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const { main, rounds } of found) rounds.push(await restart(main));
  }
  for (const { name, rounds } of found) {
    const of = (what: keyof Restart) => Math.round(median(rounds.map((one) => one[what])));
    process.stdout.write(
      `${name}: listens after ${of("listensMs")} ms, first view after ${of("viewedMs")} ms (${of("cpuMs")} ms of processor time until then), of which the view took ${of("viewMs")} ms and ${of("processes")} processes of git\n`,
    );
  }
} finally {
  for (const path of [dataDir, list]) await rm(path, { recursive: true, force: true });
}

interface Restart {
  readonly listensMs: number;
  readonly viewMs: number;
  readonly viewedMs: number;
  readonly cpuMs: number;
  readonly processes: number;
}

async function restart(main: string): Promise<Restart> {
  const startedAt = performance.now();
  const args = ["--repos-config", list, "--data-dir", dataDir, "--sync-interval", "0"];
  await using server = await startServerProcess(args, {}, { program: main });
  const listensMs = performance.now() - startedAt;
  await readJson(`${server.url}/api/v1/repos/${wanted}/view`);
  const viewedMs = performance.now() - startedAt;
  const cpuMs = await processorMs(server.pid);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const processes = Number(/^stackit_git_processes_started_total (\d+)$/m.exec(metrics)?.[1]);
  server.signal("SIGTERM");
  await server.ended;
  return { listensMs, viewMs: viewedMs - listensMs, viewedMs, cpuMs, processes };
}

/** Of the process alone, without those that it started. */
async function processorMs(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  // Behind the name, which may have spaces, in parentheses.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}
