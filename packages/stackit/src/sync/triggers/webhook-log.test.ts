import { expect, test } from "vitest";
import type { RefusedDeliveries, RefusedDelivery } from "../../store/refused-deliveries.ts";
import { WebhookLog } from "./webhook-log.ts";

type Written = Parameters<RefusedDeliveries["add"]>[0];

const forged = (address: string): RefusedDelivery => ({ result: "bad-signature", status: 401, address });

function logThatWrites(add: (those: Written) => Promise<void>): WebhookLog {
  const store = {
    deliveries: { find: async () => undefined },
    refusedDeliveries: { add },
    deliveryLog: { list: async () => ({ deliveries: [] }) },
  };
  return new WebhookLog(store, { followed: [] });
}

test("a flood is counted, and written once while a write is under way", async () => {
  const writes: Written[] = [];
  const gate = Promise.withResolvers<void>();
  await using log = logThatWrites(async (those) => {
    writes.push(those);
    await gate.promise;
  });
  for (let n = 0; n < 1000; n++) log.refused(forged("203.0.113.9"));
  await expect.poll(() => writes.length).toBe(1);
  for (let n = 0; n < 500; n++) log.refused(forged(n % 2 === 0 ? "203.0.113.9" : "203.0.113.10"));
  gate.resolve();
  await expect.poll(() => writes.length).toBe(2);
  const counts = writes.map((those) => those.map(({ one, came }) => [one.address, came]));
  expect(counts).toEqual([
    [["203.0.113.9", 1000]],
    [
      ["203.0.113.9", 250],
      ["203.0.113.10", 250],
    ],
  ]);
});

test("of more senders than are told apart it is only kept how many there were", async () => {
  const written: Written[number][] = [];
  {
    await using log = logThatWrites(async (those) => void written.push(...those));
    for (let n = 0; n < 10_000; n++) log.refused(forged(`2001:db8:0:${n}::/64`));
  }
  expect(written).toHaveLength(201);
  expect(written.at(-1)).toEqual({ one: { result: "bad-signature", status: 401 }, came: 9_800 });
});

test("a write that fails harms nobody, and the next one is made", async () => {
  const written: Written[] = [];
  await using log = logThatWrites(async (those) => {
    if (written.push(those) === 1) throw new Error("the disk is full");
  });
  log.refused(forged("203.0.113.9"));
  await expect.poll(() => written.length).toBe(1);
  log.refused(forged("203.0.113.10"));
  await expect.poll(() => written.length).toBe(2);
});
