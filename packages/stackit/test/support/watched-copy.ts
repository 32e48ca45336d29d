import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { GraphSnapshot } from "../../src/repos/graph-snapshot.ts";
import { DiskWatcher, type DiskWatcherOptions } from "../../src/sync/triggers/disk-watcher.ts";
import { watchTree } from "../../src/sync/triggers/tree-watch.ts";
import { copyOf, type ReadCopy } from "./read-copy.ts";

export interface WatchedCopy extends AsyncDisposable {
  readonly copy: ReadCopy;
  readonly watcher: DiskWatcher;
  /** How often the watcher said that something may have changed. */
  readonly hints: number;
  /** Settles when the model fits, read again whenever the watcher spoke and only then. */
  until(fits: (snapshot: GraphSnapshot) => boolean): Promise<void>;
  /** Settles when all that the file system had to report by now was heard. */
  heard(): Promise<void>;
}

const NEVER_MS = 3_600_000;
/** After which nothing is waited for any more. */
const SILENCE_MS = 30_000;

/** A working copy that is read once, watched by real events, and read again when they say so. The polls stay out of it. */
export async function watchCopy(
  folder: string,
  options: DiskWatcherOptions = {},
  copy: ReadCopy = copyOf(folder),
): Promise<WatchedCopy> {
  let heardLast: readonly string[] = [];
  const raw = new Set<(paths: readonly string[]) => void>();
  const watchAndListen: typeof watchTree = (root, rest) =>
    watchTree(root, {
      ...rest,
      heard(paths) {
        heardLast = [...heardLast, ...paths].slice(-20);
        rest.heard(paths);
        for (const listen of raw) listen(paths);
      },
    });
  await copy.refresh();
  let hints = 0;
  let wake = Promise.withResolvers<void>();
  const diskWatcher = new DiskWatcher(
    copy.repo,
    () => {
      hints++;
      wake.resolve();
    },
    { safetyPollMs: NEVER_MS, pollMs: NEVER_MS, watchTree: watchAndListen, ...options },
  );
  await diskWatcher.start();
  return {
    copy,
    watcher: diskWatcher,
    get hints() {
      return hints;
    },
    async until(fits) {
      while (!fits(copy.snapshot)) {
        const woken = await Promise.race([wake.promise, sleep(SILENCE_MS, "silence", { ref: false })]);
        if (woken === "silence") {
          const isMissed = await copy.repo.hasChanged(AbortSignal.timeout(SILENCE_MS));
          const { mode, reason } = copy.repo.watching ?? {};
          throw new Error(
            `no hint for ${SILENCE_MS} ms after ${hints}, by ${mode} (${reason}); ${isMissed ? "a change was missed" : "there is no change"}; heard last: ${heardLast.join(", ")}`,
          );
        }
        wake = Promise.withResolvers();
        await copy.refresh();
      }
    },
    async heard() {
      const { commonDir } = copy.repo;
      if (commonDir === undefined) throw new Error("the repository was not found");
      const sentinel = join(commonDir, `sentinel-${crypto.randomUUID()}`);
      const seen = Promise.withResolvers<void>();
      const listen = (paths: readonly string[]): void => {
        if (paths.includes(sentinel)) seen.resolve();
      };
      raw.add(listen);
      await writeFile(sentinel, "");
      await seen.promise;
      raw.delete(listen);
      await rm(sentinel);
    },
    async [Symbol.asyncDispose]() {
      await diskWatcher[Symbol.asyncDispose]();
      await copy[Symbol.asyncDispose]();
    },
  };
}
