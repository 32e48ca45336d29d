import { PassThrough } from "node:stream";
import { expect } from "vitest";
import { Turns } from "../../src/lib/turns.ts";
import type { MirrorOptions } from "../../src/repos/mirror-options.ts";
import type { CountingSpawner } from "./counting-spawner.ts";
import type { GitHttpHost } from "./git-http-host.ts";

/** What a piece of work may cost at most. */
export interface Cost {
  /** Those of Git, in alphabetical order. */
  readonly processes: readonly string[];
  /** Of the remote. */
  readonly requests: readonly string[];
  /** What the remote answers. */
  readonly bytes: number;
  /** What is asked of processes that stay. */
  readonly objects: number;
}

/** What a piece of work costs. Nothing else may go on meanwhile. */
export async function costOf(
  { spawner, host }: { spawner: CountingSpawner; host?: GitHttpHost },
  work: () => Promise<unknown>,
): Promise<Cost> {
  let bytes = 0;
  const through = () => {
    const counted = new PassThrough();
    counted.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    return counted;
  };
  if (host) host.through = through;
  spawner.take();
  const asked = host?.asks.length ?? 0;
  await work();
  const { commands, objectsAsked } = spawner.take();
  return {
    processes: commands.sort(),
    requests: host?.asks.slice(asked) ?? [],
    bytes,
    objects: objectsAsked,
  };
}

/** What is found out behind a snapshot waits for ever, so that it is in none of the costs. */
export function nothingBehind(): Pick<MirrorOptions, "behind"> {
  const never = { quiet: { isQuiet: false, onQuiet: () => () => {} }, maxWaitMs: 86_400_000 };
  return { behind: { counting: new Turns(1, never), looking: new Turns(1, never) } };
}

/** The file says which processes and requests, and up to how much of the rest, since versions of git differ in that. */
export function expectNoMore(costs: Record<string, Cost>, limits: Record<string, Cost>): void {
  const exact = ([name, { processes, requests }]: [string, Cost]) => [name, { processes, requests }];
  expect(Object.entries(costs).map(exact)).toEqual(Object.entries(limits).map(exact));
  for (const [name, { bytes, objects }] of Object.entries(costs)) {
    expect.soft(bytes, `bytes: ${name}`).toBeLessThanOrEqual(limits[name]?.bytes ?? 0);
    expect.soft(objects, `objects: ${name}`).toBeLessThanOrEqual(limits[name]?.objects ?? 0);
  }
}
