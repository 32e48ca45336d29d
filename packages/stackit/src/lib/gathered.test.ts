import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { gathered } from "./gathered.ts";

function gatheredDoubling() {
  const works: (readonly number[])[] = [];
  const double = gathered(async (numbers: readonly number[]) => {
    works.push(numbers);
    if (numbers.includes(13)) throw new Error("unlucky");
    return numbers.map((number) => 2 * number);
  });
  return { double, works };
}

test("what comes in one turn is worked on together, and each is answered for itself", async () => {
  const { double, works } = gatheredDoubling();
  const first = double(1);
  await Promise.resolve();
  expect(await Promise.all([first, double(2), double(1)])).toEqual([2, 4, 2]);
  expect(works).toEqual([[1, 2, 1]]);
});

test("what comes later does not wait for what is worked on, and is worked on by itself", async () => {
  const gate = Promise.withResolvers<void>();
  const works: (readonly string[])[] = [];
  const echo = gathered(async (words: readonly string[]) => {
    works.push(words);
    if (words.includes("slow")) await gate.promise;
    return words;
  });
  const slow = echo("slow");
  await nextTurn();
  expect(await echo("quick")).toBe("quick");
  gate.resolve();
  expect(await slow).toBe("slow");
  expect(works).toEqual([["slow"], ["quick"]]);
});

test("work that fails fails all that it was for, and nothing after it", async () => {
  const { double } = gatheredDoubling();
  const answers = await Promise.allSettled([double(1), double(13)]);
  expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await double(2)).toBe(4);
});
