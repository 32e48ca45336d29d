import { rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { performance } from "node:perf_hooks";
import type { ServerEvents } from "../packages/stackit/src/contract/events.ts";
import { EventReader } from "../packages/stackit/test/support/event-reader.ts";
import { gitHost } from "./git-host.ts";
import { type Finding, median, percentile } from "./measure.ts";
import { serveMirrors } from "./mirror-server.ts";
import { changeBranch } from "./plain-git.ts";
import { type Bench, someBranches, untilCountedOverHttp } from "./scenarios.ts";
import { pushDelivery } from "./webhook.ts";

/** The server's default, which its burst window adds to every webhook. */
const SETTLE_MS = 250;
/** A percentile wants some, and the time of one is mostly the settle window. */
const PUSHES_A_ROUND = 3;

/** One push at a time, its webhook at once after it, and a reader of the mirror's events who hears of it. */
export async function pushesToEvents({ repository, branches, rounds }: Bench): Promise<Finding> {
  await using host = await gitHost(dirname(repository));
  const name = basename(repository, ".git");
  const dataDir = `${repository}-data`;
  try {
    await using server = await serveMirrors([name], { hostUrl: host.url, dataDir });
    const base = `${server.url}/api/v1/repos/${name}`;
    await untilCountedOverHttp(base);
    await using events = await EventReader.open(`${base}/events`);
    const beyondMs: number[] = [];
    const readMs: number[] = [];
    const deriveMs: number[] = [];
    for (const [index, branch] of (await someBranches(repository, rounds * PUSHES_A_ROUND)).entries()) {
      const change = await changeBranch(repository, branch, 5000 + index);
      const { path, headers, body } = pushDelivery({ origin: host.url, name }, change);
      const postedAt = performance.now();
      const answer = await fetch(`${server.url}${path}`, { method: "POST", headers, body });
      if (answer.status !== 202) throw new Error(`the webhook was answered ${answer.status}`);
      await nextEvent(events, "refresh", (data) => data.branches.includes(branch));
      const heardMs = performance.now() - postedAt;
      const { run } = await nextEvent(events, "sync", (data) => data.run.state === "finished");
      beyondMs.push(heardMs - SETTLE_MS - run.phases.fetchMs);
      readMs.push(run.phases.readMs);
      deriveMs.push(run.phases.deriveMs);
    }
    const product = [
      ["p50", percentile(beyondMs, 0.5), "ms"],
      ["p95", percentile(beyondMs, 0.95), "ms"],
      ["of which reading", median(readMs), "ms"],
      ["deriving", median(deriveMs), "ms"],
    ] as const;
    return { branches, scenario: "push to event, without settling and fetch", product, floor: [] };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** The contract says what the data of each event is. */
async function nextEvent<N extends keyof ServerEvents>(
  events: EventReader,
  name: N,
  accept: (data: ServerEvents[N]) => boolean,
): Promise<ServerEvents[N]> {
  for (;;) {
    const event = await events.next();
    if (!event) throw new Error("the stream ended");
    const data: ServerEvents[N] = JSON.parse(JSON.stringify(event.data));
    if (event.name === name && accept(data)) return data;
  }
}
