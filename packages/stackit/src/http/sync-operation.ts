import { Problem } from "../contract/problem-error.ts";
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
  /**
   * Settles when a run failed or was held, all that was expected is there, or the time for it is over: before a run as
   * long as the last one would end too late.
   */
  readonly ended: Promise<SyncEnd>;
}

/**
 * Begins at once and goes on whether or not anybody waits for it. Each run is told what is expected, and looks again by
 * itself where looking is cheaper than another run. What counts in the end is what the repository has: others who share
 * the run may expect something else.
 * @throws {Problem} `repo/not-found` when the repository is no longer served, `request/invalid` when a ref is expected
 * that the server never reads.
 */
export function beginSync(
  { syncs, clock }: { syncs: SyncRequester; clock: Clock },
  repo: ServedRepo,
  { expect = [], confirm }: SyncRequest,
  { expectWithinMs, requestedBy }: { expectWithinMs: number; requestedBy?: string },
): SyncOperation {
  refuseUnreadRefs(repo, expect);
  const giveUpAt = clock.now() + expectWithinMs;
  const ask = { trigger: "manual" as const, expect, ...(requestedBy !== undefined && { requestedBy }) };
  let ticket = syncs.request(repo.id, { ...ask, ...(confirm === undefined ? {} : { confirm }) });

  async function end(): Promise<SyncEnd> {
    for (let pauseMs = LOOK_AGAIN_MS.first; ; pauseMs = Math.min(pauseMs * 2, LOOK_AGAIN_MS.longest)) {
      const run = await ticket.finished;
      const isOver = run.outcome === "failed" || run.outcome === "held";
      const unmet = isOver ? [] : unmetExpectations(repo, expect);
      const nextEndsAt = clock.now() + pauseMs + (run.durationMs ?? 0);
      if (unmet.length === 0 || nextEndsAt > giveUpAt) return { run, unmet };
      await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
      ticket = syncs.request(repo.id, ask);
    }
  }

  const ended = end();
  // Who asked may be gone when the repository is removed meanwhile.
  ended.catch(() => {});
  return { run: () => ticket.run(), ended };
}

type Expected = NonNullable<SyncRequest["expect"]>;

function refuseUnreadRefs({ refPrefixes }: ServedRepo, expected: Expected): void {
  if (expected.every(({ ref }) => refPrefixes.some((prefix) => ref.startsWith(prefix)))) return;
  const known = refPrefixes.map((prefix) => `${prefix}*`).join(", ");
  throw new Problem(
    "request/invalid",
    `Only refs that are read can be expected; of this repository ${known}.`,
  );
}

function unmetExpectations(repo: ServedRepo, expected: Expected): UnmetRef[] {
  return expected.flatMap(({ ref, sha }) => {
    const actual = repo.refOid(ref);
    return actual === sha ? [] : [{ ref, expected: sha, ...(actual === undefined ? {} : { actual }) }];
  });
}
