import { setImmediate } from "node:timers/promises";
import { GitError } from "../git/git-error.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import { listParents } from "../git/rev-list.ts";

/** So far back the trunk is known when it is read anew. */
const MAX_LISTED = 100_000;
/** Commits that are taken in before others get their turn. */
const ADDED_AT_ONCE = 5_000;

/** What each commit of the trunk did, as far back as somebody asks. Not for two calls at once. */
export class TrunkPatches {
  readonly #git: ReadOnlyGit;
  #tips: readonly string[] = [];
  #parents = new Map<string, readonly string[]>();
  /** Commits that are no merges, the oldest first. */
  #plain: string[] = [];
  /** How many of these there are up to a commit. */
  #position = new Map<string, number>();
  #byPatch = new Map<string, string[]>();
  #learnt = new Set<string>();
  /** First parents from any of the tips that there were. */
  #line = new Set<string>();
  #broughtBy = new Map<string, string>();

  constructor(git: ReadOnlyGit) {
    this.#git = git;
  }

  /** Costs a process when the trunk has moved; resolves to whether it has. @throws {GitError} and is as it was before */
  async follow(tips: readonly string[], signal: AbortSignal): Promise<boolean> {
    if (tips.join() === this.#tips.join()) return false;
    const known = this.#tips.length > 0 && this.#parents.size < 2 * MAX_LISTED;
    const gained = known ? await this.#gained(tips, signal) : undefined;
    if (gained) {
      await this.#add(gained);
      const isKept = (oid: string): boolean => tips.some((tip) => this.#reaches(tip, oid));
      if (this.#tips.every(isKept)) {
        this.#tips = tips;
        return true;
      }
    }
    const all = await listParents(this.#git, tips, [], { signal, maxCount: MAX_LISTED });
    this.forget();
    await this.#add(all);
    this.#tips = tips;
    return true;
  }

  /** Commits that it holds in memory. */
  get size(): number {
    return this.#parents.size;
  }

  /** Not while somebody asks it. It is read anew when it is followed the next time. */
  forget(): void {
    this.#tips = [];
    this.#parents = new Map();
    this.#plain = [];
    this.#position = new Map();
    this.#byPatch = new Map();
    this.#learnt = new Set();
    this.#line = new Set();
    this.#broughtBy = new Map();
  }

  /** What the tips have beyond those before. Undefined when that is too much to add, or cannot be told. */
  async #gained(
    tips: readonly string[],
    signal: AbortSignal,
  ): Promise<Map<string, readonly string[]> | undefined> {
    try {
      const gained = await listParents(this.#git, tips, this.#tips, { signal, maxCount: MAX_LISTED });
      return gained.size < MAX_LISTED ? gained : undefined;
    } catch (error) {
      // The old tips may have been collected meanwhile.
      if (error instanceof GitError && error.failure === "missing-object") return undefined;
      throw error;
    }
  }

  async #add(newestFirst: ReadonlyMap<string, readonly string[]>): Promise<void> {
    for (const [index, oid] of [...newestFirst.keys()].reverse().entries()) {
      if (index % ADDED_AT_ONCE === ADDED_AT_ONCE - 1) await setImmediate();
      const parents = newestFirst.get(oid);
      if (!parents || this.#parents.has(oid)) continue;
      this.#parents.set(oid, parents);
      if (parents.length < 2) this.#plain.push(oid);
      this.#position.set(oid, this.#plain.length);
    }
  }

  has(oid: string): boolean {
    return this.#parents.has(oid);
  }

  /** Undefined of what is not on the trunk. */
  parentsOf(oid: string): readonly string[] | undefined {
    return this.#parents.get(oid);
  }

  /**
   * Commits since the oldest of the grounds of which it is not known what they did, the newest first. Grounds that are not known are
   * passed over.
   */
  unlearnt(grounds: Iterable<string>, maxCount: number): string[] {
    let oldest = this.#plain.length;
    for (const oid of grounds) oldest = Math.min(oldest, this.#position.get(oid) ?? oldest);
    const unlearnt: string[] = [];
    for (let index = this.#plain.length - 1; index >= oldest && unlearnt.length < maxCount; index--) {
      const oid = this.#plain[index];
      if (oid !== undefined && !this.#learnt.has(oid)) unlearnt.push(oid);
    }
    return unlearnt;
  }

  /** It may be told now what this commit did, though it could not before. */
  unlearn(oid: string): void {
    this.#learnt.delete(oid);
  }

  /** `patch`: undefined when the commit changed nothing, or it cannot be told what it changed. */
  learn(oid: string, patch: string | undefined): void {
    if (this.#learnt.has(oid)) return;
    this.#learnt.add(oid);
    if (patch === undefined) return;
    const there = this.#byPatch.get(patch);
    if (there) there.push(oid);
    else this.#byPatch.set(patch, [oid]);
  }

  /** The one of these commits that no other of them comes after, as far as they are known. */
  newest(oids: readonly string[]): string | undefined {
    let newest: string | undefined;
    let last = -1;
    for (const oid of oids) {
      const position = this.#position.get(oid) ?? -1;
      if (position > last) [newest, last] = [oid, position];
    }
    return newest;
  }

  /** A commit of the trunk that did the same, and that none of the grounds stands on. */
  find(patch: string | undefined, grounds: readonly string[]): string | undefined {
    if (patch === undefined) return undefined;
    return this.#byPatch.get(patch)?.find((oid) => !grounds.some((ground) => this.#reaches(ground, oid)));
  }

  /** The merge on the trunk's own line through which it got a commit that is not on that line. */
  broughtBy(oid: string): string | undefined {
    for (const tip of this.#tips) this.#followLine(tip);
    return this.#broughtBy.get(oid);
  }

  #reaches(from: string, target: string): boolean {
    const limit = this.#position.get(target);
    if (limit === undefined) return false;
    const seen = new Set<string>();
    const open = [from];
    for (let oid = open.pop(); oid !== undefined; oid = open.pop()) {
      if (oid === target) return true;
      const position = this.#position.get(oid);
      // No parent comes after a child.
      if (seen.has(oid) || position === undefined || position < limit) continue;
      seen.add(oid);
      open.push(...(this.#parents.get(oid) ?? []));
    }
    return false;
  }

  /** What came in since the line was followed last was brought by what the line gained. */
  #followLine(tip: string): void {
    const gained: string[] = [];
    for (let oid: string | undefined = tip; oid !== undefined && !this.#line.has(oid); ) {
      if (!this.#parents.has(oid)) break;
      gained.push(oid);
      oid = this.#parents.get(oid)?.[0];
    }
    for (const oid of gained) this.#line.add(oid);
    for (const merge of gained.reverse()) {
      const open = [...(this.#parents.get(merge)?.slice(1) ?? [])];
      for (let oid = open.pop(); oid !== undefined; oid = open.pop()) {
        if (this.#line.has(oid) || this.#broughtBy.has(oid) || !this.#parents.has(oid)) continue;
        this.#broughtBy.set(oid, merge);
        open.push(...(this.#parents.get(oid) ?? []));
      }
    }
  }
}
