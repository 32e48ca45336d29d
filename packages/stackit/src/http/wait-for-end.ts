import { Problem } from "../contract/problem-error.ts";
import type { Preferences } from "./prefer.ts";
import type { RouteContext } from "./route-context.ts";

/** What a client may wait at most for the end of a run. */
export const LONGEST_WAIT_SEC = 600;

/** Work that goes on when nobody waits for it. */
interface OngoingWork<T> {
  readonly ended: Promise<T>;
  /** How it stands, for the problem. */
  readonly standing: () => Record<string, unknown>;
}

/** As `waitForEnd`, for as long as the client prefers: the longest time where it says nothing, and not at all where it wants to know at once. */
export async function waitAsPreferred<T>(
  { respondAsync, waitSec }: Preferences,
  work: OngoingWork<T>,
  context: Pick<RouteContext, "clock" | "closing">,
): Promise<T | undefined> {
  if (respondAsync && waitSec === undefined) return undefined;
  return waitForEnd(Math.min(waitSec ?? LONGEST_WAIT_SEC, LONGEST_WAIT_SEC) * 1000, work, context);
}

/** What `ended` gives, or undefined when the time is over before. @throws {Problem} `sync/shutting-down` when the server stops meanwhile, with how it stands */
async function waitForEnd<T>(
  waitMs: number,
  { ended, standing }: OngoingWork<T>,
  { clock, closing }: Pick<RouteContext, "clock" | "closing">,
): Promise<T | undefined> {
  const over = Promise.withResolvers<undefined>();
  const cancelTimer = clock.after(waitMs, () => over.resolve(undefined));
  const stop = () =>
    over.reject(
      new Problem("sync/shutting-down", "The server stops before this has ended.", {
        members: standing(),
      }),
    );
  closing.addEventListener("abort", stop);
  if (closing.aborted) stop();
  try {
    return await Promise.race([ended, over.promise]);
  } finally {
    cancelTimer();
    closing.removeEventListener("abort", stop);
  }
}
