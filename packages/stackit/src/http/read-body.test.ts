import { PassThrough } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BodyBudget } from "./body-budget.ts";
import { readBody } from "./read-body.ts";

/** A body that is being read. */
function reading(maxBytes = 20_000, budget = new BodyBudget(1_000_000)) {
  const body = new PassThrough();
  return { body, budget, taken: readBody(body, { maxBytes, budget }) };
}

/** Settles when all that was written was read. */
const write = (body: PassThrough, bytes: Uint8Array | string) =>
  new Promise<void>((resolve) => body.write(bytes, () => setImmediate(resolve)));

test("a body is what was sent, in whatever pieces it came", async () => {
  const anyPieces = fc.array(fc.uint8Array({ maxLength: 5_000 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(anyPieces, async (pieces) => {
      const { body, budget, taken } = reading(30_000);
      for (const piece of pieces) body.write(piece);
      body.end();
      expect(await taken).toEqual(Buffer.concat(pieces));
      expect(budget.heldBytes).toBe(0);
    }),
  );
});

test("what a body holds follows what has come, and not the number of its pieces", async () => {
  const { body, budget, taken } = reading();
  expect(budget.heldBytes).toBe(0);
  for (let times = 0; times < 4_096; times++) body.write("x");
  await write(body, "y");
  expect(budget.heldBytes).toBe(8_192);
  await write(body, Buffer.alloc(15_000));
  expect(budget.heldBytes).toBe(20_000);
  body.end();
  expect(await taken).toHaveLength(4_097 + 15_000);
});

test("one byte too many ends it", async () => {
  const { body, budget, taken } = reading(5_000);
  await write(body, Buffer.alloc(5_000));
  expect(budget.heldBytes).toBe(5_000);
  await write(body, "x");
  expect(await taken).toBe("too-large");
  expect(budget.heldBytes).toBe(0);
});

test("a connection that ends, or breaks, gives the room back", async () => {
  for (const error of [undefined, new Error("aborted")]) {
    const { body, budget, taken } = reading();
    await write(body, "x");
    body.destroy(error);
    expect(await taken).toBe("cut-short");
    expect(budget.heldBytes).toBe(0);
  }
});

test("the body that began first gives way, and what comes of it later is not kept", async () => {
  const budget = new BodyBudget(10_000);
  const slow = reading(9_000, budget);
  await write(slow.body, "x");
  const quick = reading(9_000, budget);
  await write(quick.body, Buffer.alloc(9_000));
  expect(await slow.taken).toBe("gave-way");
  await write(slow.body, Buffer.alloc(9_000));
  expect(budget.heldBytes).toBe(9_000);
  quick.body.end();
  expect(await quick.taken).toHaveLength(9_000);
  expect(budget.heldBytes).toBe(0);
});
