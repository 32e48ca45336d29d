import type { RunFailure } from "./run-record.ts";

/** Runs that fail without their target being asked, or in spite of it. */
export const SHUTTING_DOWN: RunFailure = {
  code: "sync/shutting-down",
  message: "The server stopped before this run had ended.",
  retryable: true,
};

export const CANCELLED: RunFailure = {
  code: "sync/cancelled",
  message: "An operator ended this run.",
  retryable: false,
};

export const NO_LONGER_SERVED: RunFailure = {
  code: "repo/not-found",
  message: "The repository was removed from this server before this run had ended.",
  retryable: false,
};

export const STILL_HANGING: RunFailure = {
  code: "sync/timeout",
  message: "The run before this one was stopped at its deadline and has still not ended.",
  retryable: true,
};

export function hostIsLeftAlone(retryAfterMs: number): RunFailure {
  return {
    code: "sync/rate-limited",
    message: "The remote's host asked to be left alone for a while, so it was not asked.",
    retryable: true,
    retryAfterMs,
  };
}
