import { Problem } from "../contract/problem-error.ts";
import type { RouteContext } from "./route-context.ts";

/** What a client may wait at most for the end of a run. */
export const LONGEST_WAIT_SEC = 600;

/** What `ended` gives, or undefined when the time is over before. @throws {Problem} `sync/shutting-down` when the server stops meanwhile, with how it stands */
export async function waitForEnd<T>(
  waitMs: number,
  { ended, standing }: { ended: Promise<T>; standing: () => Record<string, unknown> },
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
