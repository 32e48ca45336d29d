import { expect, test } from "vitest";
import { WriteTurns } from "./write-turns.ts";

const never = new AbortController().signal;

/** Upkeep that goes on until it is ended or told to finish. */
function upkeepIn(turns: WriteTurns, signal = never) {
  const { promise: finished, resolve: finish } = Promise.withResolvers<string>();
  const ended = turns.forUpkeep(
    signal,
    (until) =>
      new Promise<string>((resolve) => {
        until.addEventListener("abort", () => resolve("ended"));
        void finished.then(resolve);
      }),
  );
  return { ended, finish: () => finish("finished") };
}

async function fetchIn(turns: WriteTurns, signal = never): Promise<void> {
  (await turns.forFetch(signal))[Symbol.dispose]();
}

test("upkeep is refused while a fetch has its turn, and beside other upkeep", async () => {
  const turns = new WriteTurns();
  const turn = await turns.forFetch(never);
  expect(await turns.forUpkeep(never, async () => "done")).toBeUndefined();
  turn[Symbol.dispose]();
  const upkeep = upkeepIn(turns);
  expect(await turns.forUpkeep(never, async () => "done")).toBeUndefined();
  upkeep.finish();
  expect(await upkeep.ended).toBe("finished");
  expect(await turns.forUpkeep(never, async () => "done")).toBe("done");
});

test("a fetch ends upkeep and has its turn when that is over", async () => {
  const turns = new WriteTurns();
  const order: string[] = [];
  const upkeep = turns.forUpkeep(never, async (signal) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await Promise.resolve();
    order.push("upkeep is over");
  });
  await fetchIn(turns);
  order.push("fetch");
  await upkeep;
  expect(order).toEqual(["upkeep is over", "fetch"]);
});

test("upkeep that was ended three times in a row is let finish, once", async () => {
  const turns = new WriteTurns();
  for (let time = 0; time < 3; time++) {
    const upkeep = upkeepIn(turns);
    await fetchIn(turns);
    expect(await upkeep.ended).toBe("ended");
  }
  const patient = upkeepIn(turns);
  const fetched = fetchIn(turns);
  patient.finish();
  await fetched;
  expect(await patient.ended).toBe("finished");
  const next = upkeepIn(turns);
  await fetchIn(turns);
  expect(await next.ended).toBe("ended");
});

test("patience has an end, and ends with whoever waits", async () => {
  for (const signal of [never, AbortSignal.abort()]) {
    const turns = new WriteTurns(signal.aborted ? 3_600_000 : 1);
    for (let time = 0; time < 3; time++) {
      const upkeep = upkeepIn(turns);
      await fetchIn(turns);
      await upkeep.ended;
    }
    const upkeep = upkeepIn(turns);
    await fetchIn(turns, signal);
    expect(await upkeep.ended).toBe("ended");
  }
});

test("upkeep that fails leaves the turn to others", async () => {
  const turns = new WriteTurns();
  await expect(turns.forUpkeep(never, () => Promise.reject(new Error("disk")))).rejects.toThrow("disk");
  await fetchIn(turns);
  expect(await turns.forUpkeep(never, async () => "done")).toBe("done");
});
