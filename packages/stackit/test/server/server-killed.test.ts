import { expect, test } from "vitest";
import { KillableWorld } from "../support/killable-world.ts";

/** A few tell that it still works at all; STACKIT_KILLS=100, which takes some minutes, is the proof. */
const KILLS = Number(process.env.STACKIT_KILLS ?? 4);

test(`killed ${KILLS} times in the midst of its work, the server keeps what it showed and promised, and leaves nothing behind`, {
  timeout: 60_000 + KILLS * 10_000,
}, async ({ annotate }) => {
  await using world = await KillableWorld.open(20 + KILLS * 8);
  for (let kill = 0; kill < KILLS; kill++) await world.round();
  await world.end();
  const { kills, synced, acknowledged, sampled } = world.counts;
  expect(kills).toBe(KILLS);
  await annotate(`${kills} kills, ${synced} syncs, ${acknowledged} deliveries, ${sampled} arguments`);
  for (const count of [synced, acknowledged, sampled]) expect(count).toBeGreaterThan(0);
});
