import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { MirrorGit } from "../git/mirror-git.ts";
import type { RunOptions } from "../git/run-git.ts";
import { readKept, readMirrorFiles } from "./mirror-files.ts";
import { MARKER, removeLeftovers } from "./mirror-folder.ts";

export type UpkeepStep = "forget" | "pack-refs" | "repack" | "gc" | "commit-graph" | "check";

export interface UpkeepReport {
  /** What was done, in order. Empty when nothing was due. */
  readonly steps: readonly UpkeepStep[];
  /** Whether it was ended before all was done. What is missing is still due. */
  readonly wasEnded: boolean;
  /** Whether objects are missing that refs reach. */
  readonly isDamaged: boolean;
}

/** From where on something is due. */
export interface UpkeepLimits {
  readonly looseRefs: number;
  readonly looseObjects: number;
  readonly packs: number;
  readonly graphEveryMs: number;
  readonly forgetEveryMs: number;
  readonly gcEveryMs: number;
  readonly checkEveryMs: number;
}

const DAY_MS = 86_400_000;
const LIMITS: UpkeepLimits = {
  looseRefs: 50,
  looseObjects: 1_000,
  // Each pack is twice as large as all smaller ones together: after a repack there never are as many.
  packs: 20,
  graphEveryMs: DAY_MS,
  forgetEveryMs: DAY_MS,
  gcEveryMs: 14 * DAY_MS,
  checkEveryMs: 30 * DAY_MS,
};
/** One step of a large mirror. */
const STEP_TIMEOUT_MS = 3_600_000;

/** When these were done last, since the epoch. */
interface Marks {
  readonly forgotAtMs: number;
  readonly gcAtMs: number;
  readonly graphAtMs: number;
  readonly checkedAtMs: number;
}

const MARKS = "stackit-upkeep.json";

/**
 * Keeps a mirror's files in good order: few packs, few loose files, a commit-graph, nothing that nobody will ask for again. Each step
 * is whole or has changed nothing, and what is due is seen in the files, without a process. Only while no git fetches there.
 */
export class MirrorUpkeep {
  readonly #git: MirrorGit;
  readonly #limits: UpkeepLimits;
  /** Forgets moves of branches that are old, and names the commits that still must be kept. */
  readonly #forgetHeads: () => Promise<ReadonlySet<string>>;

  constructor(
    git: MirrorGit,
    forgetHeads: () => Promise<ReadonlySet<string>>,
    limits: Partial<UpkeepLimits> = {},
  ) {
    this.#git = git;
    this.#forgetHeads = forgetHeads;
    this.#limits = { ...LIMITS, ...limits };
  }

  /** Does what is due. Settles soon after the signal aborts, when nothing of it is left. @throws {GitError} */
  async run(signal: AbortSignal): Promise<UpkeepReport> {
    const steps: UpkeepStep[] = [];
    try {
      const isWhole = await this.#runSteps(steps, { signal, timeoutMs: STEP_TIMEOUT_MS });
      return { steps, wasEnded: false, isDamaged: !isWhole };
    } catch (error) {
      await removeLeftovers(this.#git.gitDir, { evenFresh: true });
      if (!signal.aborted) throw error;
      return { steps, wasEnded: true, isDamaged: false };
    }
  }

  /** @returns whether the mirror is whole, as far as that was looked at */
  async #runSteps(steps: UpkeepStep[], options: RunOptions): Promise<boolean> {
    const { gitDir } = this.#git;
    const limits = this.#limits;
    const marks = await readMarks(gitDir);
    const files = await readMirrorFiles(gitDir);
    const isDue = (lastAtMs: number, everyMs: number): boolean => Date.now() - lastAtMs >= everyMs;
    const hasMore = (sinceMs: number): boolean => files.newestAtMs > sinceMs;

    if (isDue(marks.forgotAtMs, limits.forgetEveryMs)) {
      if (await this.#stopKeeping(options)) steps.push("forget");
      await addMark(gitDir, "forgotAtMs");
    }
    if (files.looseRefs >= limits.looseRefs) {
      await this.#git.packRefs(options);
      steps.push("pack-refs");
    }
    const collects = isDue(marks.gcAtMs, limits.gcEveryMs) && (hasMore(marks.gcAtMs) || files.hasCruft);
    if (collects) {
      await this.#git.repackAll(options);
      // Loose objects that are left were not worth a pack.
      if ((await readMirrorFiles(gitDir)).looseObjects > 0) await this.#git.prune(options);
      steps.push("gc");
      await addMark(gitDir, "gcAtMs");
    } else if (files.packs >= limits.packs || files.looseObjects >= limits.looseObjects) {
      await this.#git.repackNew(options);
      steps.push("repack");
    }
    if (collects || (isDue(marks.graphAtMs, limits.graphEveryMs) && hasMore(marks.graphAtMs))) {
      // A graph that only grows would still name commits that are gone.
      await this.#git.writeCommitGraph({ anew: collects }, options);
      steps.push("commit-graph");
      await addMark(gitDir, "graphAtMs");
    }
    if (!isDue(marks.checkedAtMs, limits.checkEveryMs)) return true;
    const isWhole = await this.#git.isWhole(options);
    steps.push("check");
    if (isWhole) await addMark(gitDir, "checkedAtMs");
    return isWhole;
  }

  /** @returns whether there was anything to let go */
  async #stopKeeping(options: RunOptions): Promise<boolean> {
    const { gitDir } = this.#git;
    const wanted = await this.#forgetHeads();
    const unwanted = [...(await readKept(gitDir))].filter((oid) => !wanted.has(oid));
    await this.#git.stopKeeping(unwanted, options);
    return unwanted.length > 0;
  }
}

/** A mirror without marks is as new as its folder; only the graph never was. */
async function readMarks(dir: string): Promise<Marks> {
  const madeAtMs = (await stat(join(dir, MARKER)).catch(() => undefined))?.mtimeMs ?? 0;
  const none: Marks = { forgotAtMs: madeAtMs, gcAtMs: madeAtMs, graphAtMs: 0, checkedAtMs: madeAtMs };
  try {
    const found: unknown = JSON.parse(await readFile(join(dir, MARKS), "utf8"));
    return typeof found === "object" && found !== null ? { ...none, ...found } : none;
  } catch {
    return none;
  }
}

async function addMark(dir: string, mark: keyof Marks): Promise<void> {
  const file = join(dir, MARKS);
  await writeFile(`${file}.new`, JSON.stringify({ ...(await readMarks(dir)), [mark]: Date.now() }));
  await rename(`${file}.new`, file);
}
