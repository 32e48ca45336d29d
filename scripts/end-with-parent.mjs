const LOOK_EVERY_MS = 500;

/**
 * Calls once when the process that started this one is gone. npm, asked to end, ends the shell it runs a script in, and
 * that shell ends without a word to the script.
 * @param {() => void} call
 */
export function whenParentEnds(call) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    call();
  }, LOOK_EVERY_MS);
  timer.unref();
}
