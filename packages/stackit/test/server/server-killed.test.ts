import { expect, test } from "vitest";
import { KillableWorld } from "../support/killable-world.ts";

/** A few tell that it still works at all; STACKIT_ENDS=200, which takes some minutes, is the proof. */
const ENDS = Number(process.env.STACKIT_ENDS ?? 6);

test(`killed or asked to end, ${ENDS} times in the midst of its work, the server keeps what it showed and promised, and leaves nothing behind (B20, B31, B60, B61)`, {
  timeout: 60_000 + ENDS * 30_000,
}, async ({ annotate }) => {
  await using world = await KillableWorld.open(20 + ENDS * 8);
  for (let end = 0; end < ENDS; end++) await world.round(end % 2 === 0 ? "SIGKILL" : "SIGTERM");
  await world.end();
  const { ends, synced, acknowledged, sampled } = world.counts;
  expect(ends).toBe(ENDS);
  await annotate(`${ends} ends, ${synced} syncs, ${acknowledged} deliveries, ${sampled} arguments`);
});
