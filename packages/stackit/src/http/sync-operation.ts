import type { SyncRequest, SyncRun, UnmetRef } from "../contract/sync-run.ts";
import type { Clock } from "../lib/clock.ts";
import type { ServedRepo } from "../repos/served-repo.ts";
import type { SyncRequester } from "./server-parts.ts";

const LOOK_AGAIN_MS = { first: 100, longest: 1000 };

export interface SyncEnd {
  readonly run: SyncRun;
  readonly unmet: readonly UnmetRef[];
}

/** What one POST asked for: a run, and more of them while an expected commit is not there. */
export interface SyncOperation {
  /** The newest run as it stands. */
  run(): SyncRun;
  /** Settles when a run failed or was held, all that was expected is there, or the time for it is over. */
  readonly ended: Promise<SyncEnd>;
}

/**
 * Begins at once and goes on whether or not anybody waits for it.
 * @throws {Problem} `repo/not-found` when the repository is no longer served.
 */
export function beginSync(
  { syncs, clock }: { syncs: SyncRequester; clock: Clock },
  repo: ServedRepo,
  { expect = [], confirm }: SyncRequest,
  expectWithinMs: number,
): SyncOperation {
  const giveUpAt = clock.now() + expectWithinMs;
  let ticket = syncs.request(repo.id, { trigger: "manual", ...(confirm === undefined ? {} : { confirm }) });

  async function end(): Promise<SyncEnd> {
    for (let pauseMs = LOOK_AGAIN_MS.first; ; pauseMs = Math.min(pauseMs * 2, LOOK_AGAIN_MS.longest)) {
      const run = await ticket.finished;
      const isOver = run.outcome === "failed" || run.outcome === "held";
      const unmet = isOver ? [] : unmetExpectations(repo, expect);
      if (unmet.length === 0 || clock.now() + pauseMs > giveUpAt) return { run, unmet };
      await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
      ticket = syncs.request(repo.id, { trigger: "manual" });
    }
  }

  const ended = end();
  // Who asked may be gone when the repository is removed meanwhile.
  ended.catch(() => {});
  return { run: () => ticket.run(), ended };
}

function unmetExpectations(repo: ServedRepo, expected: NonNullable<SyncRequest["expect"]>): UnmetRef[] {
  return expected.flatMap(({ ref, sha }) => {
    const actual = repo.refOid(ref);
    return actual === sha ? [] : [{ ref, expected: sha, ...(actual === undefined ? {} : { actual }) }];
  });
}
