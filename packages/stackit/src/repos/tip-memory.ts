import { readOwnTips } from "../git/reflog.ts";
import { BRANCH_METADATA, HEADS, type RefReading, STACKIT_METADATA } from "../stacks/ref-reading.ts";

interface Remembered {
  /** Of the branch when its log was read. */
  readonly tip: string;
  readonly tips: readonly string[];
}

/** More branches without a record than this are not worth a file each; their edges come from current tips alone. */
const MAX_BRANCHES = 2_000;

/**
 * The tips that branches had before, from the logs that a clone keeps of its own branches. A log is read again only when its
 * branch has moved. Branches with a stacking tool's record are not looked up: the record says what they stand on.
 */
export class TipMemory {
  readonly #commonDir: string;
  #known = new Map<string, Remembered>();

  constructor(commonDir: string) {
    this.#commonDir = commonDir;
  }

  /** Former tips of each branch but the trunk. Never rejects: a log that cannot be read remembers nothing. */
  async recall(reading: RefReading, trunk: string | undefined): Promise<Map<string, string[]>> {
    const unrecorded = [...reading.refs].flatMap(([ref, tip]) => {
      if (!ref.startsWith(HEADS)) return [];
      const name = ref.slice(HEADS.length);
      const recorded = reading.refs.has(STACKIT_METADATA + name) || reading.refs.has(BRANCH_METADATA + name);
      return name === trunk || recorded ? [] : [{ name, tip }];
    });
    const remembered = new Map<string, string[]>();
    if (unrecorded.length > MAX_BRANCHES) return remembered;
    const known = new Map<string, Remembered>();
    await Promise.all(
      unrecorded.map(async ({ name, tip }) => {
        const before = this.#known.get(name);
        const tips = before?.tip === tip ? before.tips : await readOwnTips(this.#commonDir, name);
        known.set(name, { tip, tips });
      }),
    );
    this.#known = known;
    // By name, so that the order in which files were read never shows.
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
