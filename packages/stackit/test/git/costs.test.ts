import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Turns } from "../../src/lib/turns.ts";
import type { MirrorOptions } from "../../src/repos/mirror-options.ts";
import type { CountingSpawner } from "../support/counting-spawner.ts";
import type { GitHttpHost } from "../support/git-http-host.ts";
import { mirroredScene } from "../support/mirrored-scene.ts";
import type { SceneWriter } from "../support/scene-import.ts";
import limits from "./costs.json" with { type: "json" };

/** What the work on a thousand branches may cost at most. */
interface Cost {
  /** Those of Git, in alphabetical order. */
  readonly processes: readonly string[];
  /** Of the remote. */
  readonly requests: readonly string[];
  /** What the remote answers. */
  readonly bytes: number;
  /** What is asked of processes that stay. */
  readonly objects: number;
}

function aThousandBranches(writer: SceneWriter): void {
  writer.commit("main");
  for (let n = 0; n < 250; n++) {
    writer.stacked(`s${n}/a`, "main");
    writer.stacked(`s${n}/b`, `s${n}/a`);
    writer.stacked(`s${n}/c`, `s${n}/b`);
    writer.stacked(`s${n}/d`, `s${n}/c`);
  }
}

/** What a piece of work costs. Nothing else may go on meanwhile. */
async function costOf(
  { spawner, host }: { spawner: CountingSpawner; host: GitHttpHost },
  work: () => Promise<unknown>,
): Promise<Cost> {
  let bytes = 0;
  host.through = () => {
    const counted = new PassThrough();
    counted.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    return counted;
  };
  spawner.take();
  const asked = host.asks.length;
  await work();
  const { commands, objectsAsked } = spawner.take();
  return { processes: commands.sort(), requests: host.asks.slice(asked), bytes, objects: objectsAsked };
}

const work = () => ({ signal: AbortSignal.timeout(60_000), confirmed: new Set<string>(), expected: [] });

/** What is found out behind a snapshot waits for ever, so that it is in none of the costs. */
function nothingBehind(): Partial<MirrorOptions> {
  const never = { quiet: { isQuiet: false, onQuiet: () => () => {} }, maxWaitMs: 86_400_000 };
  return { behind: { counting: new Turns(1, never), looking: new Turns(1, never) } };
}

/** The file says which processes and requests, and up to how much of the rest, since versions of git differ in that. */
function expectNoMore(costs: Record<string, Cost>, limits: Record<string, Cost>): void {
  const exact = ([name, { processes, requests }]: [string, Cost]) => [name, { processes, requests }];
  expect(Object.entries(costs).map(exact)).toEqual(Object.entries(limits).map(exact));
  for (const [name, { bytes, objects }] of Object.entries(costs)) {
    expect.soft(bytes, `bytes: ${name}`).toBeLessThanOrEqual(limits[name]?.bytes ?? 0);
    expect.soft(objects, `objects: ${name}`).toBeLessThanOrEqual(limits[name]?.objects ?? 0);
  }
}

test("what syncs of a thousand branches cost is not more than what is written down", async () => {
  await using scene = await mirroredScene(aThousandBranches, nothingBehind());
  const { upstream } = scene;
  await scene.refresh();
  const costs: Record<string, Cost> = {};
  costs["nothing pushed"] = await costOf(scene, () => scene.refresh());

  await upstream.commit("s7/d");
  costs["one branch pushed"] = await costOf(scene, () => scene.refresh());

  await upstream.git("update-ref", "-d", "refs/heads/s9/d");
  costs["one branch deleted"] = await costOf(scene, () => scene.refresh());

  await using again = scene.reopen();
  await again.recall();
  costs["nothing pushed, after a restart"] = await costOf(scene, () => again.refresh(work()));
  costs["read after a restart"] = await costOf(scene, () => again.wake());
  expectNoMore(costs, limits);
});
