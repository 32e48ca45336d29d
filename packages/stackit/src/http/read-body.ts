import type { Readable } from "node:stream";
import type { BodyBudget } from "./body-budget.ts";

const FIRST_BYTES = 4096;

export type BodyFailure = "too-large" | "gave-way" | "cut-short";

/**
 * All bytes of a body, or why they are not here. Memory is taken from the budget as they come: to announce many costs nothing, and to
 * send them one by one no more than at once. Never rejects, and has given back what it took when it settles.
 */
export function readBody(
  body: Readable,
  { maxBytes, budget }: { maxBytes: number; budget: BodyBudget },
): Promise<Buffer | BodyFailure> {
  const { promise, resolve } = Promise.withResolvers<Buffer | BodyFailure>();
  const holder = { giveWay: () => settle("gave-way") };
  let room = Buffer.alloc(0);
  let length = 0;

  function settle(outcome: Buffer | BodyFailure): void {
    body.off("data", take).off("end", finish).off("error", cutShort).off("close", cutShort);
    budget.release(holder);
    room = Buffer.alloc(0);
    resolve(outcome);
  }

  function take(chunk: Buffer): void {
    const needed = length + chunk.length;
    if (needed > maxBytes) settle("too-large");
    else if (needed <= room.length || grow(needed)) {
      chunk.copy(room, length);
      length = needed;
    }
  }

  /** Returns false when the budget made this body give way. */
  function grow(needed: number): boolean {
    let bytes = room.length || FIRST_BYTES;
    while (bytes < needed) bytes *= 2;
    bytes = Math.min(bytes, maxBytes);
    if (!budget.hold(holder, bytes)) return false;
    const larger = Buffer.allocUnsafeSlow(bytes);
    room.copy(larger);
    room = larger;
    return true;
  }

  const finish = () => settle(room.subarray(0, length));
  const cutShort = () => settle("cut-short");
  body.on("data", take).on("end", finish).on("error", cutShort).on("close", cutShort);
  return promise;
}
