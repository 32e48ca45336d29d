/** `npm` passes on a signal that the terminal has already sent to the whole group: twice within this is once. */
const ECHO_MS = 400;

/**
 * Aborts at the first SIGINT, SIGTERM or SIGHUP, which asks for a graceful end; a later one ends the process at once
 * with exit code 130.
 */
export function abortOnSignals(): AbortSignal {
  const abort = new AbortController();
  let firstAtMs: number | undefined;
  const onSignal = (): void => {
    const nowMs = performance.now();
    if (firstAtMs === undefined) {
      firstAtMs = nowMs;
      abort.abort();
    } else if (nowMs - firstAtMs > ECHO_MS) {
      process.exit(130);
    }
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);
  return abort.signal;
}
