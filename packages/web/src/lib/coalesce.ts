/**
 * Collects items and hands them over together: the first at once, what follows at most every `everyMs`.
 * `dispose` drops what is still held.
 */
export function coalesce<T>(everyMs: number, deliver: (items: T[]) => void) {
  let held: T[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = () => {
    timer = undefined;
    if (held.length === 0) return;
    const items = held;
    held = [];
    timer = setTimeout(flush, everyMs);
    deliver(items);
  };

  return {
    add(...items: T[]): void {
      held.push(...items);
      if (timer === undefined) flush();
    },
    dispose(): void {
      clearTimeout(timer);
      timer = undefined;
      held = [];
    },
  };
}
