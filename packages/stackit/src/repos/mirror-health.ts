import { performance } from "node:perf_hooks";
import type { MirrorGit } from "../git/mirror-git.ts";
import { DamagedMirrorError, whatItSaysOfFiles } from "./mirror-damage.ts";

/** A mirror that is damaged again so soon lies on a disk that has to be looked at first. */
const RECLONE_GAP_MS = 600_000;
/** Reading everything of a large mirror. */
const CHECK_TIMEOUT_MS = 600_000;

/** What a run that turns out to be larger may ask for. */
interface Deadline {
  readonly signal: AbortSignal;
  readonly extendDeadline?: ((timeoutMs: number) => void) | undefined;
}

/** What is known of the state of a mirror's files. What a reader missed is only a suspicion, until everything was read. */
export class MirrorHealth {
  readonly #git: MirrorGit;
  #isSuspect = false;
  #isDamaged = false;
  #healedAtMs: number | undefined;

  constructor(git: MirrorGit) {
    this.#git = git;
  }

  get isGood(): boolean {
    return !this.#isSuspect && !this.#isDamaged;
  }

  /** Something was missing that must be there. */
  suspect(): void {
    this.#isSuspect = true;
  }

  /** Everything was read, and was not there. */
  noteDamage(): void {
    this.#isDamaged = true;
  }

  /** Looks into what is suspected. @throws {DamagedMirrorError} */
  async check(run: Deadline): Promise<void> {
    if (this.#isDamaged || (this.#isSuspect && !(await this.#isWhole(run)))) {
      throw new DamagedMirrorError("objects are missing");
    }
    this.#isSuspect = false;
  }

  /** Whether a run failed since files are damaged. What no words explain may come from damage where nobody looked. */
  async isBlamedFor(error: unknown, run: Deadline): Promise<boolean> {
    const said = whatItSaysOfFiles(error);
    return said === "unclear" ? !(await this.#isWhole(run)) : said === "damaged";
  }

  /** @throws {DamagedMirrorError} when the mirror was cloned anew a short while ago */
  mayBeClonedAnew(damage: unknown): void {
    if (this.#healedAtMs === undefined) return;
    const retryAfterMs = this.#healedAtMs + RECLONE_GAP_MS - performance.now();
    if (retryAfterMs <= 0) return;
    throw new DamagedMirrorError("damaged again soon after it was cloned anew", {
      retryAfterMs,
      cause: damage,
    });
  }

  noteClonedAnew(): void {
    this.#healedAtMs = performance.now();
    this.#isSuspect = false;
    this.#isDamaged = false;
  }

  /** What cannot be told within the time is believed to be whole. */
  async #isWhole({ signal, extendDeadline }: Deadline): Promise<boolean> {
    extendDeadline?.(CHECK_TIMEOUT_MS + 60_000);
    const isWhole = await this.#git.isWhole({ signal, timeoutMs: CHECK_TIMEOUT_MS }).catch(() => true);
    signal.throwIfAborted();
    return isWhole;
  }
}
