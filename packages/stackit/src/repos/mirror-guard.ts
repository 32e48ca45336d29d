import { statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";

/** Seen at each look. Whatever git replaces, makes or removes, beside what lies loose, changes one of them. */
const VITAL = ["HEAD", "config", "packed-refs", "objects", "objects/pack", "refs", "refs/heads"];
const PACKS = "objects/pack/";
/** So many of the others are seen at each look; one after the other, they all are. */
const SOME = 16;
/** What somebody changes again and again, though it is whole, is not worth a full check each time. */
const ALARM_GAP_MS = 3_600_000;

/** By path below the mirror's folder; undefined for what was not seen yet. */
type Stamps = Map<string, string | undefined>;

interface Noted {
  readonly vital: Stamps;
  /** Packs and their indexes; later also loose refs, and the folders of what lies loose. */
  readonly others: Stamps;
  hasLoose: boolean;
  /** Which of the others comes next. */
  next: number;
}

/**
 * Notices that somebody else changed files of a mirror, or removed them: by what the file system says of a few of them, without a process
 * and without reading any. What is there when it is noted, after each change of our own, is believed.
 */
export class MirrorGuard {
  readonly #dir: string;
  readonly #monotonicNow: () => number;
  #noted: Noted | undefined;
  #changing = 0;
  /** As they came: none ever changes. */
  #packs: Stamps = new Map();
  #quietUntilMs = Number.NEGATIVE_INFINITY;

  constructor(dir: string, monotonicNow: () => number = () => performance.now()) {
    this.#dir = dir;
    this.#monotonicNow = monotonicNow;
  }

  /** We change files until what is returned is disposed. Nothing is noticed until something was noted after that. */
  changing(): Disposable {
    this.#noted = undefined;
    this.#changing++;
    return {
      [Symbol.dispose]: () => {
        this.#changing--;
      },
    };
  }

  /** All files were exchanged for others. */
  startAnew(): void {
    this.#noted = undefined;
    this.#packs = new Map();
    this.#quietUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** Believes what is there, unless something is noted already or is being changed. Never rejects. */
  async note(): Promise<void> {
    if (this.#noted || this.#changing > 0) return;
    const vital = this.#stampsOf(VITAL);
    const packs = await this.#stampPacks();
    if (this.#noted || this.#changing > 0) return;
    this.#packs = packs;
    this.#noted = { vital, others: new Map(packs), hasLoose: false, next: 0 };
  }

  /** Whether something is not as it was noted. That is told once. Where nothing is noted, that is done. Never rejects. */
  async look(): Promise<boolean> {
    const noted = this.#noted;
    if (!noted) {
      await this.note();
      return false;
    }
    const isSameAsNoted = this.#isVitalSame(noted) && (await this.#areSomeSame(noted));
    if (isSameAsNoted || this.#noted !== noted || this.#monotonicNow() < this.#quietUntilMs) {
      return false;
    }
    this.startAnew();
    this.#quietUntilMs = this.#monotonicNow() + ALARM_GAP_MS;
    return true;
  }

  #isVitalSame({ vital }: Noted): boolean {
    const seen = this.#stampsOf(VITAL);
    return VITAL.every((path) => isSame(vital.get(path), seen.get(path)));
  }

  async #areSomeSame(noted: Noted): Promise<boolean> {
    const { others } = noted;
    if (!noted.hasLoose) {
      noted.hasLoose = true;
      for (const path of await this.#listLoose()) others.set(path, undefined);
    }
    const some = [...others.keys().drop(noted.next).take(SOME)];
    noted.next = noted.next + SOME < others.size ? noted.next + SOME : 0;
    const seen = this.#stampsOf(some);
    const areSame = some.every((path) => isSame(others.get(path), seen.get(path)));
    for (const path of some) others.set(path, others.get(path) ?? seen.get(path));
    return areSame;
  }

  async #stampPacks(): Promise<Stamps> {
    const names = await readdir(join(this.#dir, PACKS)).catch(() => []);
    const paths = names.filter((name) => /\.(pack|idx)$/.test(name)).map((name) => PACKS + name);
    const came = this.#stampsOf(paths.filter((path) => !this.#packs.has(path)));
    return new Map(paths.map((path) => [path, this.#packs.get(path) ?? came.get(path)]));
  }

  async #listLoose(): Promise<string[]> {
    const inObjects = await readdir(join(this.#dir, "objects")).catch(() => []);
    const options = { recursive: true, withFileTypes: true } as const;
    const inRefs = await readdir(join(this.#dir, "refs"), options).catch(() => []);
    return [
      ...inObjects.filter((name) => /^[0-9a-f]{2}$/.test(name)).map((name) => `objects/${name}`),
      ...inRefs.map(({ parentPath, name }) => relative(this.#dir, join(parentPath, name))),
    ];
  }

  #stampsOf(paths: readonly string[]): Stamps {
    return new Map(paths.map((path) => [path, stampOf(this.#dir, path)]));
  }
}

/** What could not be seen says nothing. */
function isSame(before: string | undefined, now: string | undefined): boolean {
  return before === undefined || now === undefined || before === now;
}

/**
 * Undefined when the system would not tell. At once: to hand so small a question to another thread costs twelve times as much, and holds
 * the event loop longer, where processors are short. The disk is that of the store, for which the loop waits anyway.
 */
function stampOf(dir: string, path: string): string | undefined {
  try {
    const { size, mtimeMs, ino } = statSync(join(dir, path));
    // Git renews the time of a pack when what it is about to write is in there.
    return path.startsWith(PACKS) ? String(size) : `${size}:${mtimeMs}:${ino}`;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? "gone" : undefined;
  }
}
