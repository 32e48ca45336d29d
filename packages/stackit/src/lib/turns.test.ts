import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

const never = new AbortController().signal;

test("so many at once, and the next in the order in which they came", async () => {
  const turns = new Turns(2);
  const order: string[] = [];
  const take = async (name: string): Promise<Disposable> => {
    const turn = await turns.take(never);
    order.push(name);
    return turn;
  };
  const [a, b] = await Promise.all([take("a"), take("b")]);
  const [c, d] = [take("c"), take("d")];
  await Promise.resolve();
  expect(order).toEqual(["a", "b"]);
  b[Symbol.dispose]();
  b[Symbol.dispose]();
  (await c)[Symbol.dispose]();
  expect(order).toEqual(["a", "b", "c"]);
  a[Symbol.dispose]();
  await d;
  await take("e");
  expect(order).toEqual(["a", "b", "c", "d", "e"]);
});

test("who stops waiting takes nobody's turn", async () => {
  const turns = new Turns(1);
  const first = await turns.take(never);
  const gone = new AbortController();
  const left = turns.take(gone.signal);
  const next = turns.take(never);
  gone.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");
  first[Symbol.dispose]();
  (await next)[Symbol.dispose]();
  await expect(turns.take(gone.signal)).rejects.toThrow("gone");
  (await turns.take(never))[Symbol.dispose]();
});
