import type { RememberedTips } from "../stacks/infer-parents.ts";
import { BRANCH_METADATA, HEADS, type RefReading, STACKIT_METADATA } from "../stacks/ref-reading.ts";

interface Remembered {
  /** Of the branch when its former tips were asked for. */
  readonly tip: string;
  readonly tips: readonly string[];
}

const RECORDS = [STACKIT_METADATA, BRANCH_METADATA];
/** More branches without a record than this are not worth a look each; their edges come from current tips alone. */
const MAX_BRANCHES = 2_000;

/** Former tips of a branch, by its short name. Never rejects: what cannot be told is nothing. */
export type FormerTips = (branch: string) => Promise<readonly string[]>;

/**
 * The tips that branches had before, as whoever keeps them says. It is asked again only when the branch has moved. Branches with
 * a stacking tool's record are not looked up: the record says what they stand on.
 */
export class TipMemory {
  readonly #formerTips: FormerTips;
  #known = new Map<string, Remembered>();
  #last: { readonly trunk: string | undefined; readonly remembered: RememberedTips } | undefined;

  constructor(formerTips: FormerTips) {
    this.#formerTips = formerTips;
  }

  /**
   * Branches but the trunk by their former tips. Never rejects.
   * `changedRefs`: all refs that differ from the reading of the call before.
   */
  async recall(
    reading: RefReading,
    trunk: string | undefined,
    changedRefs: readonly string[] | undefined,
  ): Promise<RememberedTips> {
    const last = this.#last;
    if (last && last.trunk === trunk && changedRefs?.every((ref) => !this.#concerns(reading, ref)))
      return last.remembered;
    const remembered = await this.#recallAll(reading, trunk);
    this.#last = { trunk, remembered };
    return remembered;
  }

  /** Whether a changed ref can change who is asked for, or the answer. */
  #concerns(reading: RefReading, ref: string): boolean {
    const prefix = [HEADS, ...RECORDS].find((start) => ref.startsWith(start));
    if (prefix === undefined) return false;
    const name = ref.slice(prefix.length);
    const isRecorded = RECORDS.some((start) => reading.refs.has(start + name));
    return this.#known.has(name) || !isRecorded;
  }

  async #recallAll(reading: RefReading, trunk: string | undefined): Promise<RememberedTips> {
    const unrecorded = [...reading.refs].flatMap(([ref, tip]) => {
      if (!ref.startsWith(HEADS)) return [];
      const name = ref.slice(HEADS.length);
      const recorded = RECORDS.some((prefix) => reading.refs.has(prefix + name));
      return name === trunk || recorded ? [] : [{ name, tip }];
    });
    const remembered = new Map<string, string[]>();
    if (unrecorded.length > MAX_BRANCHES) return remembered;
    const known = new Map<string, Remembered>();
    await Promise.all(
      unrecorded.map(async ({ name, tip }) => {
        const before = this.#known.get(name);
        const tips = before?.tip === tip ? before.tips : await this.#formerTips(name);
        known.set(name, { tip, tips });
      }),
    );
    this.#known = known;
    // By name, so that the order of the answers never shows.
    for (const { name, tip } of unrecorded) {
      for (const oid of known.get(name)?.tips ?? []) {
        if (oid === tip) continue;
        const names = remembered.get(oid);
        if (names) names.push(name);
        else remembered.set(oid, [name]);
      }
    }
    for (const names of remembered.values()) names.sort();
    return remembered;
  }
}
