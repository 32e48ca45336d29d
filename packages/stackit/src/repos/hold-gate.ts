import { performance } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";
import type { Hold } from "../contract/sync-run.ts";
import { isTooMuch } from "../stacks/hold.ts";
import { HEADS } from "../stacks/ref-reading.ts";

/** Names in a hold; more are counted only. */
const MAX_LISTED = 200;

type Refs = ReadonlyMap<string, string>;

/** Keeps a change from going through that loses too many branches at once, until somebody or a second look confirms it. */
export class HoldGate {
  readonly #secondLookMs: number;
  /** A loss that was not let through yet: exactly these branches. */
  #open: { readonly hold: Hold; readonly lost: readonly string[]; readonly dueAtMs: number } | undefined;

  constructor(secondLookMs: number) {
    this.#secondLookMs = secondLookMs;
  }

  /** Nothing is held any more. */
  clear(): void {
    this.#open = undefined;
  }

  /**
   * Undefined when the change may go through: little is lost, or the loss was confirmed. `gone`: the refs that would vanish from
   * those `before`, of which `after` are left.
   */
  check(
    { gone, before, after }: { gone: readonly string[]; before: Refs; after: Refs },
    confirmed: ReadonlySet<string>,
  ): Hold | undefined {
    const lost = gone.flatMap((ref) => (ref.startsWith(HEADS) ? [ref.slice(HEADS.length)] : [])).sort();
    if (!isTooMuch(lost.length, () => countBranches(before))) return undefined;
    const branchesAfter = countBranches(after);
    const open = this.#open;
    if (open && isDeepStrictEqual(open.lost, lost)) {
      const mayPass = confirmed.has(open.hold.id) || performance.now() >= open.dueAtMs;
      return mayPass ? undefined : { ...open.hold, branchesAfter };
    }
    const hold: Hold = {
      id: crypto.randomUUID(),
      wouldRemove: lost.slice(0, MAX_LISTED),
      branchesBefore: countBranches(before),
      branchesAfter,
      confirmsAt: new Date(Date.now() + this.#secondLookMs).toISOString(),
    };
    this.#open = { hold, lost, dueAtMs: performance.now() + this.#secondLookMs };
    return hold;
  }
}

function countBranches(refs: Refs): number {
  let count = 0;
  for (const ref of refs.keys()) if (ref.startsWith(HEADS)) count++;
  return count;
}
