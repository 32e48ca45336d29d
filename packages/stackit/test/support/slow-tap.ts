import { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

const STEP_MS = 20;
/** Git takes a pack in parts of 64 KiB; for a while it gets one about each second, so that it has something to tell. */
const BRISK_STEPS = 500;
const BRISK_BYTES = 1_200;
/** Above the speed at which git gives up. */
const SLOW_BYTES = 64;

/** Lets what streams through it come at once up to a size, and then so slowly that it will not end until the tap is opened. */
export class SlowTap {
  readonly #atOnceBytes: number;
  #isOpen = false;

  constructor(atOnceBytes: number) {
    this.#atOnceBytes = atOnceBytes;
  }

  open(): void {
    this.#isOpen = true;
  }

  /** For one body. */
  stream(): Duplex {
    return Duplex.from((source: AsyncIterable<Buffer>) => this.#pass(source));
  }

  async *#pass(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let leftAtOnce = this.#atOnceBytes;
    let steps = 0;
    for await (const chunk of source) {
      let rest = chunk;
      while (rest.length > 0) {
        let amount = leftAtOnce;
        if (this.#isOpen) {
          amount = rest.length;
        } else if (amount === 0) {
          await sleep(STEP_MS);
          amount = ++steps < BRISK_STEPS ? BRISK_BYTES : SLOW_BYTES;
        }
        const part = rest.subarray(0, amount);
        leftAtOnce -= Math.min(leftAtOnce, part.length);
        rest = rest.subarray(part.length);
        yield part;
      }
    }
  }
}
